/** From a checked request to a stored job: program and input become blocks, the job a row, its tasks a plan. */
import { createHash, randomBytes } from "node:crypto";
import type { SubmittedJob } from "../core/grid-events";
import type { JobShare } from "../core/job-shares";
import type { ValidationPolicy } from "../core/judge";
import { cutsOf, inputBlocksOf, indexSplits, type SplitIndex } from "../core/split";
import { countStages } from "../core/split-stage";
import type { EpochMs, JobId } from "../protocol/ids";
import type { JobOptions, SubmitJob } from "../protocol/job";
import { GridError } from "../protocol/problems";
import { checkConfig, checkItems } from "./check-objects";
import type { Datasets, OpenVersion } from "./datasets/datasets";
import { readOfSource } from "./datasets/kept-result";
import type { BlockStore } from "./grid-api";
import { planInput, planWhole } from "./plan-input";
import { planResult } from "./plan-result";
import { prepareProgram, type PreparedProgram } from "./program-prepare";
import { resolveProgram, type StoredCode } from "./programs/resolve-program";
import type { FetchInput } from "./sources/fetch-input";
import type { Database } from "./store/database";
import { findJobByKey, insertJob, type JobRecord } from "./store/jobs";
import type { ResultRead } from "./store/result-reads";

export interface SubmitParts {
  database: Database;
  blocks: BlockStore;
  datasets: Pick<Datasets, "open">;
  fetchInput: FetchInput;
  now: () => EpochMs;
}

/** Of a job that nobody submitted by itself. */
export interface Origin {
  /** The results that its config was made of. */
  configReads: readonly ResultRead[];
  /** The job whose place it takes. */
  repeats: JobId | null;
}

const SUBMITTED: Origin = { configReads: [], repeats: null };

/** `created` is null when there was such a job already. */
export interface StoredOnce {
  id: JobId;
  created: JobRecord | null;
}

/**
 * Stores a job. Nothing of it runs yet.
 *
 * @param idempotencyKey The same key with the same request finds the job made first.
 * @throws {GridError} `program-invalid`, `invalid-input`, `idempotency-conflict`.
 */
export async function storeJob(
  parts: SubmitParts,
  request: SubmitJob,
  idempotencyKey: string | null,
  origin: Origin = SUBMITTED,
): Promise<StoredOnce> {
  const { database } = parts;
  const key = idempotencyKey === null ? null : { idempotencyKey, requestDigest: digestOfRequest(request) };
  const earlier = key && (await findEarlier(database, key));
  if (earlier) return { id: earlier, created: null };

  // They stay as they are while the job is stored; then its row keeps them.
  const opened: OpenVersion[] = [];
  try {
    const record = await describe(parts, request, opened, origin);
    const versions = opened.map(({ version }) => version.id);
    if (await insertJob(database, record, key, versions)) return { id: record.id, created: record };
  } finally {
    for (const version of opened) version.close();
  }
  // The same key came twice at once; the other request was first.
  const first = key && (await findEarlier(database, key));
  if (!first) throw new Error("the job was not inserted, and no job has its key");
  return { id: first, created: null };
}

