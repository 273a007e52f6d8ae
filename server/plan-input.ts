/** Turns a submission's input into a plan of tasks; text and items are stored as blocks on the way. */
import { countRange, cutLines, type InputPlan, type PlannedBlock } from "../core/split";
import type { JobInput, JobOptions } from "../protocol/job";
import { LIMITS } from "../protocol/limits";
import { GridError } from "../protocol/problems";
import type { BlockStore } from "./grid-api";

/** Items are gathered into blocks of about this size, so that small tasks share a block. */
const ITEM_BLOCK_BYTES = 256 * 1024;
/** Blocks written at a time: each waits for the disk. */
const WRITES_AT_ONCE = 16;

/** @throws {GridError} `invalid-input` when a record is over the limit, or there would be too many tasks. */
export async function planInput(
  input: JobInput,
  options: JobOptions,
  blocks: BlockStore,
): Promise<InputPlan> {
  if ("range" in input) {
    const { start, end, step } = input.range;
    const count = countRange(start, end, step);
    checkTaskCount(Math.ceil(count / options.chunkSize));
    return { type: "range", start, step, count, recordsPerTask: options.chunkSize };
  }
  if ("items" in input) {
    checkTaskCount(Math.ceil(input.items.length / options.chunkSize));
    const chunks = gatherItems(input.items, options.chunkSize);
    const planned = await storeChunks(chunks, blocks);
    return { type: "blocks", format: "jsonl", blocks: planned, recordsPerTask: options.chunkSize };
  }
  const chunks = cutLines(new TextEncoder().encode(input.text), options.chunkBytes);
  const planned = await storeChunks(chunks, blocks);
  return { type: "blocks", format: input.format, blocks: planned, recordsPerTask: null };
}

interface Chunk {
  bytes: Uint8Array;
  records: number;
}

/** JSON lines in blocks of whole tasks, so that no task needs two blocks. */
function* gatherItems(items: readonly unknown[], itemsPerTask: number): Generator<Chunk> {
  let lines: string[] = [];
  let bytes = 0;
  for (const [place, item] of items.entries()) {
    const line = `${JSON.stringify(item)}\n`;
    checkRecord(line.length, place);
    lines.push(line);
    bytes += line.length;
    if (bytes < ITEM_BLOCK_BYTES || lines.length % itemsPerTask !== 0) continue;
    yield { bytes: Buffer.from(lines.join("")), records: lines.length };
    lines = [];
    bytes = 0;
  }
  if (lines.length > 0) yield { bytes: Buffer.from(lines.join("")), records: lines.length };
}

async function storeChunks(chunks: Iterable<Chunk>, blocks: BlockStore): Promise<PlannedBlock[]> {
  const planned: PlannedBlock[] = [];
  let writing: Promise<PlannedBlock>[] = [];
  for (const { bytes, records } of chunks) {
    if (bytes.length > LIMITS.blockBytes) checkRecord(bytes.length, planned.length);
    writing.push(blocks.write(bytes).then((digest) => ({ digest, bytes: bytes.length, records })));
    if (writing.length < WRITES_AT_ONCE) continue;
    planned.push(...(await Promise.all(writing)));
    writing = [];
  }
  return [...planned, ...(await Promise.all(writing))];
}

function checkRecord(bytes: number, place: number): void {
  if (bytes <= LIMITS.recordBytes) return;
  throw new GridError(
    "invalid-input",
    `input: a record may have at most ${LIMITS.recordBytes} bytes; record ${place} has ${bytes}`,
  );
}

function checkTaskCount(taskCount: number): void {
  if (taskCount <= LIMITS.tasksPerStage) return;
  throw new GridError(
    "invalid-input",
    `The job would have ${taskCount} tasks; the limit is ${LIMITS.tasksPerStage}: raise options.chunkSize`,
  );
}
