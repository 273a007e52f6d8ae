/** Jobs as rows: written once at submission, read at start-up and for the API. JSON columns are parsed here, once. */
import * as z from "zod";
import type { SubmittedJob } from "../../core/grid-events";
import type { InputPlan } from "../../core/split";
import { Digest, JobId, StageName, type EpochMs } from "../../protocol/ids";
import { EVERYBODY, JobOptions } from "../../protocol/job";
import { GridError } from "../../protocol/problems";
import { ProgramId } from "../../protocol/program-name";
import { PLAIN_JS, Runtime } from "../../protocol/runtime";
import { Reading, SweepAxis } from "../../protocol/format";
import { CorrectionView, JobFailure, JobState, Placing, TrustView } from "../../protocol/views";
import { diskFull, isDiskFull } from "../disk-full";
import { log } from "../log";
import type { Database } from "./database";
import { Prisma, type Job as JobRow } from "./generated/client";
import { findOutdated, parseReads, type ResultRead } from "./result-reads";

/** Everything about a job that does not change while it runs. */
export interface JobRecord {
  id: JobId;
  name: string;
  submitter: string;
  program: Digest;
  runtime: Runtime;
  /** The program of the registry that it runs; null when its program came along. */
  registered: { id: ProgramId; version: number } | null;
  /** What the first stage reads. */
  plan: InputPlan;
  /** Of a job whose program splits its input, once it has: what the map stage reads. */
  splitPlan: InputPlan | null;
  stages: SubmittedJob["stages"];
  options: JobOptions;
  config: JsonValue;
  createdAt: EpochMs;
  /** The results of other jobs that it was made of. */
  reads: readonly ResultRead[];
  /** The job that was submitted first, when this one runs it again. */
  repeats: JobId | null;
}

export type JsonValue = z.infer<ReturnType<typeof z.json>>;

/** A job as it stood when the database was last told. */
export interface StoredJob extends JobRecord {
  state: JobState;
  startedAt: EpochMs | null;
  endedAt: EpochMs | null;
  failure: JobFailure | null;
  placing: Placing | null;
  /** As it was when the job ended; null of others. */
  trust: TrustView | null;
  correction: CorrectionView | null;
}

const Plan = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("blocks"),
    // Earlier plans have a format's name alone.
    format: z.preprocess((format) => (typeof format === "string" ? { type: format } : format), Reading),
    blocks: z.array(
      z.object({
        digest: Digest,
        bytes: z.number(),
        records: z.number(),
        skip: z.number().optional(),
        parts: z.array(Digest).optional(),
      }),
    ),
    recordsPerTask: z.number().nullable(),
    chunkBytes: z.number().nullable().optional(),
  }),
  z.object({
    type: z.literal("sweep"),
    axes: z.array(SweepAxis),
    count: z.number(),
    recordsPerTask: z.number(),
  }),
  z.object({
    type: z.literal("range"),
    start: z.number(),
    step: z.number(),
    count: z.number(),
    recordsPerTask: z.number(),
  }),
]) satisfies z.ZodType<InputPlan>;

const Stages = z.array(
  z.object({ name: StageName, taskCount: z.int(), isPlanned: z.literal(false).exactOptional() }),
);

/**
 * @param inputVersions Ids of the datasets' versions that it reads, which stay while it runs.
 * @returns False when another job already has this idempotency key.
 * @throws {GridError} `disk-full`; `overloaded` when the database cannot take it now, because another process holds it.
 */
export async function insertJob(
  database: Database,
  job: JobRecord,
  key: { idempotencyKey: string; requestDigest: string } | null,
  inputVersions: readonly string[] = [],
): Promise<boolean> {
  const { id, name, submitter, program, runtime, registered, plan, stages, options, config, createdAt } = job;
  const { reads, repeats } = job;
  const row = {
    id,
    name,
    submitter,
    state: "queued",
    programDigest: program,
    runtimeJson: JSON.stringify(runtime),
    planJson: JSON.stringify(plan),
    stagesJson: JSON.stringify(stages),
    optionsJson: JSON.stringify(options),
    configJson: JSON.stringify(config),
    createdAt,
    programId: registered?.id ?? null,
    programVersion: registered?.version ?? null,
    readsJson: reads.length === 0 ? null : JSON.stringify(reads),
    repeats,
  };
  try {
    await database.$transaction([
      database.job.create({ data: { ...row, ...key } }),
      database.jobRead.createMany({
        data: [...new Set(reads.map(({ jobId }) => jobId))].map((sourceId) => ({ sourceId, jobId: id })),
      }),
      database.datasetReader.createMany({
        data: inputVersions.map((versionId) => ({ versionId, jobId: id })),
      }),
    ]);
    return true;
  } catch (error) {
    if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === UNIQUE_VIOLATION)
      return false;
    if (isDiskFull(error)) throw diskFull(error);
    log.error({ err: error, jobId: id }, "the database does not take a job");
    const detail = "The database does not take jobs at the moment; the coordinator's log has the cause";
    throw new GridError("overloaded", detail, { retryAfterMs: RETRY_MS }, { cause: error });
  }
}

const RETRY_MS = 5_000;

/** Prisma's code for a row that repeats a unique value. */
const UNIQUE_VIOLATION = "P2002";

/**
 * What the items of a job's `split` were cut into. Saying it again changes nothing.
 * @throws {GridError} `overloaded` when the database cannot take it now.
 */
