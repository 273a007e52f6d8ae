/**
 * The bulk statements of the hot path: one statement for many rows, handed over as one
 * JSON parameter. Through Prisma on SQLite that is some 200,000 rows a second, `createMany` 10,000.
 */

/**
 * A later row of the same copy replaces an earlier one (lost, then returned after all), but nothing
 * replaces a verdict.
 */
export const UPSERT_COPIES = `
INSERT INTO "Copy" ("jobId", "stage", "taskIndex", "volunteerId", "state", "digest", "partsJson", "verdict",
                    "leasedAt", "endedAt", "elapsedMs", "errorJson")
SELECT value ->> 'jobId', value ->> 'stage', value ->> 'taskIndex', value ->> 'volunteerId', value ->> 'state',
       value ->> 'digest', value ->> 'partsJson', value ->> 'verdict', value ->> 'leasedAt', value ->> 'endedAt',
       value ->> 'elapsedMs', value ->> 'errorJson'
FROM json_each(?) WHERE true
ON CONFLICT ("jobId", "stage", "taskIndex", "volunteerId") DO UPDATE SET
  "state" = excluded."state", "digest" = excluded."digest", "partsJson" = excluded."partsJson",
  "verdict" = excluded."verdict", "leasedAt" = coalesce(excluded."leasedAt", "Copy"."leasedAt"),
  "endedAt" = excluded."endedAt", "elapsedMs" = excluded."elapsedMs", "errorJson" = excluded."errorJson"
WHERE "Copy"."verdict" NOT IN ('valid', 'invalid')`;

/** A task is accepted once: a second acceptance changes nothing. */
export const INSERT_ACCEPTANCES = `
INSERT INTO "Acceptance" ("jobId", "stage", "taskIndex", "digest", "partsJson", "recordCount", "byteCount", "acceptedAt",
                          "isSkipped", "errorJson")
SELECT value ->> 'jobId', value ->> 'stage', value ->> 'taskIndex', value ->> 'digest', value ->> 'partsJson',
       value ->> 'recordCount', value ->> 'byteCount', value ->> 'acceptedAt', value ->> 'isSkipped', value ->> 'errorJson'
FROM json_each(?) WHERE true
ON CONFLICT ("jobId", "stage", "taskIndex") DO NOTHING`;

/** The vote is counted, once; what it voted for now lives with the acceptance. */
export const UPDATE_VERDICTS = `
UPDATE "Copy" SET "verdict" = v.value ->> 'verdict', "partsJson" = NULL
FROM json_each(?) AS v
WHERE "Copy"."jobId" = v.value ->> 'jobId' AND "Copy"."stage" = v.value ->> 'stage'
  AND "Copy"."taskIndex" = v.value ->> 'taskIndex' AND "Copy"."volunteerId" = v.value ->> 'volunteerId'
  AND "Copy"."verdict" NOT IN ('valid', 'invalid')`;

/**
 * Comes before the acceptances of the same transaction: who has been given credit for a task already gets none,
 * so that a commit whose success was not heard of can be repeated.
 */
export const ADD_CREDITS = `
INSERT INTO "Volunteer" ("id", "createdAt", "lastSeenAt", "acceptedTasks", "invalidTasks", "computeMs")
SELECT v.value ->> 'volunteerId', min(v.value ->> 'at'), max(v.value ->> 'at'), sum(v.value ->> 'accepted'),
       sum(v.value ->> 'invalid'), sum(v.value ->> 'computeMs')
FROM json_each(?) AS v
WHERE NOT EXISTS (
  SELECT 1 FROM "Acceptance" AS a
  WHERE a."jobId" = v.value ->> 'jobId' AND a."stage" = v.value ->> 'stage' AND a."taskIndex" = v.value ->> 'taskIndex')
GROUP BY v.value ->> 'volunteerId'
ON CONFLICT ("id") DO UPDATE SET
  "lastSeenAt" = max("Volunteer"."lastSeenAt", excluded."lastSeenAt"),
  "acceptedTasks" = "Volunteer"."acceptedTasks" + excluded."acceptedTasks",
  "invalidTasks" = "Volunteer"."invalidTasks" + excluded."invalidTasks",
  "computeMs" = "Volunteer"."computeMs" + excluded."computeMs"`;
