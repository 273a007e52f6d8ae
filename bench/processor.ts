/** Whose processor time goes where: the threads of the browser and the coordinator, by what they do. Linux tells it in hundredths of a second. */
import { readdir, readFile } from "node:fs/promises";
import type { Browser } from "./browser";
import type { Coordinator } from "./coordinator";
import { browserProcesses } from "../testing/process-memory";

export type ProcessorTimes = Readonly<
  Record<"tasks" | "agent" | "pages" | "browser" | "coordinator", number>
>;

const TICK_MS = 10;

/** @returns Milliseconds so far of each. */
export async function processorTimes(browser: Browser, coordinator: Coordinator): Promise<ProcessorTimes> {
  const { tabs = [], "rest of the browser": rest = [] } = await browserProcesses(browser.pid);
  const times = { tasks: 0, agent: 0, pages: 0, browser: 0, coordinator: 0 };
  for (const pid of tabs) for (const { name, ms } of await threadsOf(pid)) times[kindOf(name)] += ms;
  for (const pid of rest) times.browser += total(await threadsOf(pid));
  times.coordinator = total(await threadsOf(coordinator.pid));
  return times;
}

const NAMES = ["tasks", "coordinator", "agent", "pages", "browser"] as const;

/** What each took between the two, in hundredths of one core. */
export function sharesOf(before: ProcessorTimes, later: ProcessorTimes, elapsedMs: number): string {
  const share = (name: keyof ProcessorTimes) => (((later[name] - before[name]) / elapsedMs) * 100).toFixed(1);
  return NAMES.map((name) => `${name} ${share(name)} %`).join(", ");
}

/** What each took between the two for one of `count` equal things, in milliseconds. */
export function timesOf(before: ProcessorTimes, later: ProcessorTimes, count: number): string {
  return NAMES.map((name) => `${name} ${((later[name] - before[name]) / count).toFixed(1)}`).join(", ");
}

function kindOf(thread: string): "tasks" | "agent" | "pages" {
  if (thread.startsWith("DedicatedWorker")) return "tasks";
  return thread.startsWith("SharedWorker") ? "agent" : "pages";
}

interface Thread {
  name: string;
  ms: number;
}

const total = (threads: readonly Thread[]) => threads.reduce((sum, { ms }) => sum + ms, 0);

async function threadsOf(pid: number): Promise<Thread[]> {
  const ids = await readdir(`/proc/${pid}/task`).catch(() => []);
  const stats = await Promise.all(
    ids.map((id) => readFile(`/proc/${pid}/task/${id}/stat`, "utf8").catch(() => "")),
  );
  return stats.flatMap((stat) => {
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    return Number.isNaN(ticks)
      ? []
      : [{ name: stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")")), ms: ticks * TICK_MS }];
  });
}
