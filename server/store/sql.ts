/**
 * The bulk statements of the hot path: one statement for many rows, handed over as one
 * JSON parameter. Through Prisma on SQLite that is some 200,000 rows a second, `createMany` 10,000.
 */

/**
 * A later row of the same copy replaces an earlier one (lost, then returned after all), but nothing
 * replaces a verdict, nor the account that it was leased under.
 */
export const UPSERT_COPIES = `
INSERT INTO "Copy" ("jobId", "stage", "taskIndex", "volunteerId", "taskCount", "address", "account", "arithmetic", "state", "digest", "partsJson",
                    "verdict", "leasedAt", "endedAt", "elapsedMs", "errorJson")
SELECT value ->> 'jobId', value ->> 'stage', value ->> 'taskIndex', value ->> 'volunteerId', value ->> 'taskCount',
       value ->> 'address', value ->> 'account', value ->> 'arithmetic', value ->> 'state', value ->> 'digest', value ->> 'partsJson', value ->> 'verdict', value ->> 'leasedAt', value ->> 'endedAt',
       value ->> 'elapsedMs', value ->> 'errorJson'
FROM json_each(?) WHERE true
ON CONFLICT ("jobId", "stage", "taskIndex", "volunteerId") DO UPDATE SET
  "taskCount" = excluded."taskCount", "address" = excluded."address", "arithmetic" = excluded."arithmetic",
  "state" = excluded."state", "digest" = excluded."digest", "partsJson" = excluded."partsJson",
  "verdict" = excluded."verdict", "leasedAt" = coalesce(excluded."leasedAt", "Copy"."leasedAt"),
  "endedAt" = excluded."endedAt", "elapsedMs" = excluded."elapsedMs", "errorJson" = excluded."errorJson"
WHERE "Copy"."verdict" NOT IN ('valid', 'invalid')`;

/** A task is accepted once: a second acceptance changes nothing. */
export const INSERT_ACCEPTANCES = `
INSERT INTO "Acceptance" ("jobId", "stage", "taskIndex", "taskCount", "digest", "partsJson", "recordCount", "byteCount",
                          "acceptedAt", "isSkipped", "errorJson")
SELECT value ->> 'jobId', value ->> 'stage', value ->> 'taskIndex', value ->> 'taskCount', value ->> 'digest', value ->> 'partsJson',
       value ->> 'recordCount', value ->> 'byteCount', value ->> 'acceptedAt', value ->> 'isSkipped', value ->> 'errorJson'
FROM json_each(?) WHERE true
ON CONFLICT ("jobId", "stage", "taskIndex") DO NOTHING`;

/** What a task was accepted as turned out to be wrong. */
export const CORRECT_ACCEPTANCES = `
UPDATE "Acceptance" SET
  "digest" = v.value ->> 'digest', "partsJson" = v.value ->> 'partsJson', "recordCount" = v.value ->> 'recordCount',
  "byteCount" = v.value ->> 'byteCount', "isSkipped" = v.value ->> 'isSkipped', "errorJson" = v.value ->> 'errorJson'
FROM json_each(?) AS v
WHERE "Acceptance"."jobId" = v.value ->> 'jobId' AND "Acceptance"."stage" = v.value ->> 'stage'
  AND "Acceptance"."taskIndex" = v.value ->> 'taskIndex' AND "Acceptance"."digest" = v.value ->> 'replaces'`;

/** The vote is counted; what it voted for now lives with the acceptance. What was valid may still turn out to be wrong. */
export const UPDATE_VERDICTS = `
UPDATE "Copy" SET "verdict" = v.value ->> 'verdict', "partsJson" = NULL
FROM json_each(?) AS v
WHERE "Copy"."jobId" = v.value ->> 'jobId' AND "Copy"."stage" = v.value ->> 'stage'
  AND "Copy"."taskIndex" = v.value ->> 'taskIndex' AND "Copy"."volunteerId" = v.value ->> 'volunteerId'
  AND ("Copy"."verdict" NOT IN ('valid', 'invalid') OR ("Copy"."verdict" = 'valid' AND v.value ->> 'isRetracted'))`;

/**
 * Comes after the verdicts of the same transaction and before `RETRACT_VERDICTS`: what was accepted is corrected, and some had said the
 * same when it was accepted already. They lose that credit, once. Of a task that is gone on without, nobody was wrong.
 */
export const RETRACT_CREDITS = `
UPDATE "Volunteer" SET
  "acceptedTasks" = "Volunteer"."acceptedTasks" - r."tasks", "invalidTasks" = "Volunteer"."invalidTasks" + r."tasks"
FROM (SELECT c."volunteerId" AS "id", sum(c."taskCount") AS "tasks"
      FROM json_each(?) AS v JOIN "Copy" AS c
        ON c."jobId" = v.value ->> 'jobId' AND c."stage" = v.value ->> 'stage' AND c."taskIndex" = v.value ->> 'taskIndex'
        AND c."digest" = v.value ->> 'replaces' AND c."verdict" = 'valid'
        AND NOT v.value ->> 'isSkipped'
      GROUP BY c."volunteerId") AS r
WHERE "Volunteer"."id" = r."id"`;

