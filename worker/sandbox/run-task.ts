/** Runs one task of a loaded program from its input to its outcome. Knows no worker and no port. */
import type { TaskId } from "../../protocol/ids";
import { taskIdOf, taskIdParts } from "../../protocol/task-name";
import type { JobSpec } from "../../protocol/task";
import { openCollector, openListCollector, type Collector, type PartText } from "./collect";
import { openContext, type Context } from "./context";
import { describeThrown } from "./errors";
import { mergeRuns } from "./merge";
import { partsOf } from "./parts";
import type { Program, Records } from "./program";
import type { BlockReader } from "./records";
import type { SlotOutcome } from "./slot-answers";
import type { SlotInput, SlotTask } from "./slot-api";

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
  const { combine, partitionText } = program;
  const combining = combine && ((key: unknown, values: unknown[]) => combine(key, values, context));
  return openCollector(spec.reducers, combining, partitionText);
}

async function outputOf(
  job: LoadedJob,
  { taskId, input }: SlotTask,
  context: Context,
  collector: Collector,
  place: Place,
): Promise<PartText[]> {
  if (input.type === "runs") await reduceRuns(job.program, taskId, input.runs, context);
  else await mapRecords(job, taskId, input, context, place);
  place.record = null;
  return collector.finish();
}

async function mapRecords(
  { spec, program, blocks }: LoadedJob,
  taskId: TaskId,
  input: Exclude<SlotInput, { type: "runs" }>,
  context: Context,
  place: Place,
): Promise<void> {
  const recordAt = input.type === "range" ? numberIn(input) : recordIn(input);
  const count = input.type === "range" ? input.count : input.to - input.from;
  const { jobId, stage, index: firstTask, count: taskCount } = taskIdParts(taskId);
  if (taskCount === 1) return program.map(recordsFrom(0, count), context, taskId);

  // Each task of a pack begins as if it were by itself: its output must not depend on how tasks were packed.
  const perTask = spec.recordsPerTask ?? count;
  for (let start = 0; start < count; start += perTask) {
    const memberId = taskIdOf(jobId, stage, firstTask + start / perTask);
    place.begin(memberId);
    await program.map(recordsFrom(start, Math.min(perTask, count - start)), context, memberId);
  }

  function recordsFrom(start: number, size: number): Records {
    const first = input.firstRecord + start;
    return {
      count: size,
      first,
      at(index) {
        place.record = first + index;
        return recordAt(start + index);
      },
      mark: (index) => void (place.record = index === null ? null : first + index),
    };
  }

  function recordIn({ block, bytes, from, to, skip = 0 }: Extract<SlotInput, { type: "records" }>) {
    const records = blocks.records(block, bytes, skip);
    if (to > records.count) throw new Error(`The task asks for record ${to} of a block of ${records.count}`);
    return (index: number) => records.at(from + index);
  }
}

function numberIn({ start, step, firstRecord }: Extract<SlotInput, { type: "range" }>) {
  return (index: number) => start + (firstRecord + index) * step;
}

async function reduceRuns(
  { reduce }: Program,
  taskId: TaskId,
  runs: readonly (string | Uint8Array)[],
  context: Context,
): Promise<void> {
  if (!reduce) throw new TypeError("The program does not export reduce");
  await reduce(mergeRuns(runs), context, taskId);
}
