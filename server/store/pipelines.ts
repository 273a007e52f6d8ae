/** Pipelines as rows: what each is, and how far it has come. JSON columns are parsed here, once. */
import * as z from "zod";
import type { PipelineRun, PlannedStep } from "../../core/pipelines/advance-pipeline";
import { DatasetPath } from "../../protocol/dataset";
import { Digest, JobId, type EpochMs } from "../../protocol/ids";
import { PipelineFailure, PipelineId, PipelineState, Repeat, StepName } from "../../protocol/pipeline";
import type { Database } from "./database";
import { Prisma, type Pipeline as PipelineRow } from "./generated/client";

export interface StoredPipeline {
  id: PipelineId;
  name: string;
  submitter: string;
  /** The block that holds the submission. */
  spec: Digest;
  plan: readonly PlannedStep[];
  run: PipelineRun;
  /** Counts its changes. */
  version: number;
  createdAt: EpochMs;
  endedAt: EpochMs | null;
  isSettled: boolean;
  /** The pipeline that it computes again. */
  repeats: PipelineId | null;
}

const Plan = z.array(
  z.object({
    name: StepName,
    after: z.array(StepName),
    repeat: Repeat.nullable(),
    keep: DatasetPath.nullable(),
  }),
) satisfies z.ZodType<PlannedStep[]>;

const Iteration = z.discriminatedUnion("state", [
  z.object({ state: z.literal("starting") }),
  z.object({ state: z.enum(["running", "measuring"]), jobId: JobId }),
  z.object({
    state: z.literal("done"),
    jobId: JobId,
    value: z.number().nullable(),
    corrected: z.int().default(0),
  }),
  z.object({ state: z.literal("stopped"), jobId: JobId.nullable() }),
]);

const Run = z.object({
  state: PipelineState,
  steps: z.array(
    z.object({
      name: StepName,
      iterations: z.array(Iteration),
      endedBy: z.enum(["once", "condition", "limit"]).nullable(),
      keptVersion: z.int().nullable(),
    }),
  ),
  failure: PipelineFailure.nullable(),
}) satisfies z.ZodType<PipelineRun>;

/** Prisma's code for a row that repeats a unique value. */
const UNIQUE_VIOLATION = "P2002";

/** @returns False when another pipeline already has this idempotency key. */
export async function insertPipeline(
  database: Database,
  pipeline: StoredPipeline,
  key: { idempotencyKey: string; requestDigest: string } | null,
): Promise<boolean> {
  const { id, name, submitter, spec, plan, version, createdAt, repeats } = pipeline;
  const row = {
    ...{ id, name, submitter, specDigest: spec, planJson: JSON.stringify(plan), version, createdAt, repeats },
  };
  try {
    await database.pipeline.create({ data: { ...row, ...courseOf(pipeline), ...key } });
    return true;
  } catch (error) {
    if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === UNIQUE_VIOLATION)
      return false;
    throw error;
  }
}

/** Writes how far it has come, if nobody else has since `version - 1`. @returns Whether it was written. */
export async function updatePipeline(database: Database, pipeline: StoredPipeline): Promise<boolean> {
  const { id, version } = pipeline;
  const { count } = await database.pipeline.updateMany({
    where: { id, version: version - 1 },
    data: { version, ...courseOf(pipeline) },
  });
  return count === 1;
}

function courseOf({ run, endedAt, isSettled }: StoredPipeline) {
  return { state: run.state, runJson: JSON.stringify(run), endedAt, isSettled };
}

export async function findPipeline(database: Database, id: PipelineId): Promise<StoredPipeline | null> {
  const row = await database.pipeline.findUnique({ where: { id } });
  return row && parse(row);
}

export async function findPipelineByKey(
  database: Database,
  idempotencyKey: string,
): Promise<{ id: PipelineId; requestDigest: string | null } | null> {
  const row = await database.pipeline.findUnique({ where: { idempotencyKey } });
  return row && { id: PipelineId.parse(row.id), requestDigest: row.requestDigest };
}

/** These, what they compute again, and what computes that or them again; oldest first. */
export async function findPipelineFamilies(
  database: Database,
  ids: readonly PipelineId[],
): Promise<StoredPipeline[]> {
  if (ids.length === 0) return [];
  const rows = await database.$queryRawUnsafe<PipelineRow[]>(FAMILIES, JSON.stringify(ids));
  // Raw rows have integers for what is true or false.
  return rows.map((row) =>
    parse({ ...row, version: Number(row.version), isSettled: !!Number(row.isSettled) }),
  );
}

/**
 * One whose first was removed is found by that one's name all the same. As one parameter: SQLite takes a thousand or so, which Prisma
 * does not split where there are two lists.
 */
const FAMILIES = `
WITH "named" ("id") AS (
  SELECT "value" FROM json_each(?)
), "first" ("id") AS (
  SELECT "id" FROM "named"
  UNION
  SELECT p."repeats" FROM "named" AS n CROSS JOIN "Pipeline" AS p WHERE p."id" = n."id" AND p."repeats" IS NOT NULL
)
SELECT * FROM "Pipeline" WHERE "id" IN (SELECT "id" FROM "first") OR "repeats" IN (SELECT "id" FROM "first")
ORDER BY "createdAt", "id"`;

/** By the pipeline that was submitted first, the newest that computes it again, under way or completed. */
export async function readReplacements(
  database: Database,
  firsts: readonly PipelineId[],
): Promise<Map<PipelineId, PipelineId>> {
  if (firsts.length === 0) return new Map();
  const rows = await database.pipeline.findMany({
    where: { repeats: { in: [...firsts] }, state: { notIn: ["failed", "cancelled"] } },
    orderBy: [{ createdAt: "asc" }, { id: "asc" }],
    select: { id: true, repeats: true },
  });
  return new Map(rows.map(({ id, repeats }) => [repeats as PipelineId, id as PipelineId]));
}

/** Those with something left to do, oldest first. */
export async function readUnsettled(database: Database): Promise<StoredPipeline[]> {
  const where = { isSettled: false };
  return (await database.pipeline.findMany({ where, orderBy: { createdAt: "asc" } })).map(parse);
}

/** Newest first. @param before Only those older than this one. */
export async function readPipelinePage(
  database: Database,
  query: { before: { createdAt: number; id: string } | null; limit: number },
): Promise<StoredPipeline[]> {
  const { before, limit } = query;
  const rows = await database.pipeline.findMany({
    where: before
      ? {
          OR: [
            { createdAt: { lt: before.createdAt } },
            { createdAt: before.createdAt, id: { lt: before.id } },
          ],
        }
      : {},
    orderBy: [{ createdAt: "desc" }, { id: "desc" }],
    take: limit,
  });
  return rows.map(parse);
}

export async function deletePipeline(database: Database, id: PipelineId): Promise<void> {
  await database.pipeline.deleteMany({ where: { id, isSettled: true } });
}

function parse(row: PipelineRow): StoredPipeline {
  const { name, submitter, version, isSettled } = row;
  return {
    ...{ name, submitter, version, isSettled },
    id: PipelineId.parse(row.id),
    repeats: row.repeats === null ? null : PipelineId.parse(row.repeats),
    spec: Digest.parse(row.specDigest),
    plan: Plan.parse(JSON.parse(row.planJson)),
    run: Run.parse(JSON.parse(row.runJson)),
    createdAt: row.createdAt as EpochMs,
    endedAt: row.endedAt as EpochMs | null,
  };
}
