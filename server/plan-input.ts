/** Turns a submission's input into a plan of tasks; text and items are stored as blocks on the way. */
import { checkRecord } from "../core/invalid-data";
import { openScanner } from "../core/scan-records";
import { countRange, cutRecords, indexSplits, type InputPlan, type PlannedBlock } from "../core/split";
import type { DatasetPath } from "../protocol/dataset";
import { readingOf, wholeFormat, type Reading, type SweepAxis } from "../protocol/format";
import type { JobId } from "../protocol/ids";
import type { JobInput, JobOptions, UrlInput } from "../protocol/job";
import { LIMITS } from "../protocol/limits";
import { GridError } from "../protocol/problems";
import type { WrittenBlock } from "./datasets/block-writer";
import { readCsvHeader } from "./datasets/csv-header";
import type { BlockStore } from "./grid-api";
import { planParquet } from "./plan-parquet";

/** Items are gathered into blocks of about this size, so that small tasks share a block. */
const ITEM_BLOCK_BYTES = 256 * 1024;
/** Blocks written at a time: each waits for the disk. */
const WRITES_AT_ONCE = 16;

/** What is needed to know of datasets and of results that jobs read. */
export interface InputDatasets {
  /** @throws {GridError} `dataset-not-found`. */
  read(path: DatasetPath, version: number | null): Promise<InputVersion>;
  /** @throws {GridError} What `FetchInput` throws. */
  fetch(input: UrlInput): Promise<InputVersion>;
  /** @throws {GridError} When the job has no result. */
  result(id: JobId): Promise<InputPlan>;
}

export interface InputVersion {
  reading: Reading;
  blocks: readonly WrittenBlock[];
  /** Where they are. */
  store: Pick<BlockStore, "open" | "verify">;
}

/** @throws {GridError} `invalid-input` when a record is over the limit, or there would be too many tasks. */
export async function planInput(
  input: JobInput,
  options: JobOptions,
  blocks: BlockStore,
  datasets: InputDatasets,
): Promise<InputPlan> {
  if ("range" in input) {
    const { start, end, step } = input.range;
    const count = countRange(start, end, step);
    checkTaskCount(Math.ceil(count / options.chunkSize));
    return { type: "range", start, step, count, recordsPerTask: options.chunkSize };
  }
  if ("sweep" in input) return planSweep(input, options);
  if ("items" in input) {
    checkTaskCount(Math.ceil(input.items.length / options.chunkSize));
    const chunks = gatherItems(input.items, options.chunkSize);
    const planned = await storeChunks(chunks, blocks);
    return { type: "blocks", format: { type: "jsonl" }, blocks: planned, recordsPerTask: options.chunkSize };
  }
  if ("dataset" in input) return planDataset(input, options, blocks, datasets);
  if ("url" in input) return planVersion(await datasets.fetch(input), input.columns, options, blocks);
  if ("result" in input) {
    const plan = await datasets.result(input.result);
    checkTaskCount(indexSplits(plan).taskCount);
    return plan;
  }
  return planText(input, options, blocks);
}

/**
 * The input of a program that splits it: all of it at once, or, of a dataset, each of its blocks.
 * @throws {GridError} `invalid-input` when that is more than one task can be given.
 */
export async function planWhole(
  input: JobInput,
  options: JobOptions,
  blocks: BlockStore,
  datasets: InputDatasets,
): Promise<InputPlan> {
  const chunkBytes = "text" in input ? LIMITS.blockBytes : null;
  const chunkSize = "items" in input ? Math.max(1, input.items.length) : LIMITS.splitRecords;
  const plan = await planInput(input, { ...options, chunkSize, chunkBytes }, blocks, datasets);
  if (plan.type === "blocks" || plan.count <= LIMITS.splitRecords) return plan;
  throw new GridError(
    "invalid-input",
    `A program that exports split is given all records as a list, at most ${LIMITS.splitRecords} (splitRecords); got ${plan.count}`,
  );
}

