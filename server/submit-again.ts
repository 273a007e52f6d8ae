/** Submits a job again whose input is a result that was corrected since: the same program, options and config, on what the result is now. */
import { indexSplits } from "../core/split";
import { countStages } from "../core/split-stage";
import type { EpochMs, JobId } from "../protocol/ids";
import { GridError } from "../protocol/problems";
import type { BlockStore } from "./grid-api";
import { checkTaskCount } from "./plan-input";
import { planResult } from "./plan-result";
import type { Database } from "./store/database";
import { findJobByKey, insertJob, readRepeats, type JobRecord, type StoredJob } from "./store/jobs";
import { findOutdated, type ResultRead } from "./store/result-reads";
import { newJobId, type StoredOnce } from "./submit-job";

interface AgainParts {
  database: Database;
  blocks: Pick<BlockStore, "write">;
  now: () => EpochMs;
}

/**
 * Stores it. Nothing of it runs yet. However often it is asked for, there is one job for each correction.
 *
 * @throws {GridError} `not-outdated`; `wrong-order` when something else has to be made anew first; `result-changed`.
 */
export async function storeAgain(parts: AgainParts, job: JobRecord): Promise<StoredOnce> {
  const { database } = parts;
  const first = job.repeats ?? job.id;
  const source = await sourceOf(database, job);
  const repeats = await readRepeats(database, first);
  const latest = repeats[0];
  if (latest && (await isOfUse(database, latest))) return { id: latest.id, created: null };
  const record = { ...(await describeAgain(parts, job, source)), repeats: first };
  // No Idempotency-Key that comes from outside has a space. Who asks at the same time finds as many.
  const key = `again ${first} ${repeats.length}`;
  if (await insertJob(database, record, { idempotencyKey: key, requestDigest: "" }))
    return { id: record.id, created: record };
  const earlier = await findJobByKey(database, key);
  if (!earlier) throw new Error("the job was not inserted, and no job has its key");
  return { id: earlier.id, created: null };
}

/** The job whose result is to be read. */
async function sourceOf(database: Database, { id, reads }: JobRecord): Promise<JobId> {
  const outdated = await findOutdated(database, reads);
  if (!reads.some(outdated.isOutdated))
    throw new GridError("not-outdated", `No result that ${id} was made of was corrected since`);
  const other = reads.find((read) => read.use !== "input" && outdated.isOutdated(read));
  if (other) throw new GridError("wrong-order", `${id}: ${REMEDIES[other.use](other.jobId)}`);
  const input = reads.find(({ use }) => use === "input");
  if (!input) throw new Error(`${id} reads no result`);
  return outdated.isMadeOfOld(input.jobId) ? renewed(database, input.jobId) : input.jobId;
}

const REMEDIES: Record<ResultRead["use"], (source: JobId) => string> = {
  input: (source) =>
    `its input ${source} was itself made of a result that was corrected: run that again first, and this one when that is completed`,
  config: (source) => `its config has what ${source} said before it was corrected: submit the pipeline again`,
  dataset: (source) =>
    `it reads a dataset's version that ${source} was kept as before it was corrected: keep the result again, and submit a job that reads the new version`,
};

/** What a job whose own result is of no use any more was made anew as. */
async function renewed(database: Database, id: JobId): Promise<JobId> {
  const row = await database.job.findUniqueOrThrow({ where: { id }, select: { repeats: true } });
  for (const repeat of await readRepeats(database, (row.repeats as JobId | null) ?? id))
    if (repeat.state === "completed" && (await isOfUse(database, repeat))) return repeat.id;
  throw new GridError("wrong-order", REMEDIES.input(id));
}

async function isOfUse(database: Database, { state, reads }: StoredJob): Promise<boolean> {
  if (state === "failed" || state === "cancelled") return false;
  const { isOutdated } = await findOutdated(database, reads);
  return !reads.some(isOutdated);
}

async function describeAgain(
  { database, blocks, now }: AgainParts,
  job: JobRecord,
  source: JobId,
): Promise<JobRecord> {
  const { name, submitter, program, runtime, registered, options, config } = job;
  const names = job.stages.map((stage) => stage.name);
  const hasSplit = names[0] === "split";
  const { plan, read } = await planResult(
    { database, blocks },
    source,
    hasSplit ? { chunkBytes: null } : options,
  );
  const splits = indexSplits(plan);
  checkTaskCount(splits.taskCount);
  const map = hasSplit ? null : splits;
  return {
    ...{ name, submitter, program, runtime, registered, options, config, plan },
    id: newJobId(),
    splitPlan: null,
    stages: countStages(names, { source: splits, map, reducers: options.reducers }),
    createdAt: now(),
    reads: [...job.reads.filter(({ use }) => use !== "input"), read],
    repeats: null,
  };
}