export const RETRACT_VERDICTS = `
UPDATE "Copy" SET "verdict" = 'invalid'
FROM json_each(?) AS v
WHERE "Copy"."jobId" = v.value ->> 'jobId' AND "Copy"."stage" = v.value ->> 'stage'
  AND "Copy"."taskIndex" = v.value ->> 'taskIndex' AND "Copy"."digest" = v.value ->> 'replaces' AND "Copy"."verdict" = 'valid'
  AND NOT v.value ->> 'isSkipped'`;

/**
 * Comes before the verdicts of the same transaction: a copy that has its verdict already earns nothing, so that a commit
 * whose success was not heard of can be repeated. Who was given credit for what is wrong after all loses that.
 */
export const ADD_CREDITS = `
INSERT INTO "Volunteer" ("id", "createdAt", "lastSeenAt", "acceptedTasks", "invalidTasks", "computeMs")
SELECT v.value ->> 'volunteerId', min(v.value ->> 'at'), max(v.value ->> 'at'),
       sum(v.value ->> 'taskCount' * CASE WHEN v.value ->> 'verdict' = 'valid' THEN 1 WHEN c."verdict" = 'valid' THEN -1 ELSE 0 END),
       sum(v.value ->> 'taskCount' * (v.value ->> 'verdict' = 'invalid')), sum(v.value ->> 'computeMs')
FROM json_each(?) AS v
LEFT JOIN "Copy" AS c
  ON c."jobId" = v.value ->> 'jobId' AND c."stage" = v.value ->> 'stage' AND c."taskIndex" = v.value ->> 'taskIndex'
  AND c."volunteerId" = v.value ->> 'volunteerId'
WHERE c."verdict" IS NULL OR c."verdict" NOT IN ('valid', 'invalid')
   OR (c."verdict" = 'valid' AND v.value ->> 'isRetracted')
GROUP BY v.value ->> 'volunteerId'
ON CONFLICT ("id") DO UPDATE SET
  "lastSeenAt" = max("Volunteer"."lastSeenAt", excluded."lastSeenAt"),
  "acceptedTasks" = "Volunteer"."acceptedTasks" + excluded."acceptedTasks",
  "invalidTasks" = "Volunteer"."invalidTasks" + excluded."invalidTasks",
  "computeMs" = "Volunteer"."computeMs" + excluded."computeMs"`;

/** Comes after the verdicts of the same transaction and before `CLEAR_VERDICTS`: what was outvoted and was right earns its credit, once. */
export const CLEAR_CREDITS = `
UPDATE "Volunteer" SET
  "acceptedTasks" = "Volunteer"."acceptedTasks" + r."tasks", "invalidTasks" = "Volunteer"."invalidTasks" - r."tasks",
  "computeMs" = "Volunteer"."computeMs" + r."ms"
FROM (SELECT c."volunteerId" AS "id", sum(c."taskCount") AS "tasks", sum(coalesce(c."elapsedMs", 0)) AS "ms"
      FROM json_each(?) AS v JOIN "Copy" AS c
        ON c."jobId" = v.value ->> 'jobId' AND c."stage" = v.value ->> 'stage' AND c."taskIndex" = v.value ->> 'taskIndex'
        AND c."volunteerId" = v.value ->> 'volunteerId' AND c."verdict" = 'invalid'
      GROUP BY c."volunteerId") AS r
WHERE "Volunteer"."id" = r."id"`;

export const CLEAR_VERDICTS = `
UPDATE "Copy" SET "verdict" = 'valid'
FROM json_each(?) AS v
WHERE "Copy"."jobId" = v.value ->> 'jobId' AND "Copy"."stage" = v.value ->> 'stage'
  AND "Copy"."taskIndex" = v.value ->> 'taskIndex' AND "Copy"."volunteerId" = v.value ->> 'volunteerId'
  AND "Copy"."verdict" = 'invalid'`;

/** Catches of other jobs, and later ones, stay. */
export const DELETE_CATCHES = `
DELETE FROM "Catch" WHERE EXISTS (
  SELECT 1 FROM json_each(?) AS v
  WHERE v.value ->> 'isHonest' AND "Catch"."volunteerId" = v.value ->> 'volunteerId'
    AND "Catch"."jobId" = v.value ->> 'jobId' AND "Catch"."caughtAt" <= v.value ->> 'at')`;

/** A later catch in a job takes the place of an earlier one there, and is to be handled again if it is news. */
export const UPSERT_CATCHES = `
INSERT INTO "Catch" ("volunteerId", "jobId", "caughtAt", "isHandled")
SELECT value ->> 'volunteerId', value ->> 'jobId', value ->> 'caughtAt', value ->> 'isHandled'
FROM json_each(?) WHERE true
ON CONFLICT ("volunteerId", "jobId") DO UPDATE SET
  "caughtAt" = excluded."caughtAt", "isHandled" = "Catch"."isHandled" AND excluded."isHandled"`;