function planSweep(
  { sweep }: Extract<JobInput, { sweep: unknown }>,
  { chunkSize: recordsPerTask }: JobOptions,
): InputPlan {
  const { length } = JSON.stringify(sweep);
  if (length > LIMITS.configChars) {
    const rule = `may have at most ${LIMITS.configChars} characters as JSON (configChars)`;
    throw new GridError("invalid-input", `input.sweep: ${rule}; got ${length}`);
  }
  const axes = Object.entries(sweep).map(([name, values]): SweepAxis => {
    if (Array.isArray(values)) return { name, values };
    const { start, end, step } = values;
    return { name, start, step, count: countRange(start, end, step) };
  });
  const count = axes.reduce(
    (product, axis) => product * ("values" in axis ? axis.values.length : axis.count),
    1,
  );
  checkTaskCount(Math.ceil(count / recordsPerTask));
  if (!Number.isSafeInteger(count)) {
    throw new GridError("invalid-input", `input.sweep: has ${count} points; numbers of records end at 2^53`);
  }
  return { type: "sweep", axes, count, recordsPerTask };
}

/** @throws {GridError} `dataset-not-found`; `invalid-input` when it cannot be read as asked. */
async function planDataset(
  { dataset, version, format, columns }: Extract<JobInput, { dataset: unknown }>,
  options: JobOptions,
  blocks: BlockStore,
  datasets: InputDatasets,
): Promise<InputPlan> {
  const found = await datasets.read(dataset, version);
  return planVersion({ ...found, reading: readAs(found.reading, format) }, columns, options, blocks);
}

/** @param columns Of parquet: those that are read. */
async function planVersion(
  version: InputVersion,
  columns: readonly string[] | undefined,
  { chunkBytes }: JobOptions,
  blocks: BlockStore,
): Promise<InputPlan> {
  const { reading } = version;
  if (columns && reading.type !== "parquet")
    throw new GridError(
      "invalid-input",
      `input.columns: chooses columns of parquet; the data is ${reading.type}, whose records are read whole`,
    );
  const plan: InputPlan = {
    type: "blocks",
    // What is read of it is told with every task.
    format: reading.type === "parquet" ? { type: "parquet" } : reading,
    blocks:
      reading.type === "parquet" ? await planParquet(version, columns ?? null, blocks) : wholeBlocks(version),
    recordsPerTask: null,
    chunkBytes,
  };
  checkTaskCount(indexSplits(plan).taskCount);
  return plan;
}

function wholeBlocks({ blocks }: InputVersion): PlannedBlock[] {
  return blocks
    .filter(({ records }) => records > 0)
    .map(({ digest, bytes, records, skip }) => ({ digest, bytes, records, ...(skip > 0 && { skip }) }));
}

function readAs(reading: Reading, format: "lines" | "jsonl" | undefined): Reading {
  if (format === undefined || reading.type === format) return reading;
  if (reading.type === "lines" || reading.type === "jsonl") return { type: format };
  throw new GridError(
    "invalid-input",
    `input.format: the dataset was uploaded as ${reading.type} and can only be read as that; got "${format}"`,
  );
}

const DEFAULT_CHUNK_BYTES = 256 * 1024;

async function planText(
  input: Extract<JobInput, { text: unknown }>,
  { chunkBytes }: JobOptions,
  blocks: BlockStore,
): Promise<InputPlan> {
  const format = wholeFormat(input.format);
  const bytes = new TextEncoder().encode(input.text);
  const header = format.type === "csv" && format.header ? readCsvHeader(bytes, format) : null;
  const rows = bytes.subarray(header?.bytes ?? 0);
  const chunks = cutRecords(rows, openScanner(format), chunkBytes ?? DEFAULT_CHUNK_BYTES);
  return {
    type: "blocks",
    format: { ...readingOf(format), ...(header && { columns: header.columns }) },
    blocks: await storeChunks(chunks, blocks),
    recordsPerTask: null,
  };
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

function checkBlock(bytes: number): void {
  if (bytes <= LIMITS.blockBytes) return;
  throw new GridError(
    "invalid-input",
    `One task's records may have at most ${LIMITS.blockBytes} bytes (blockBytes); got ${bytes}: lower options.chunkSize`,
  );
}

/** @throws {GridError} `invalid-input`. */
export function checkTaskCount(taskCount: number): void {
  if (taskCount <= LIMITS.tasksPerStage) return;
  throw new GridError(
    "invalid-input",
    `The job would have ${taskCount} tasks; the limit is ${LIMITS.tasksPerStage}: raise options.chunkSize`,
  );
}
