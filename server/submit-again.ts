/** Submits a job again that was made of a result which was corrected since: the same program, options and config, on what is right now. */
import { openLineage, type Lineage, type Source } from "../core/recompute";
import { indexSplits, type InputPlan } from "../core/split";
import { countStages } from "../core/split-stage";
import type { EpochMs, JobId } from "../protocol/ids";
import { JobInput } from "../protocol/job";
import { GridError } from "../protocol/problems";
import type { Datasets, OpenVersion } from "./datasets/datasets";
import { readOfSource } from "./datasets/kept-result";
import type { BlockStore } from "./grid-api";
import { planInput, planWhole } from "./plan-input";
import { planResult } from "./plan-result";
import type { Database } from "./store/database";
import { findJobByKey, insertJob, readRepeats, type JobRecord } from "./store/jobs";
import { readLineage } from "./store/lineage";
import type { ResultRead } from "./store/result-reads";
import { newJobId, type StoredOnce } from "./submit-job";

export interface AgainParts {
  database: Database;
  blocks: BlockStore;
  datasets: Pick<Datasets, "open">;
  now: () => EpochMs;
}

/**
 * Because somebody asks for it. However often that is, there is one job for each correction, but for those that failed.
 *
 * @throws {GridError} `not-outdated`; `wrong-order` when something else has to be made anew first; what `storeRepeat` throws.
 */
export async function storeAgain(parts: AgainParts, job: JobRecord): Promise<StoredOnce> {
  const { database } = parts;
  const lineage = openLineage(await readLineage(database));
  const source = sourceFor(lineage, job);
  const repeats = await readRepeats(database, job.repeats ?? job.id);
  const [latest] = repeats;
  const isOfUse = latest && latest.state !== "failed" && latest.state !== "cancelled";
  if (isOfUse && !lineage.isOld(latest.id)) return { id: latest.id, created: null };
  return storeRepeat(parts, job, source, repeats.length);
}

/**
 * Stores it; nothing of it runs yet.
 *
 * @param attempt How many have run the job again before. Of all who want to be the next, one is.
 * @throws {GridError} `result-changed`, `dataset-not-found`, `job-ended`, `overloaded`.
 */
export async function storeRepeat(
  parts: AgainParts,
  job: JobRecord,
  source: Source,
  attempt: number,
): Promise<StoredOnce> {
  const { database } = parts;
  const first = job.repeats ?? job.id;
  // No Idempotency-Key that comes from outside has a space.
  const key = `again ${first} ${attempt}`;
  const opened: OpenVersion[] = [];
  try {
    const record = { ...(await describeAgain(parts, job, source, opened)), repeats: first };
    const versions = opened.map(({ version }) => version.id);
    if (await insertJob(database, record, { idempotencyKey: key, requestDigest: "" }, versions))
      return { id: record.id, created: record };
  } finally {
    for (const version of opened) version.close();
  }
  const earlier = await findJobByKey(database, key);
  if (!earlier) throw new Error("the job was not inserted, and no job has its key");
  return { id: earlier.id, created: null };
}

function sourceFor(lineage: Lineage, { id, reads }: JobRecord): Source {
  const outdated = reads.filter(lineage.isOutdated);
  if (outdated.length === 0)
    throw new GridError("not-outdated", `No result that ${id} was made of was corrected since`);
  const sources = outdated.map((read) => {
    const source = lineage.sourceOf(read);
    if (source) return source;
    throw new GridError("wrong-order", `${id}: ${REMEDIES[read.use](read.jobId)}`);
  });
  // A job has one input, and what stands in its config has no source.
  const [source] = sources;
  if (!source) throw new Error(`${id} reads no result`);
  return source;
}

const REMEDIES: Record<ResultRead["use"], (source: JobId) => string> = {
  input: (source) =>
    `its input ${source} was itself made of a result that was corrected: run that again first, and this one when that is completed`,
  config: (source) =>
    `its config has what ${source} said before it was corrected: it is computed again with its pipeline`,
  dataset: (source) =>
    `it reads a dataset's version that ${source} was kept as before it was corrected: keep the result again first, or submit a job that reads another version`,
};

/** @param opened Gets what the caller has to close. */
async function describeAgain(
  parts: AgainParts,
  job: JobRecord,
  source: Source,
  opened: OpenVersion[],
): Promise<JobRecord> {
  const { name, submitter, program, runtime, registered, options, config } = job;
  const names = job.stages.map((stage) => stage.name);
  const hasSplit = names[0] === "split";
  const { plan, read } = await planSource(parts, job, source, opened);
  const splits = indexSplits(plan);
  const map = hasSplit ? null : splits;
  return {
    ...{ name, submitter, program, runtime, registered, options, config, plan },
    id: newJobId(),
    splitPlan: null,
    stages: countStages(names, { source: splits, map, reducers: options.reducers }),
    createdAt: parts.now(),
    reads: [...job.reads.filter(({ use }) => use === "config"), read],
    repeats: null,
  };
}

/** The input as it is right now, read in the form that the job has it in. */
async function planSource(
  { database, blocks, datasets }: AgainParts,
  { stages, options, plan: before }: JobRecord,
  source: Source,
  opened: OpenVersion[],
): Promise<{ plan: InputPlan; read: ResultRead }> {
  const hasSplit = stages[0]?.name === "split";
  const format = before.type === "blocks" && before.format.type === "lines" ? "lines" : "jsonl";
  const input =
    source.type === "result"
      ? { result: source.jobId }
      : { dataset: source.path, version: source.version, format };
  const reads: ResultRead[] = [];
  const plan = await (hasSplit ? planWhole : planInput)(JobInput.parse(input), options, blocks, {
    async read(path, number) {
      const version = await datasets.open(path, number);
      opened.push(version);
      const kept = readOfSource(version.version);
      if (kept) reads.push(kept);
      return { reading: version.version.reading, blocks: version.blocks, store: version.store };
    },
    fetch: () => Promise.reject(new Error("A result is not fetched from an address")),
    async result(id) {
      const found = await planResult({ database, blocks }, id, hasSplit ? { chunkBytes: null } : options);
      reads.push(found.read);
      return found.plan;
    },
  });
  const [read] = reads;
  if (!read) throw new Error("What is read again is no result");
  return { plan: plan.type === "blocks" ? { ...plan, format: { type: format } } : plan, read };
}