export async function setSplitPlan(
  database: Database,
  id: JobId,
  { splitPlan, stages }: Pick<JobRecord, "splitPlan" | "stages">,
): Promise<void> {
  const data = { splitPlanJson: JSON.stringify(splitPlan), stagesJson: JSON.stringify(stages) };
  try {
    await database.job.update({ where: { id }, data });
  } catch (error) {
    const detail =
      "The database does not take a job's plan at the moment; the coordinator's log has the cause";
    throw new GridError("overloaded", detail, { retryAfterMs: RETRY_MS }, { cause: error });
  }
}

export async function findJob(database: Database, id: JobId): Promise<StoredJob | null> {
  const row = await database.job.findUnique({ where: { id } });
  return row && parseJob(row);
}

/** Tells one result of a completed job from the one after its correction. */
export async function readEdition(database: Database, id: JobId): Promise<string | null> {
  const row = await database.job.findUnique({ where: { id }, select: { correctionJson: true } });
  return row?.correctionJson ?? null;
}

/**
 * By the job that was submitted first, the newest one that runs it again and is of use: under way or completed, and not made of
 * a result that was corrected since.
 */
export async function readReplacements(
  database: Database,
  firsts: readonly JobId[],
): Promise<Map<JobId, JobId>> {
  if (firsts.length === 0) return new Map();
  const rows = await database.job.findMany({
    where: { repeats: { in: [...firsts] }, state: { notIn: ["failed", "cancelled"] } },
    orderBy: [{ createdAt: "asc" }, { id: "asc" }],
    select: { id: true, repeats: true },
  });
  const repeats = rows.map(({ id, repeats: first }) => ({ jobId: id as JobId, first: first as JobId }));
  const { isMadeOfOld } = await findOutdated(database, repeats);
  return new Map(
    repeats.filter(({ jobId }) => !isMadeOfOld(jobId)).map(({ jobId, first }) => [first, jobId]),
  );
}

/** All that run a job again, newest first. */
export async function readRepeats(database: Database, id: JobId): Promise<StoredJob[]> {
  const where = { repeats: id };
  return (await database.job.findMany({ where, orderBy: [{ createdAt: "desc" }, { id: "desc" }] })).map(
    parseJob,
  );
}

export async function findJobByKey(
  database: Database,
  idempotencyKey: string,
): Promise<{ id: JobId; requestDigest: string | null } | null> {
  const row = await database.job.findUnique({ where: { idempotencyKey } });
  return row && { id: JobId.parse(row.id), requestDigest: row.requestDigest };
}

/** Jobs that had not ended, oldest first. */
export async function readUnendedJobs(database: Database): Promise<StoredJob[]> {
  const rows = await database.job.findMany({
    where: { state: { in: ["queued", "running", "paused"] } },
    orderBy: [{ createdAt: "asc" }, { id: "asc" }],
  });
  return rows.map(parseJob);
}

/** Jobs whose runs may be wanted again: those that have not ended, and those completed since that may be looked at again. */
export async function readJobsWithRuns(database: Database, since: number): Promise<StoredJob[]> {
  const rows = await database.job.findMany({ where: { state: "completed", endedAt: { gte: since } } });
  const completed = rows.map(parseJob).filter(({ options }) => options.maxErrorRate !== null);
  return [...(await readUnendedJobs(database)), ...completed];
}

/** Newest first. @param before Only jobs older than this one, if it is given. */
export async function readJobPage(
  database: Database,
  query: { state: JobState | null; before: { createdAt: number; id: string } | null; limit: number },
): Promise<StoredJob[]> {
  const { state, before, limit } = query;
  const rows = await database.job.findMany({
    where: {
      ...(state && { state }),
      ...(before && {
        OR: [{ createdAt: { lt: before.createdAt } }, { createdAt: before.createdAt, id: { lt: before.id } }],
      }),
    },
    orderBy: [{ createdAt: "desc" }, { id: "desc" }],
    take: limit,
  });
  return rows.map(parseJob);
}

function parseJob(row: JobRow): StoredJob {
  return {
    id: JobId.parse(row.id),
    name: row.name,
    submitter: row.submitter ?? EVERYBODY,
    program: Digest.parse(row.programDigest),
    runtime: row.runtimeJson === null ? PLAIN_JS : Runtime.parse(JSON.parse(row.runtimeJson)),
    registered: registeredOf(row),
    plan: Plan.parse(JSON.parse(row.planJson)),
    splitPlan: row.splitPlanJson === null ? null : Plan.parse(JSON.parse(row.splitPlanJson)),
    stages: Stages.parse(JSON.parse(row.stagesJson)),
    options: JobOptions.parse(JSON.parse(row.optionsJson)),
    config: z.json().parse(JSON.parse(row.configJson)),
    createdAt: row.createdAt as EpochMs,
    reads: parseReads(row.readsJson),
    repeats: row.repeats === null ? null : JobId.parse(row.repeats),
    state: JobState.parse(row.state),
    startedAt: row.startedAt as EpochMs | null,
    endedAt: row.endedAt as EpochMs | null,
    failure: row.failureJson === null ? null : JobFailure.parse(JSON.parse(row.failureJson)),
    placing: row.placingJson === null ? null : Placing.parse(JSON.parse(row.placingJson)),
    trust: row.trustJson === null ? null : TrustView.parse(JSON.parse(row.trustJson)),
    correction: row.correctionJson === null ? null : CorrectionView.parse(JSON.parse(row.correctionJson)),
  };
}

function registeredOf({ programId, programVersion }: JobRow): JobRecord["registered"] {
  if (programId === null || programVersion === null) return null;
  return { id: ProgramId.parse(programId), version: programVersion };
}
