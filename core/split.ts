/**
 * Cuts inputs into tasks.
 *
 * A plan says where every task's records are without listing the tasks: a range of
 * ten million numbers is four numbers, a text is one entry per block.
 */
import { blockKeyOf } from "../protocol/block-key";
import type { Digest } from "../protocol/ids";
import type { Reading, SweepAxis } from "../protocol/format";
import type { TaskInput } from "../protocol/task";
import type { RecordScanner } from "./scan-records";
import type { InputBlocks } from "./stage-blocks";

export interface PlannedBlock {
  digest: Digest;
  bytes: number;
  records: number;
  /** Bytes at its start that belong to no record: the header of a CSV. */
  skip?: number | undefined;
  /** Of an outline: the blocks that its task reads, the one with most of it first. */
  parts?: readonly Digest[] | undefined;
}

export type InputPlan =
  | {
      type: "blocks";
      format: Reading;
      blocks: readonly PlannedBlock[];
      /** Records in one task; null when `chunkBytes` says how many tasks a block has. Tasks do not cross blocks. */
      recordsPerTask: number | null;
      /** About how many bytes one task has, when `recordsPerTask` is null; null when every block is one task. */
      chunkBytes?: number | null | undefined;
    }
  /** Points of a grid, the last axis varying fastest. */
  | { type: "sweep"; axes: readonly SweepAxis[]; count: number; recordsPerTask: number }
  | { type: "range"; start: number; step: number; count: number; recordsPerTask: number };

/** Where the tasks and records of each block begin, for finding a task's block in O(log blocks). */
export interface SplitIndex {
  plan: InputPlan;
  taskCount: number;
  recordCount: number;
  firstTasks: readonly number[];
  firstRecords: readonly number[];
}

export function indexSplits(plan: InputPlan): SplitIndex {
  if (plan.type !== "blocks") {
    const taskCount = Math.ceil(plan.count / plan.recordsPerTask);
    return { plan, taskCount, recordCount: plan.count, firstTasks: [], firstRecords: [] };
  }
  const firstTasks: number[] = [];
  const firstRecords: number[] = [];
  let taskCount = 0;
  let recordCount = 0;
  for (const block of plan.blocks) {
    firstTasks.push(taskCount);
    firstRecords.push(recordCount);
    taskCount += tasksIn(block, plan);
    recordCount += block.records;
  }
  return { plan, taskCount, recordCount, firstTasks, firstRecords };
}

function tasksIn(
  { records, bytes }: PlannedBlock,
  { recordsPerTask, chunkBytes = null }: Extract<InputPlan, { type: "blocks" }>,
): number {
  if (recordsPerTask !== null) return Math.ceil(records / recordsPerTask);
  if (chunkBytes === null) return 1;
  return Math.max(1, Math.min(records, Math.ceil(bytes / chunkBytes)));
}

/** First tasks of the blocks, ascending: several tasks of one block can be one pack. Undefined when tasks are large. */
export function cutsOf({ plan, firstTasks }: SplitIndex): readonly number[] | undefined {
  return plan.type === "blocks" && plan.recordsPerTask === null ? undefined : firstTasks;
}

/** What the tasks read, for placing them; undefined when they read no blocks. */
export function inputBlocksOf({ plan, firstTasks }: SplitIndex): InputBlocks | undefined {
  if (plan.type !== "blocks") return undefined;
  return {
    keys: plan.blocks.map(({ digest, parts }) => blockKeyOf(parts?.[0] ?? digest)),
    bytes: plan.blocks.map(({ bytes }) => bytes),
    firstTasks,
  };
}

/**
 * @param taskIndex From 0 up to, but not including, the plan's task count.
 * @param count Tasks of a pack, which lie in one block.
 */
export function taskInputAt(index: SplitIndex, taskIndex: number, count = 1): TaskInput {
  const { plan } = index;
  if (taskIndex >= index.taskCount)
    throw new Error(`task ${taskIndex} is beyond the plan's ${index.taskCount} tasks`);
  if (plan.type !== "blocks") {
    const { start, step } = plan.type === "range" ? plan : { start: 0, step: 1 };
    const firstRecord = taskIndex * plan.recordsPerTask;
    const numbers = Math.min(count * plan.recordsPerTask, plan.count - firstRecord);
    return { type: "range", start, step, count: numbers, firstRecord };
  }
  const blockIndex = lastAtMost(index.firstTasks, taskIndex);
  const block = plan.blocks[blockIndex];
  if (!block) throw new Error(`task ${taskIndex} has no block`);
  const place = taskIndex - (index.firstTasks[blockIndex] ?? 0);
  const taskCount = tasksIn(block, plan);
  // Without a fixed number, the records of a block are dealt out evenly.
  const firstOf = (task: number) =>
    plan.recordsPerTask === null
      ? Math.floor((task * block.records) / taskCount)
      : task * plan.recordsPerTask;
  const from = firstOf(place);
  const to = Math.min(firstOf(place + count), block.records);
  const firstRecord = (index.firstRecords[blockIndex] ?? 0) + from;
  const skip = block.skip ? { skip: block.skip } : {};
  const isOutline = block.parts ? { isOutline: true as const } : {};
  return { type: "records", block: block.digest, from, to, firstRecord, ...skip, ...isOutline };
}

/** All blocks that a task reads; none of ranges and sweeps. */
export function blocksOfTask({ plan, firstTasks }: SplitIndex, taskIndex: number): readonly Digest[] {
  const block = plan.type === "blocks" ? plan.blocks[lastAtMost(firstTasks, taskIndex)] : undefined;
  return block ? [block.digest, ...(block.parts ?? [])] : [];
}

/** How many numbers `start`, `start + step`, … come before `end`. */
export function countRange(start: number, end: number, step: number): number {
  const isBefore = (place: number) => (step > 0 ? start + place * step < end : start + place * step > end);
  // The division rounds: 1.1 / 0.1 is a little more than 11.
  const count = Math.max(0, Math.ceil((end - start) / step));
  if (count > 0 && !isBefore(count - 1)) return count - 1;
  return isBefore(count) ? count + 1 : count;
}

/**
 * Cuts bytes after the first end of a record at or beyond every `chunkBytes`.
 *
 * @returns The chunks in order, none empty; joined they are the bytes. A last record without an end is one too.
 * @throws {GridError} `data-invalid` when the scanner finds that they are not what their format says.
 */
export function* cutRecords(
  bytes: Uint8Array,
  scanner: RecordScanner,
  chunkBytes: number,
): Generator<{ bytes: Uint8Array; records: number }> {
  for (let start = 0; start < bytes.length;) {
    const { end, records, isCut } = scanner.scan(bytes, start, chunkBytes);
    yield { bytes: bytes.subarray(start, end), records: isCut ? records : records + scanner.finish() };
    start = end;
  }
}

/** The last place in an ascending list whose value is at most `value`; the last of equal ones. */
function lastAtMost(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((ascending[middle] ?? Infinity) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
