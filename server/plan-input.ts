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
  const chunks = checkLines(cutLines(new TextEncoder().encode(input.text), options.chunkBytes));
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
    const lineBytes = Buffer.byteLength(line);
    checkRecord(lineBytes, place);
    lines.push(line);
    bytes += lineBytes;
    if (bytes < ITEM_BLOCK_BYTES || lines.length % itemsPerTask !== 0) continue;
    yield { bytes: Buffer.from(lines.join("")), records: lines.length };
    lines = [];
    bytes = 0;
  }
  if (lines.length > 0) yield { bytes: Buffer.from(lines.join("")), records: lines.length };
}

/** Only a chunk that is longer than a record may be can hold one that is too long. */
function* checkLines(chunks: Iterable<Chunk>): Generator<Chunk> {
  let place = 0;
  for (const chunk of chunks) {
    if (chunk.bytes.length > LIMITS.recordBytes) {
      let start = 0;
      for (let record = 0; record < chunk.records; record++) {
        const end = chunk.bytes.indexOf(NEWLINE, start);
        checkRecord((end === -1 ? chunk.bytes.length : end) - start, place + record);
        start = end + 1;
      }
    }
    place += chunk.records;
    yield chunk;
  }
}

const NEWLINE = 10;

async function storeChunks(chunks: Iterable<Chunk>, blocks: BlockStore): Promise<PlannedBlock[]> {
  const planned: PlannedBlock[] = [];
  let writing: Promise<PlannedBlock>[] = [];
  for (const { bytes, records } of chunks) {
    checkBlock(bytes.length);
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

function checkBlock(bytes: number): void {
  if (bytes <= LIMITS.blockBytes) return;
  throw new GridError(
    "invalid-input",
    `One task's records may have at most ${LIMITS.blockBytes} bytes (blockBytes); got ${bytes}: lower options.chunkSize`,
  );
}

function checkTaskCount(taskCount: number): void {
  if (taskCount <= LIMITS.tasksPerStage) return;
  throw new GridError(
    "invalid-input",
    `The job would have ${taskCount} tasks; the limit is ${LIMITS.tasksPerStage}: raise options.chunkSize`,
  );
}
