/**
 * A program made of commands that read lines and write lines, as Hadoop Streaming has them.
 *
 *   records ─▶ mapper ─▶ key⇥value lines ─▶ sorted (─▶ combiner) ─▶ partitioned, merged ─▶ reducer ─▶ key⇥value lines
 *
 * What a shell pipe `mapper | sort | reducer` gives, this gives: a line without a separator is a key without a value,
 * and stays one.
 */
import type { TaskId } from "../../../protocol/ids";
import { taskIdParts } from "../../../protocol/task-name";
import type { Context } from "../context";
import type { Merge } from "../merge";
import { groupsIn } from "../merged-groups";
import type { Program, Records } from "../program";
import { recordText } from "../record-text";

/** What it reads as its input and its environment; it answers with what it wrote. */
export type Command = (input: string, environment: Environment, context: Context) => string | Promise<string>;

export type Environment = Readonly<Record<string, string>>;
export type Properties = Readonly<Record<string, string>>;

export interface Commands {
  readonly map: Command;
  readonly combine: Command | null;
  readonly reduce: Command | null;
  /** What Hadoop is given with -D. */
  readonly properties: Properties;
}

export function programOfCommands({ map, combine, reduce, properties }: Commands): Program {
  const mapped = splitterOf(properties, "map");
  const reduced = splitterOf(properties, "reduce");
  const separator = properties["stream.reduce.input.field.separator"] ?? "\t";
  const partitionText = partitionerOf(properties);
  return {
    map: mapTask,
    combine: null,
    reduce: reduce ? reduceTask : null,
    ...(partitionText && { partitionText }),
  };

  async function mapTask(records: Records, context: Context, taskId: TaskId): Promise<void> {
    const lines = Array.from({ length: records.count }, (_, index) => recordText(records.at(index)));
    records.mark(null);
    const environment = environmentOf(properties, taskId);
    let pairs = linesIn(await map(textOf(lines), environment, context)).map(mapped);
    if (combine && reduce) {
      const sorted = [...pairs].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      const input = textOf(sorted.map((pair) => joined(pair, separator)));
      pairs = linesIn(await combine(input, environment, context)).map(mapped);
    }
    for (const [key, value] of pairs) {
      context.emit(key, value);
      const full = records.room();
      if (full) await full;
    }
  }

  /** A command reads all of its input at once. */
  async function reduceTask(merge: Merge, context: Context, taskId: TaskId): Promise<void> {
    const lines: string[] = [];
    for await (const groups of groupsIn(merge))
      for (const { key, values } of groups)
        for (const value of values)
          lines.push(joined([String(key), typeof value === "string" ? value : null], separator));
    const output = await reduce?.(textOf(lines), environmentOf(properties, taskId), context);
    for (const line of linesIn(output ?? "")) context.emit(...reduced(line));
  }
}

type Pair = [key: string, value: string | null];

/** How a command's lines become pairs: the key is the first fields, the value what is left. */
function splitterOf(properties: Properties, stage: "map" | "reduce"): (line: string) => Pair {
  const separator = properties[`stream.${stage}.output.field.separator`] || "\t";
  const keyFields = Number(properties[`stream.num.${stage}.output.key.fields`] ?? 1);
  return (line) => {
    let end = -1;
    for (let field = 0; field < keyFields; field++) {
      end = line.indexOf(separator, end === -1 ? 0 : end + separator.length);
      if (end === -1) return [line, null];
    }
    return [line.slice(0, end), line.slice(end + separator.length)];
  };
}

/** Keys that agree in their first fields go to the same reducer, for those who sort by the others as well. */
function partitionerOf(properties: Properties): ((key: unknown) => string) | null {
  const [, last] =
    /^-k\s*1,(\d+)$/.exec(properties["mapreduce.partition.keypartitioner.options"] ?? "") ?? [];
  const fields = Number(last ?? properties["num.key.fields.for.partition"] ?? 0);
  if (fields === 0) return null;
  const separator =
    properties["mapreduce.map.output.key.field.separator"] ??
    properties["map.output.key.field.separator"] ??
    "\t";
  return (key) => String(key).split(separator).slice(0, fields).join(separator);
}

/** What scripts find in their environment: the properties, and where they run. The same for every copy of a task. */
export function environmentOf(properties: Properties, taskId: TaskId): Environment {
  const { jobId, stage, index } = taskIdParts(taskId);
  const isMap = stage === "map";
  const number = String(index).padStart(6, "0");
  const facts = {
    "mapreduce.job.id": jobId,
    "mapreduce.task.id": `task_${jobId}_${isMap ? "m" : "r"}_${number}`,
    "mapreduce.task.attempt.id": `attempt_${jobId}_${isMap ? "m" : "r"}_${number}_0`,
    "mapreduce.task.partition": String(index),
    "mapreduce.task.ismap": String(isMap),
    "mapred.job.id": jobId,
    "mapred.task.id": `attempt_${jobId}_${isMap ? "m" : "r"}_${number}_0`,
    "mapred.task.partition": String(index),
    "mapred.task.is.map": String(isMap),
    ...(isMap && { "mapreduce.map.input.file": `/${jobId}/input`, "map.input.file": `/${jobId}/input` }),
  };
  const entries = Object.entries({ ...facts, ...properties });
  return Object.fromEntries(entries.map(([name, value]) => [name.replaceAll(/\W/g, "_"), value]));
}

const joined = ([key, value]: Pair, separator: string) =>
  value === null ? key : `${key}${separator}${value}`;

/** Commands read lines: what is no text is written as JSON. */
const textOf = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");

function linesIn(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
