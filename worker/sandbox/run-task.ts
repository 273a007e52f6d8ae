/** Runs one task of a loaded program from its input to its outcome. Knows no worker and no port. */
import { taskIdOf, taskIdParts, type TaskId } from "../../protocol/ids";
import type { JobSpec } from "../../protocol/task";
import { openCollector, openListCollector, type Collector, type PartText } from "./collect";
import { openContext, type Context } from "./context";
import { describeThrown } from "./errors";
import { mergeRuns } from "./merge";
import { partsOf } from "./parts";
import type { Program } from "./program";
import { parseRecord, type BlockReader } from "./records";
import type { SlotOutcome } from "./slot-answers";
import type { SlotInput, SlotTask } from "./slot-api";
import { isThenable } from "./thenable";

export interface LoadedJob {
  readonly spec: Pick<JobSpec, "config" | "format" | "recordsPerTask" | "reducers" | "sendsAll">;
  readonly program: Program;
  readonly blocks: BlockReader;
}

export interface TaskHooks {
  readonly now: () => number;
  readonly progress: (fraction: number) => void;
  /** Gets the list that log lines go to, for what the program throws outside of its functions. */
  readonly started: (logs: string[]) => void;
}

/** Where a map task is: the job-wide number of its record, or null when at none. */
interface Place {
  record: number | null;
  /** Told of each task of a pack. */
  readonly begin: (taskId: TaskId) => void;
}

/** Never throws for what the program does: that is an outcome. */
export async function runTask(job: LoadedJob, task: SlotTask, hooks: TaskHooks): Promise<SlotOutcome> {
  const startedAt = hooks.now();
  const { taskId } = task;
  const collectorOf = { current: openListCollector() };
  const { context, logs, begin, close } = openContext({
    taskId,
    config: job.spec.config,
    emit: (key, value) => collectorOf.current.emit(key, value),
    progress: hooks.progress,
  });
  const place: Place = { record: null, begin };
  hooks.started(logs);
  try {
    collectorOf.current = collectorFor(job, task.input, context);
    const texts = await outputOf(job, task, context, collectorOf.current, place);
    const shared = taskIdParts(taskId).count > 1 ? "pack" : "task";
    const parts = partsOf(texts, job.spec.sendsAll ? "whole" : shared);
    return { type: "output", taskId, parts, ...ended(hooks.now() - startedAt, logs) };
  } catch (error) {
    return failure(taskId, error, place, ended(hooks.now() - startedAt, logs));
  } finally {
    close();
  }
}

function ended(elapsedMs: number, logs: string[]): { elapsedMs: number; logs?: string[] } {
  return { elapsedMs: Math.max(0, elapsedMs), ...(logs.length > 0 && { logs }) };
}

function failure(
  taskId: TaskId,
  error: unknown,
  { record }: Place,
  end: { elapsedMs: number; logs?: string[] },
): SlotOutcome {
  return { type: "error", taskId, ...describeThrown(error), record, ...end };
}

function collectorFor({ spec, program }: LoadedJob, input: SlotInput, context: Context): Collector {
  if (input.type === "runs") return openListCollector();
  const { combine } = program;
  return openCollector(spec.reducers, combine && ((key, values) => combine(key, values, context)));
}

async function outputOf(
  job: LoadedJob,
  { taskId, input }: SlotTask,
  context: Context,
  collector: Collector,
  place: Place,
): Promise<PartText[]> {
  if (input.type === "runs") await reduceRuns(job.program, input.runs, context, collector);
  else await mapRecords(job, taskId, input, context, collector, place);
  place.record = null;
  return collector.finish();
}

async function mapRecords(
  { spec, program, blocks }: LoadedJob,
  taskId: TaskId,
  input: Exclude<SlotInput, { type: "runs" }>,
  context: Context,
  collector: Collector,
  place: Place,
): Promise<void> {
  const { map } = program;
  const { firstRecord } = input;
  const recordAt = input.type === "range" ? numberIn(input) : lineIn(input);
  const count = input.type === "range" ? input.count : input.to - input.from;
  const { jobId, stage, index: firstTask, count: taskCount } = taskIdParts(taskId);
  const perTask = taskCount > 1 ? (spec.recordsPerTask ?? count) : count;

  for (let index = 0; index < count; index++) {
    const record = firstRecord + index;
    place.record = record;
    if (taskCount > 1 && index % perTask === 0)
      place.begin(taskIdOf(jobId, stage, firstTask + index / perTask));
    const returned = map(recordAt(index), context);
    // Awaiting what is no promise would make trivial maps several times slower.
    const value = isThenable(returned) ? await returned : returned;
    if (value !== undefined) collector.emit(record, value);
  }

  function lineIn({ block, bytes, from, to }: Extract<SlotInput, { type: "records" }>) {
    const lines = blocks.lines(block, bytes);
    if (to > lines.length) throw new Error(`The task asks for record ${to} of a block of ${lines.length}`);
    return (index: number) => parseRecord(lines[from + index] ?? "", spec.format);
  }
}

function numberIn({ start, step, firstRecord }: Extract<SlotInput, { type: "range" }>) {
  return (index: number) => start + (firstRecord + index) * step;
}

async function reduceRuns(
  { reduce }: Program,
  runs: readonly (string | Uint8Array)[],
  context: Context,
  collector: Collector,
): Promise<void> {
  if (!reduce) throw new TypeError("The program does not export reduce");
  for (const { key, values } of mergeRuns(runs)) {
    const returned = reduce(key, values, context);
    const value = isThenable(returned) ? await returned : returned;
    if (value !== undefined) collector.emit(key, value);
  }
}
