/** Properties of Hadoop that mean something here, under their present names, and ours. */

export const NAMES = {
  name: "mapreduce.job.name",
  reduces: "mapreduce.job.reduces",
  input: "mapreduce.input.fileinputformat.inputdir",
  priority: "mapreduce.job.priority",
  queue: "mapreduce.job.queuename",
} as const;

/** Names of before Hadoop 2, which it still reads. */
const OLD_NAMES: Readonly<Record<string, string>> = {
  "mapred.job.name": NAMES.name,
  "mapred.reduce.tasks": NAMES.reduces,
  "mapred.input.dir": NAMES.input,
  "mapred.job.priority": NAMES.priority,
  "mapred.job.queue.name": NAMES.queue,
};

export const presentName = (name: string) =>
  Object.hasOwn(OLD_NAMES, name) ? (OLD_NAMES[name] ?? name) : name;

/** What begins so is ours. */
export const OWN = "tabgrid.";

const PRIORITIES: readonly (readonly [name: string, priority: number])[] = [
  ["VERY_HIGH", 2],
  ["HIGH", 1],
  ["NORMAL", 0],
  ["LOW", -1],
  ["VERY_LOW", -2],
];

/** Each of Hadoop's steps is one of ours, which doubles the job's share; beyond them the last one is meant. */
export function priorityName(priority: number): string {
  const within = Math.max(-2, Math.min(2, priority));
  return PRIORITIES.find(([, value]) => value === within)?.[0] ?? "NORMAL";
}

/** @returns Null when it is none. YARN knows 1 to 5 for the same. */
export function priorityOf(text: string): number | null {
  if (/^[1-5]$/.test(text)) return Number(text) - 3;
  if (text === "DEFAULT" || text === "") return 0;
  return PRIORITIES.find(([name]) => name === text)?.[1] ?? null;
}

/** Where Hadoop says a property is from: these only repeat what is in ours. */
export const DERIVED = "tabgrid";

/** Hadoop's queues share a cluster as submitters share the grid. @returns Undefined for the one that every job is in. */
export function submitterIn(queue: string | undefined): string | undefined {
  const name = queue?.replace(/^root\./, "");
  return name === undefined || name === "" || name === "default" ? undefined : name;
}

export const base64Of = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");
