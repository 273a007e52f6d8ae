/**
 * Cuts inputs into tasks.
 *
 * A plan says where every task's records are without listing the tasks: a range of
 * ten million numbers is four numbers, a text is one entry per block.
 */
import { blockKeyOf } from "../protocol/block-key";
import type { Digest } from "../protocol/ids";
import type { Format, TaskInput } from "../protocol/task";
import type { InputBlocks } from "./stage-blocks";

export interface PlannedBlock {
  digest: Digest;
  bytes: number;
  records: number;
}

export type InputPlan =
  | {
      type: "blocks";
      format: Format;
      blocks: readonly PlannedBlock[];
      /** Records in one task; null when every block is one task. Tasks do not cross blocks. */
      recordsPerTask: number | null;
    }
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
  if (plan.type === "range") {
    const taskCount = Math.ceil(plan.count / plan.recordsPerTask);
    return { plan, taskCount, recordCount: plan.count, firstTasks: [], firstRecords: [] };
  }
  const firstTasks: number[] = [];
  const firstRecords: number[] = [];
  let taskCount = 0;
  let recordCount = 0;
  for (const { records } of plan.blocks) {
    firstTasks.push(taskCount);
    firstRecords.push(recordCount);
    taskCount += plan.recordsPerTask === null ? 1 : Math.ceil(records / plan.recordsPerTask);
    recordCount += records;
  }
  return { plan, taskCount, recordCount, firstTasks, firstRecords };
}

/** First tasks of the blocks, ascending: several tasks of one block can be one pack. Undefined when every task is a block. */
export function cutsOf({ plan, firstTasks }: SplitIndex): readonly number[] | undefined {
  return plan.type === "blocks" && plan.recordsPerTask === null ? undefined : firstTasks;
}

/** What the tasks read, for placing them; undefined when they read no blocks. */
export function inputBlocksOf({ plan, firstTasks }: SplitIndex): InputBlocks | undefined {
  if (plan.type !== "blocks") return undefined;
  return {
    keys: plan.blocks.map(({ digest }) => blockKeyOf(digest)),
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
  if (plan.type === "range") {
    const firstRecord = taskIndex * plan.recordsPerTask;
    const numbers = Math.min(count * plan.recordsPerTask, plan.count - firstRecord);
    return { type: "range", start: plan.start, step: plan.step, count: numbers, firstRecord };
  }
  const blockIndex = lastAtMost(index.firstTasks, taskIndex);
  const block = plan.blocks[blockIndex];
  if (!block) throw new Error(`task ${taskIndex} has no block`);
  const perTask = plan.recordsPerTask ?? block.records;
  const from = (taskIndex - (index.firstTasks[blockIndex] ?? 0)) * perTask;
  const to = Math.min(from + count * perTask, block.records);
  const firstRecord = (index.firstRecords[blockIndex] ?? 0) + from;
  return { type: "records", block: block.digest, from, to, firstRecord };
}

/** How many numbers `start`, `start + step`, … come before `end`. */
export function countRange(start: number, end: number, step: number): number {
  const isBefore = (place: number) => (step > 0 ? start + place * step < end : start + place * step > end);
  // The division rounds: 1.1 / 0.1 is a little more than 11.
  const count = Math.max(0, Math.ceil((end - start) / step));
  if (count > 0 && !isBefore(count - 1)) return count - 1;
  return isBefore(count) ? count + 1 : count;
}

const NEWLINE = 10;

/**
 * Cuts text, as UTF-8 bytes, after the first line end at or beyond every `chunkBytes`.
 *
 * @returns The chunks in order, none empty; joined they are the text. A last line without an end is a record too.
 */
export function* cutLines(
  bytes: Uint8Array,
  chunkBytes: number,
): Generator<{ bytes: Uint8Array; records: number }> {
  for (let start = 0; start < bytes.length;) {
    const lineEnd = bytes.indexOf(NEWLINE, Math.min(start + chunkBytes, bytes.length) - 1);
    const end = lineEnd === -1 ? bytes.length : lineEnd + 1;
    const chunk = bytes.subarray(start, end);
    yield { bytes: chunk, records: countLines(chunk) };
    start = end;
  }
}

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) lines += 1;
  return bytes.at(-1) === NEWLINE ? lines : lines + 1;
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
