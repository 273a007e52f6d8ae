/**
 * Makes the map stage's input of what a program's `split` gave: the accepted parts are lines of JSON already, and become its blocks.
 *
 * What a volunteer says of its parts is not relied on: records are counted here. One part is in memory at a time.
 */
import { openScanner } from "../core/scan-records";
import { indexSplits, type InputPlan, type PlannedBlock } from "../core/split";
import { countStages } from "../core/split-stage";
import type { StoredPart } from "../core/task";
import type { JobId } from "../protocol/ids";
import { LIMITS } from "../protocol/limits";
import { GridError } from "../protocol/problems";
import type { BlockStore } from "./grid-api";
import type { Database } from "./store/database";
import type { JobRecord } from "./store/jobs";
import { readAccepted } from "./store/acceptances";

const TASKS_AT_ONCE = 20;
/** Small parts are gathered into blocks of about this size. */
const BLOCK_BYTES = 256 * 1024;

/** Before it is known what `split` gives, and of a job whose `split` gave nothing. */
export function planOfItems(chunkSize: number, blocks: readonly PlannedBlock[] = []): InputPlan {
  return { type: "blocks", format: { type: "jsonl" }, blocks, recordsPerTask: chunkSize };
}

/**
 * @param parts Of the outputs of all tasks of the split stage, in order.
 * @returns The same whenever it is called, because accepted outputs do not change.
 * @throws {GridError} `invalid-input` when there are too many tasks; `data-invalid` when an item is too long.
 */
export async function planSplit(
  parts: AsyncIterable<Pick<StoredPart, "digest" | "text">>,
  blocks: Pick<BlockStore, "read" | "write">,
  { options, stages }: Pick<JobRecord, "options" | "stages">,
): Promise<Pick<JobRecord, "stages"> & { splitPlan: InputPlan }> {
  const planned: PlannedBlock[] = [];
  for await (const block of blocksOf(parts, blocks)) planned.push(block);
  const splitPlan = planOfItems(options.chunkSize, planned);
  const map = indexSplits(splitPlan);
  if (map.taskCount > LIMITS.tasksPerStage) {
    throw new GridError(
      "invalid-input",
      `The ${map.recordCount} items would be ${map.taskCount} tasks; the limit is ${LIMITS.tasksPerStage}: raise options.chunkSize`,
    );
  }
  const counted = countStages(
    stages.map(({ name }) => name),
    { source: null, map, reducers: options.reducers },
  );
  const split = stages.filter(({ name }) => name === "split");
  return { splitPlan, stages: [...split, ...counted.filter(({ name }) => name !== "split")] };
}

async function* blocksOf(
  parts: AsyncIterable<Pick<StoredPart, "digest" | "text">>,
  blocks: Pick<BlockStore, "read" | "write">,
): AsyncGenerator<PlannedBlock, void> {
  let gathered: Uint8Array[] = [];
  let gatheredBytes = 0;
  for await (const { digest, text } of parts) {
    const bytes = text === undefined ? await blocks.read(digest) : Buffer.from(text);
    if (bytes.length >= BLOCK_BYTES) {
      yield* flushed();
      yield { digest, bytes: bytes.length, records: countLines(bytes) };
      continue;
    }
    // Of the next part, the first item must not go on with the last one of this.
    const isWhole = bytes.length === 0 || bytes.at(-1) === NEWLINE;
    gathered.push(bytes, ...(isWhole ? [] : [Uint8Array.of(NEWLINE)]));
    gatheredBytes += bytes.length;
    if (gatheredBytes >= BLOCK_BYTES) yield* flushed();
  }
  yield* flushed();

  async function* flushed(): AsyncGenerator<PlannedBlock, void> {
    const bytes = Buffer.concat(gathered);
    gathered = [];
    gatheredBytes = 0;
    if (bytes.length === 0) return;
    yield { digest: await blocks.write(bytes), bytes: bytes.length, records: countLines(bytes) };
  }
}

const NEWLINE = 10;

/** What was accepted of the job's split stage, in order. */
export async function* partsOf(database: Database, jobId: JobId): AsyncGenerator<StoredPart, void> {
  for (let from = 0; ;) {
    const tasks = await readAccepted(database, { jobId, stage: "split" }, from, TASKS_AT_ONCE);
    for (const { parts } of tasks) yield* parts;
    const last = tasks.at(-1);
    if (!last) return;
    from = last.index + last.count;
  }
}

function countLines(bytes: Uint8Array): number {
  const scanner = openScanner({ type: "jsonl" });
  return scanner.scan(bytes, 0, Infinity).records + scanner.finish();
}
