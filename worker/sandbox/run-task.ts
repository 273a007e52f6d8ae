/** Runs one task of a loaded program from its input to its outcome. Knows no worker and no port. */
import type { Reading } from "../../protocol/format";
import type { TaskId } from "../../protocol/ids";
import { taskIdOf, taskIdParts } from "../../protocol/task-name";
import type { JobSpec } from "../../protocol/task";
import { combineEach, openSortedCollector } from "./combine-runs";
import { openListCollector, type Collector } from "./collect";
import { openContext, type Context } from "./context";
import { keysIn } from "../../protocol/runs/run-block";
import { openSampleCollector, someOf } from "./sample";
import { describeThrown } from "./errors";
import type { FrozenConfig } from "./frozen";
import { mergeInPasses, whileThereIsRoom, type Run } from "./merge-passes";
import { openParts, type Parts } from "./parts";
import { partitionByHash, partitionByRange } from "./partition";
import type { Program, Records } from "./program";
import { sweepPoint, type BlockReader } from "./records";
import { openRunCollector } from "./run-collector";
import type { TaskOutcome, SlotPart } from "./slot-answers";
import type { SlotInput, SlotRun, SlotTask } from "./slot-api";
import { openItemCollector, takeItems } from "./split-input";
import type { TaskStream } from "./stream";

export interface LoadedJob {
  readonly spec: Pick<JobSpec, "format" | "recordsPerTask" | "reducers" | "sendsAll" | "source">;
  readonly config: FrozenConfig;
  readonly program: Program;
  readonly blocks: BlockReader;
  /** Of the submission's input, in a job whose program splits it. */
  readonly source?: BlockReader;
}

export interface TaskHooks {
  readonly now: () => number;
  readonly progress: (fraction: number) => void;
  /** Gets the list that log lines go to, for what the program throws outside of its functions. */
  readonly started: (logs: string[]) => void;
  readonly stream: TaskStream;
}

/** Where a map task is: the job-wide number of its record, or null when at none. */
interface Place {
  record: number | null;
  /** Told of each task of a pack. */
  readonly begin: (taskId: TaskId) => void;
}

/** Never throws for what the program does: that is an outcome. */
export async function runTask(job: LoadedJob, task: SlotTask, hooks: TaskHooks): Promise<TaskOutcome> {
  const startedAt = hooks.now();
  const { taskId } = task;
  const parts = openParts(deliveryOf(job, taskId), hooks.stream);
  const isSplitting = isSplit(taskId);
  let collector = openListCollector(parts);
  const { context, logs, begin, close } = openContext({
    taskId,
    config: job.config.value,
    emit(key, value) {
      if (isSplitting)
        throw new TypeError("split has nothing to emit: it gives items by yield, or returns a list");
      collector.emit(key, value);
      // Null would be a value, for a map that returns what emit does.
      return hooks.stream.room() ?? undefined;
    },
    progress: hooks.progress,
  });
  const place: Place = {
    record: null,
    begin(member) {
      job.config.restore();
      begin(member);
    },
  };
  job.config.restore();
  hooks.started(logs);
  try {
    collector = collectorFor(job, task, context, parts, hooks.stream);
    const done = await outputOf(job, task, context, collector, place, hooks.stream);
    return { type: "output", taskId, parts: done, ...ended(hooks.now() - startedAt, logs) };
  } catch (error) {
    return failure(taskId, error, place, ended(hooks.now() - startedAt, logs));
  } finally {
    close();
  }
}

const isSplit = (taskId: TaskId) => taskIdParts(taskId).stage === "split";

function deliveryOf({ spec }: LoadedJob, taskId: TaskId): "whole" | "pack" | "task" {
  if (isSplit(taskId)) return "task";
  if (spec.sendsAll) return "whole";
  return taskIdParts(taskId).count > 1 ? "pack" : "task";
}

function ended(elapsedMs: number, logs: string[]): { elapsedMs: number; logs?: string[] } {
  return { elapsedMs: Math.max(0, elapsedMs), ...(logs.length > 0 && { logs }) };
}

function failure(
  taskId: TaskId,
  error: unknown,
  { record }: Place,
  end: { elapsedMs: number; logs?: string[] },
): TaskOutcome {
  return { type: "error", taskId, ...describeThrown(error), record, ...end };
}

function collectorFor(
  { spec, program }: LoadedJob,
  { taskId, input, ranges }: SlotTask,
  context: Context,
  parts: Parts,
  stream: TaskStream,
): Collector {
  const { reducers } = spec;
  if (taskIdParts(taskId).stage === "merge") return openSortedCollector(parts);
  if (isSplit(taskId)) return openItemCollector(parts);
  if (input.type === "runs" || reducers === 0) return openListCollector(parts);
  if (taskIdParts(taskId).stage === "sample") return openSampleCollector(parts, stream);
  const { combine, combineRuns, partitionText } = program;
  const partitionOf = ranges ? partitionByRange(keysIn(ranges)) : partitionByHash(reducers, partitionText);
  return openRunCollector({
    ...{ parts, stream, reducers, partitionOf },
    combine: combine && ((key, values) => combine(key, values, context)),
    combineRuns: combineRuns ? (merge) => combineRuns(merge, context, taskId) : null,
  });
}

