/** Copies that are no votes: not answered when the coordinator stopped, late, or wrong. */
import type { UnansweredCopy } from "../../core/grid-events";
import type { TaskSpan } from "../../core/packs";
import type { ReturnedCopy } from "../../core/task";
import { Digest, StageName, taskIdParts, VolunteerId, type JobId, type TaskId } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import type { Database } from "./database";

/**
 * What tasks were accepted as, of those that the volunteer has not answered. One that was gone on without was not accepted as anything.
 *
 * @param taskIds That the volunteer was given; any number of them.
 */
export async function readAcceptedFor(
  database: Database,
  volunteerId: VolunteerId,
  taskIds: readonly TaskId[],
): Promise<Map<TaskId, Digest>> {
  const wanted = taskIds.map((taskId) => ({ taskId, ...taskIdParts(taskId) }));
  const rows = await database.$queryRawUnsafe<{ taskId: TaskId; digest: string }[]>(
    ACCEPTED_FOR,
    JSON.stringify(wanted),
    volunteerId,
  );
  return new Map(rows.map(({ taskId, digest }) => [taskId, Digest.parse(digest)]));
}

/** Whose answers to some of the tasks were wrong; each once. */
export async function readWrong(database: Database, taskIds: readonly TaskId[]): Promise<VolunteerId[]> {
  const rows = await database.$queryRawUnsafe<{ id: string }[]>(
    WRONG,
    JSON.stringify(taskIds.map(taskIdParts)),
  );
  return rows.map(({ id }) => VolunteerId.parse(id));
}

/** The latest copies that gave no answer, of tasks that are accepted; as many as may be remembered. */
export async function readUnanswered(database: Database, jobId: JobId): Promise<UnansweredCopy[]> {
  const rows = await database.$queryRawUnsafe<Record<keyof UnansweredCopy, unknown>[]>(
    UNANSWERED,
    jobId,
    LIMITS.unansweredCopies,
  );
  return rows.map(({ stage, index, count, volunteerId, accepted }) => ({
    stage: StageName.parse(stage),
    index: Number(index),
    count: Number(count),
    volunteerId: VolunteerId.parse(volunteerId),
    accepted: Digest.parse(accepted),
  }));
}

/** The latest answers that are no votes, of tasks that are not accepted; as many as may be remembered, and by their digests alone. */
export async function readUncounted(
  database: Database,
  jobId: JobId,
): Promise<(TaskSpan & { stage: StageName; copy: ReturnedCopy })[]> {
  const rows = await database.$queryRawUnsafe<Record<string, unknown>[]>(
    UNCOUNTED,
    jobId,
    LIMITS.unansweredCopies,
  );
  return rows.map(({ stage, index, count, volunteerId, digest, elapsedMs }) => ({
    stage: StageName.parse(stage),
    index: Number(index),
    count: Number(count),
    copy: {
      state: "returned",
      volunteerId: VolunteerId.parse(volunteerId),
      digest: Digest.parse(digest),
      parts: [],
      bytesHere: false,
      elapsedMs: Number(elapsedMs),
    },
  }));
}

const ACCEPTED_FOR = `
SELECT w.value ->> 'taskId' AS "taskId", a."digest" AS "digest"
FROM json_each(?1) AS w
JOIN "Acceptance" AS a ON a."jobId" = w.value ->> 'jobId' AND a."stage" = w.value ->> 'stage' AND a."taskIndex" = w.value ->> 'index'
  AND a."taskCount" = w.value ->> 'count' AND NOT a."isSkipped"
LEFT JOIN "Copy" AS c ON c."jobId" = a."jobId" AND c."stage" = a."stage" AND c."taskIndex" = a."taskIndex" AND c."volunteerId" = ?2
WHERE c."state" IS NULL OR c."state" = 'lost'`;

const WRONG = `
SELECT DISTINCT c."volunteerId" AS "id"
FROM json_each(?) AS w JOIN "Copy" AS c
  ON c."jobId" = w.value ->> 'jobId' AND c."stage" = w.value ->> 'stage' AND c."taskIndex" = w.value ->> 'index' AND c."verdict" = 'invalid'`;

const UNCOUNTED = `
SELECT c."stage" AS "stage", c."taskIndex" AS "index", c."taskCount" AS "count", c."volunteerId" AS "volunteerId", c."digest" AS "digest",
       c."elapsedMs" AS "elapsedMs"
FROM "Copy" AS c
WHERE c."jobId" = ? AND c."state" = 'returned' AND c."verdict" = 'late' AND NOT EXISTS (
  SELECT 1 FROM "Acceptance" AS a WHERE a."jobId" = c."jobId" AND a."stage" = c."stage" AND a."taskIndex" = c."taskIndex")
ORDER BY c."endedAt" DESC LIMIT ?`;

const UNANSWERED = `
SELECT c."stage" AS "stage", c."taskIndex" AS "index", c."taskCount" AS "count", c."volunteerId" AS "volunteerId", a."digest" AS "accepted"
FROM "Copy" AS c
JOIN "Acceptance" AS a ON a."jobId" = c."jobId" AND a."stage" = c."stage" AND a."taskIndex" = c."taskIndex" AND a."taskCount" = c."taskCount"
WHERE c."jobId" = ? AND c."state" = 'lost' AND c."verdict" = 'none'
ORDER BY c."endedAt" DESC LIMIT ?`;