/** @param opened Gets what the caller has to close. */
async function describe(
  { database, blocks, datasets, fetchInput, now }: SubmitParts,
  request: SubmitJob,
  opened: OpenVersion[],
  { configReads, repeats }: Origin,
): Promise<JobRecord> {
  const { name, submitter, program, input, config } = request;
  const found = await findProgram(database, program);
  checkConfig(config, found);
  if ("items" in input) checkItems(input.items, found);
  const {
    runtime,
    hasReduce,
    hasCombine,
    hasSplit = false,
    registered,
    reducers = request.options.reducers,
  } = found;
  const options = { ...request.options, reducers };
  const reads = [...configReads];
  const use = (version: OpenVersion) => {
    opened.push(version);
    const kept = readOfSource(version.version);
    if (kept) reads.push(kept);
    const { blocks, store } = version;
    return { reading: version.version.reading, blocks, store };
  };
  const plan = await (hasSplit ? planWhole : planInput)(input, options, blocks, {
    read: async (path, number) => use(await datasets.open(path, number)),
    fetch: async (input) => use(await fetchInput(input)),
    async result(id) {
      const found = await planResult({ database, blocks }, id, hasSplit ? { chunkBytes: null } : options);
      reads.push(found.read);
      return found.plan;
    },
  });
  const splits = indexSplits(plan);
  const isSampled = hasReduce && options.order === "total" && options.reducers > 1;
  const isMergeable = hasReduce && hasCombine && options.reducers > 1 && options.compare === "exact";
  const names = [
    ...(hasSplit ? ["split" as const] : []),
    ...(isSampled ? ["sample" as const] : []),
    "map" as const,
    ...(isMergeable ? ["merge" as const] : []),
    ...(hasReduce ? ["reduce" as const] : []),
  ];
  // What there is to map is known when it has been split.
  const stages = countStages(names, {
    source: splits,
    map: hasSplit ? null : splits,
    reducers: options.reducers,
  });
  const programDigest = "digest" in found ? found.digest : await blocks.write(found.bytes);
  return {
    id: newJobId(),
    name,
    submitter,
    program: programDigest,
    runtime,
    registered,
    plan,
    splitPlan: null,
    stages,
    options,
    config,
    createdAt: now(),
    reads,
    repeats,
  };
}

/** What is to run: as it came along, or as the registry has it. */
async function findProgram(
  database: Database,
  program: SubmitJob["program"],
): Promise<StoredCode | (PreparedProgram & { registered: null })> {
  if ("id" in program) return resolveProgram(database, program);
  return { ...(await prepareProgram(program)), registered: null };
}

/** Without the default of what options have had since: a request that is repeated after an upgrade is the same one. */
export function withoutLater(options: JobOptions): Partial<JobOptions> {
  const { onCorrection, ...earlier } = options;
  return onCorrection === "recompute" ? earlier : options;
}

/** A request may have 64 MiB, which crypto takes at ten times the speed of JavaScript. */
function digestOfRequest(request: SubmitJob): string {
  const asked = { ...request, options: withoutLater(request.options) };
  return createHash("sha256").update(JSON.stringify(asked)).digest("hex");
}

/** A job as the scheduler takes it. */
export function submittedFrom(job: JobRecord, splits: SplitIndex): SubmittedJob {
  const { id, program, options, stages } = job;
  const cuts = cutsOf(splits);
  const inputBlocks = inputBlocksOf(splits);
  return {
    id,
    program,
    policy: policyOf(options),
    share: shareOf(job),
    requires: options.requires,
    sameEngine: options.sameEngine,
    onError: options.onError,
    stages,
    ...(cuts && { cuts }),
    ...(inputBlocks && { blocks: inputBlocks }),
  };
}

function shareOf({ submitter, options }: Pick<JobRecord, "submitter" | "options">): JobShare {
  const { priority, weight, maxVolunteers, maxInFlight } = options;
  return { submitter, priority, weight, maxVolunteers, maxInFlight };
}

function policyOf(options: JobOptions): ValidationPolicy {
  const { quorum, copies, maxErrors, maxCopies, maxErrorRate, compare } = options;
  return {
    quorum,
    copies: copies ?? quorum,
    maxErrors,
    maxCopies,
    compare: compare === "exact" ? null : compare,
    adaptive: maxErrorRate === null ? null : { maxErrorRate },
  };
}

async function findEarlier(
  database: Database,
  { idempotencyKey, requestDigest }: { idempotencyKey: string; requestDigest: string },
): Promise<JobId | null> {
  const earlier = await findJobByKey(database, idempotencyKey);
  if (!earlier) return null;
  if (earlier.requestDigest === requestDigest) return earlier.id;
  throw new GridError(
    "idempotency-conflict",
    `Idempotency-Key ${JSON.stringify(idempotencyKey)} was used for ${earlier.id} with another request; use a new key`,
  );
}

const ID_ALPHABET = "0123456789abcdefghijklmnopqrstuv";

/** 80 random bits, five to a character. */
export function newJobId(): JobId {
  return `job_${[...randomBytes(16)].map((byte) => ID_ALPHABET[byte & 31]).join("")}` as JobId;
}