async function outputOf(
  job: LoadedJob,
  { taskId, input }: SlotTask,
  context: Context,
  collector: Collector,
  place: Place,
  stream: TaskStream,
): Promise<SlotPart[]> {
  if (input.type === "runs") await readRuns(job.program, taskId, input.runs, context, stream);
  else if (isSplit(taskId)) await splitRecords(job, taskId, input, context, place, collector, stream);
  else await mapRecords(job, taskId, input, context, place, stream);
  place.record = null;
  return collector.finish();
}

async function mapRecords(
  { spec, program, blocks }: LoadedJob,
  taskId: TaskId,
  input: RecordInput,
  context: Context,
  place: Place,
  stream: TaskStream,
): Promise<void> {
  const recordsFrom = recordsIn(input, spec.format, blocks, place, stream);
  const count = countIn(input);
  const { jobId, stage, index: firstTask, count: taskCount } = taskIdParts(taskId);
  if (stage === "sample") return program.map(someOf(recordsFrom(0, count)), context, taskId);
  if (taskCount === 1) return program.map(recordsFrom(0, count), context, taskId);

  // Each task of a pack begins as if it were by itself: its output must not depend on how tasks were packed.
  const perTask = spec.recordsPerTask ?? count;
  for (let start = 0; start < count; start += perTask) {
    const memberId = taskIdOf(jobId, stage, firstTask + start / perTask);
    place.begin(memberId);
    await program.map(recordsFrom(start, Math.min(perTask, count - start)), context, memberId);
  }
}

async function splitRecords(
  { spec, program, blocks, source = blocks }: LoadedJob,
  taskId: TaskId,
  input: RecordInput,
  context: Context,
  place: Place,
  collector: Collector,
  stream: TaskStream,
): Promise<void> {
  const { split } = program;
  if (!split) throw new TypeError("The program does not export split");
  const records = recordsIn(input, spec.source ?? spec.format, source, place, stream)(0, countIn(input));
  await takeItems(split(records, context, taskId), collector, stream);
}

type RecordInput = Exclude<SlotInput, { type: "runs" }>;

const countIn = (input: RecordInput) => (input.type === "range" ? input.count : input.to - input.from);

/** @returns Some records of the input, by where they begin in it and how many they are. */
function recordsIn(
  input: RecordInput,
  format: Reading,
  blocks: BlockReader,
  place: Place,
  { room }: Pick<TaskStream, "room">,
): (start: number, count: number) => Records {
  const recordAt = input.type === "range" ? numberIn(input, format) : recordIn(input);
  return (start, count) => {
    const first = input.firstRecord + start;
    return {
      count,
      first,
      room,
      at(index) {
        place.record = first + index;
        return recordAt(start + index);
      },
      mark: (index) => void (place.record = index === null ? null : first + index),
    };
  };

  function recordIn({ block, bytes, from, to, skip = 0 }: Extract<SlotInput, { type: "records" }>) {
    if (bytes instanceof Blob) throw new Error(`Block ${block} was not read before its task`);
    const records = blocks.records(block, bytes, skip);
    if (to > records.count) throw new Error(`The task asks for record ${to} of a block of ${records.count}`);
    return (index: number) => records.at(from + index);
  }
}

function numberIn(
  { start, step, firstRecord }: Extract<SlotInput, { type: "range" }>,
  format: Reading,
): (index: number) => unknown {
  if (format.type === "sweep") return (index) => sweepPoint(format.axes, firstRecord + index);
  return (index: number) => start + (firstRecord + index) * step;
}

async function readRuns(
  program: Program,
  taskId: TaskId,
  runs: readonly SlotRun[],
  context: Context,
  stream: TaskStream,
): Promise<void> {
  const read = readerOf(program, taskId);
  const merge = await mergeInPasses(
    runs.map((run, place) => runFrom(run, place, stream)),
    stream,
    runs.length,
  );
  await read(whileThereIsRoom(merge, stream), context, taskId);
}

/** What is made of the runs: they are reduced, or combined into one. */
function readerOf({ reduce, combine, combineRuns }: Program, taskId: TaskId): NonNullable<Program["reduce"]> {
  const { stage } = taskIdParts(taskId);
  if (stage === "merge" && combineRuns) return combineRuns;
  if (stage === "merge" && combine)
    return (merge, context) =>
      combineEach(
        (key, values) => combine(key, values, context),
        merge,
        (key, value) => context.emit(key, value),
      );
  if (stage === "merge" || !reduce)
    throw new TypeError(`The program does not export ${stage === "merge" ? "combine" : "reduce"}`);
  return reduce;
}

/** The blocks that came with the task, then those that are asked for. */
function runFrom({ blocks, later }: SlotRun, place: number, stream: TaskStream): Run {
  let [given, left] = [0, later];
  return {
    isFar: later > 0,
    next() {
      const block = blocks[given++];
      if (block) return block;
      return left-- > 0 ? stream.next(place) : null;
    },
  };
}
