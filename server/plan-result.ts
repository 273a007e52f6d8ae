/**
 * Another job's result as an input: its parts become the blocks of the plan.
 *
 *   large parts ──────────────▶ the blocks they are, not copied
 *   small ones, as rows hold them ─▶ gathered into blocks, a few at a time
 *
 * A record is an object with `key` and `value`, in the order of the result. The result is never in memory as a whole.
 */
import type { InputPlan, PlannedBlock } from "../core/split";
import type { StoredPart } from "../core/task";
import type { JobId } from "../protocol/ids";
import type { JobOptions } from "../protocol/job";
import { GridError } from "../protocol/problems";
import type { BlockStore } from "./grid-api";
import type { Database } from "./store/database";
import { findJob, readEdition } from "./store/jobs";
import { countCorrected, type ResultRead } from "./store/result-reads";
import { readAccepted } from "./store/acceptances";

const TASKS_AT_ONCE = 100;
/** Small parts are gathered into blocks of about this size. */
const GATHERED_BYTES = 256 * 1024;

/**
 * @returns Also which state of the result that is.
 * @throws {GridError} `job-not-found`, `job-not-finished`, `job-ended` when it has no result, `result-changed`.
 */
export async function planResult(
  { database, blocks }: { database: Database; blocks: Pick<BlockStore, "write"> },
  id: JobId,
  { chunkBytes }: Pick<JobOptions, "chunkBytes">,
): Promise<{ plan: InputPlan; read: ResultRead }> {
  const stage = await lastStageOf(database, id);
  const edition = await readEdition(database, id);
  const planned: PlannedBlock[] = [];
  const gathered = openGathered(blocks, planned);
  for (let from = 0; ;) {
    const tasks = await readAccepted(database, { jobId: id, stage }, from, TASKS_AT_ONCE);
    for (const part of tasks.flatMap(({ parts }) => parts)) await gathered.add(part);
    const last = tasks.at(-1);
    if (!last) break;
    from = last.index + last.count;
  }
  await gathered.close();
  if ((await readEdition(database, id)) !== edition) {
    const detail = `input.result: the result of ${id} was corrected while it was looked at; submit the job again`;
    throw new GridError("result-changed", detail);
  }
  return {
    plan: { type: "blocks", format: { type: "jsonl" }, blocks: planned, recordsPerTask: null, chunkBytes },
    read: { jobId: id, use: "input", corrected: countCorrected(edition) },
  };
}

async function lastStageOf(database: Database, id: JobId) {
  const job = await findJob(database, id);
  if (!job) throw new GridError("job-not-found", `input.result: there is no job ${id}`);
  if (job.state === "failed" || job.state === "cancelled")
    throw new GridError("job-ended", `input.result: ${id} is ${job.state} and has no result`);
  if (job.state !== "completed")
    throw new GridError(
      "job-not-finished",
      `input.result: ${id} is ${job.state}; submit when it is completed`,
    );
  const last = job.stages.at(-1);
  if (!last) throw new Error(`${id} has no stages`);
  return last.name;
}

/** Writes what is gathered before a part that is a block already, so that records keep their order. */
function openGathered(blocks: Pick<BlockStore, "write">, planned: PlannedBlock[]) {
  let texts: string[] = [];
  let [bytes, records] = [0, 0];

  async function close(): Promise<void> {
    if (records > 0) {
      const digest = await blocks.write(Buffer.from(texts.join("")));
      planned.push({ digest, bytes, records });
    }
    texts = [];
    bytes = records = 0;
  }

  return {
    close,
    async add(part: StoredPart): Promise<void> {
      if (part.records === 0) return;
      if (part.text === undefined) {
        await close();
        planned.push({ digest: part.digest, bytes: part.bytes, records: part.records });
        return;
      }
      texts.push(part.text);
      bytes += part.bytes;
      records += part.records;
      if (bytes >= GATHERED_BYTES) await close();
    },
  };
}
