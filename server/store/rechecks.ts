/** Who was caught, and which jobs rest on what those volunteers answered alone. */
import type { StaleTask } from "../../core/recheck";
import type { PastAnswer } from "../../core/validator";
import { Digest, JobId, StageName, VolunteerId, type EpochMs } from "../../protocol/ids";
import type { Database } from "./database";

export interface KnownCatch {
  volunteerId: VolunteerId;
  /** Where it was caught. */
  jobId: JobId;
  caughtAt: EpochMs;
  isHandled: boolean;
}

/** Earlier catches count no more. */
export async function forgetCatches(database: Database, since: EpochMs): Promise<void> {
  await database.catch.deleteMany({ where: { caughtAt: { lte: since } } });
}

/** Oldest first. @param since Earlier catches count no more. */
export async function readCatches(database: Database, since: EpochMs): Promise<KnownCatch[]> {
  const rows = await database.catch.findMany({
    where: { caughtAt: { gt: since } },
    orderBy: { caughtAt: "asc" },
  });
  return rows.map(({ volunteerId, jobId, caughtAt, isHandled }) => ({
    volunteerId: VolunteerId.parse(volunteerId),
    jobId: JobId.parse(jobId),
    caughtAt: caughtAt as EpochMs,
    isHandled,
  }));
}

/** All jobs that rest on the volunteer are noted. A catch that came meanwhile is to be handled by itself. */
export async function setCatchHandled(
  database: Database,
  volunteerId: VolunteerId,
  caughtAt: EpochMs,
): Promise<void> {
  await database.catch.updateMany({ where: { volunteerId, caughtAt }, data: { isHandled: true } });
}

/** Jobs that run, or were completed since, with valid copies of the volunteer. Oldest first. */
export async function findJobsOf(
  database: Database,
  volunteerId: VolunteerId,
  since: EpochMs,
): Promise<JobId[]> {
  const rows = await database.$queryRawUnsafe<{ id: string }[]>(JOBS_OF, volunteerId, since);
  return rows.map(({ id }) => JobId.parse(id));
}

const JOBS_OF = `
SELECT j."id" FROM "Job" AS j
WHERE j."id" IN (SELECT DISTINCT c."jobId" FROM "Copy" AS c WHERE c."volunteerId" = ? AND c."verdict" = 'valid')
  AND (j."state" IN ('queued', 'running', 'paused') OR (j."state" = 'completed' AND j."endedAt" >= ?))
ORDER BY j."createdAt", j."id"`;

/**
 * What was accepted of a job by the answer of one of these volunteers alone. Samples only say where ranges begin: whatever they
 * are, the result is the same.
 */
export async function readAnswersAlone(
  database: Database,
  jobId: JobId,
  volunteerIds: readonly VolunteerId[],
): Promise<PastAnswer[]> {
  const rows = await database.$queryRawUnsafe<Record<keyof PastAnswer, unknown>[]>(
    ANSWERS_ALONE,
    jobId,
    JSON.stringify(volunteerIds),
  );
  return rows.map(({ stage, index, digest, volunteerId }) => ({
    stage: StageName.parse(stage),
    index: Number(index),
    digest: Digest.parse(digest),
    volunteerId: VolunteerId.parse(volunteerId),
  }));
}

const ANSWERS_ALONE = `
SELECT c."stage" AS "stage", c."taskIndex" AS "index", a."digest" AS "digest", c."volunteerId" AS "volunteerId"
FROM "Copy" AS c
JOIN "Acceptance" AS a ON a."jobId" = c."jobId" AND a."stage" = c."stage" AND a."taskIndex" = c."taskIndex"
WHERE c."jobId" = ? AND c."stage" <> 'sample' AND c."volunteerId" IN (SELECT value FROM json_each(?)) AND c."verdict" = 'valid'
  AND c."state" = 'returned' AND c."taskCount" = 1
  AND NOT EXISTS (
    SELECT 1 FROM "Copy" AS o
    WHERE o."jobId" = c."jobId" AND o."stage" = c."stage" AND o."taskIndex" = c."taskIndex"
      AND o."volunteerId" <> c."volunteerId" AND o."verdict" = 'valid')
ORDER BY c."stage", c."taskIndex"`;

/** Notes that the job is to be looked at again for the volunteer's sake, until it has ended, or ended once more. */
export async function noteRecheck(database: Database, jobId: JobId, volunteerId: VolunteerId): Promise<void> {
  await database.recheck.upsert({
    where: { jobId_volunteerId: { jobId, volunteerId } },
    create: { jobId, volunteerId },
    update: { isDone: false },
  });
}

/** By job, the volunteers for whose sake it is being looked at again. */
export async function readRechecks(database: Database): Promise<Map<JobId, VolunteerId[]>> {
  const rows = await database.recheck.findMany({ where: { isDone: false } });
  const rechecks = new Map<JobId, VolunteerId[]>();
  for (const row of rows) {
    const jobId = JobId.parse(row.jobId);
    rechecks.set(jobId, [...(rechecks.get(jobId) ?? []), VolunteerId.parse(row.volunteerId)]);
  }
  return rechecks;
}

/**
 * Puts the copies of tasks aside whose inputs were corrected: they are computed anew, maybe by the same volunteers. The
 * audit trail keeps them.
 */
export async function archiveCopies(
  database: Database,
  { jobId, stage }: { jobId: JobId; stage: StageName },
  tasks: readonly StaleTask[],
): Promise<void> {
  const indexes = JSON.stringify(tasks.map(({ index }) => index));
  await database.$transaction([
    database.$executeRawUnsafe(ARCHIVE, jobId, stage, indexes),
    database.$executeRawUnsafe(FORGET, jobId, stage, indexes),
  ]);
}

const ARCHIVE = `
INSERT INTO "PastCopy" ("jobId", "stage", "taskIndex", "taskCount", "volunteerId", "account", "state", "digest", "verdict", "leasedAt",
                        "endedAt", "elapsedMs", "errorJson")
SELECT "jobId", "stage", "taskIndex", "taskCount", "volunteerId", "account", "state", "digest", "verdict", "leasedAt", "endedAt",
       "elapsedMs", "errorJson"
FROM "Copy" WHERE "jobId" = ? AND "stage" = ? AND "taskIndex" IN (SELECT value FROM json_each(?))`;

const FORGET = `
DELETE FROM "Copy" WHERE "jobId" = ? AND "stage" = ? AND "taskIndex" IN (SELECT value FROM json_each(?))`;
