/** What is known of tasks: acceptances and votes, read in pages and never all at once. */
import * as z from "zod";
import type { PastAcceptance, UnansweredCopy } from "../../core/grid-events";
import type { TaskSpan } from "../../core/packs";
import type { Copy, ProgramError, ReturnedCopy, StoredPart } from "../../core/task";
import {
  AccountId,
  Digest,
  StageName,
  taskIdParts,
  VolunteerId,
  type EpochMs,
  type JobId,
  type TaskId,
} from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import type { Database } from "./database";
import type { Copy as CopyDbRow } from "./generated/client";

const Parts = z.array(
  z.object({
    digest: Digest,
    bytes: z.number(),
    records: z.number(),
    partition: z.number().exactOptional(),
    text: z.string().exactOptional(),
    run: z
      .string()
      .transform((base64): Uint8Array => Buffer.from(base64, "base64"))
      .exactOptional(),
  }),
) satisfies z.ZodType<StoredPart[]>;

const StoredError = z.object({ message: z.string(), stack: z.string(), record: z.number().nullable() });

/** A task, or a pack of `count`. */
export interface AcceptedTask extends TaskSpan {
  digest: Digest;
  records: number;
  parts: StoredPart[];
}

/** What a task was accepted as, without the output. */
export interface AcceptanceSummary extends TaskSpan {
  digest: Digest;
  records: number;
  isSkipped: boolean;
}

/** Accepted tasks in order of their number. @param from The first number wanted. */
export async function readAccepted(
  database: Database,
  key: { jobId: JobId; stage: StageName },
  from: number,
  limit: number,
): Promise<AcceptedTask[]> {
  const rows = await database.acceptance.findMany({
    where: { ...key, taskIndex: { gte: from } },
    orderBy: { taskIndex: "asc" },
    take: limit,
  });
  return rows.map(({ taskIndex, taskCount, digest, recordCount, partsJson }) => ({
    index: taskIndex,
    count: taskCount,
    digest: Digest.parse(digest),
    records: recordCount,
    parts: Parts.parse(JSON.parse(partsJson)),
  }));
}

/**
 * What tasks `from` up to, but not including, `to` were accepted as, by themselves or in packs: without the outputs.
 */
export async function readAcceptances(
  database: Database,
  key: { jobId: JobId; stage: StageName },
  from: number,
  to: number,
): Promise<AcceptanceSummary[]> {
  const rows = await database.acceptance.findMany({
    where: { ...key, taskIndex: { gt: from - LIMITS.packTasks, lt: to } },
    select: { taskIndex: true, taskCount: true, digest: true, recordCount: true, isSkipped: true },
    orderBy: { taskIndex: "asc" },
  });
  const within = rows.filter(({ taskIndex, taskCount }) => taskIndex + taskCount > from);
  return within.map(({ taskIndex, taskCount, digest, recordCount, isSkipped }) => ({
    index: taskIndex,
    count: taskCount,
    digest: Digest.parse(digest),
    records: recordCount,
    isSkipped,
  }));
}

const SPANS_AT_ONCE = 50_000;

/** All accepted tasks and packs, ascending. */
export async function readAcceptedSpans(
  database: Database,
  key: { jobId: JobId; stage: StageName },
): Promise<TaskSpan[]> {
  const spans: TaskSpan[] = [];
  for (;;) {
    const rows = await database.acceptance.findMany({
      where: { ...key, taskIndex: { gt: spans.at(-1)?.index ?? -1 } },
      select: { taskIndex: true, taskCount: true },
      orderBy: { taskIndex: "asc" },
      take: SPANS_AT_ONCE,
    });
    for (const { taskIndex, taskCount } of rows) spans.push({ index: taskIndex, count: taskCount });
    if (rows.length < SPANS_AT_ONCE) return spans;
  }
}

export interface StageCount {
  accepted: number;
  /** Of the accepted tasks, those that were gone on without. */
  skipped: number;
  records: number;
}

const NOTHING: StageCount = { accepted: 0, skipped: 0, records: 0 };

/** The errors that a job has collected in one stage, in the order of its tasks. @param from The first task wanted. */
export async function readErrors(
  database: Database,
  key: { jobId: JobId; stage: StageName },
  from: number,
  limit: number,
): Promise<{ index: number; error: ProgramError }[]> {
  const rows = await database.acceptance.findMany({
    where: { ...key, taskIndex: { gte: from }, errorJson: { not: null } },
    select: { taskIndex: true, errorJson: true },
    orderBy: { taskIndex: "asc" },
    take: limit,
  });
  return rows.map(({ taskIndex, errorJson }) => ({
    index: taskIndex,
    error: StoredError.parse(JSON.parse(errorJson ?? "")),
  }));
}

/** How much of each stage is accepted. */
export async function countAccepted(database: Database, jobId: JobId): Promise<Map<StageName, StageCount>> {
  const groups = await database.acceptance.groupBy({
    by: ["stage", "isSkipped"],
    where: { jobId },
    _sum: { taskCount: true, recordCount: true },
  });
  const counts = new Map<StageName, StageCount>();
  for (const { stage, isSkipped, _sum } of groups) {
    const tasks = _sum.taskCount ?? 0;
    const { accepted, skipped, records } = counts.get(stage as StageName) ?? NOTHING;
    counts.set(stage as StageName, {
      accepted: accepted + tasks,
      skipped: skipped + (isSkipped ? tasks : 0),
      records: records + (_sum.recordCount ?? 0),
    });
  }
  return counts;
}

/** What was accepted in one stage, in that order, with the outputs that were compared. All of it at once. */
export async function readHistory(
  database: Database,
  key: { jobId: JobId; stage: StageName },
): Promise<PastAcceptance[]> {
  const [acceptances, copies] = await Promise.all([
    database.acceptance.findMany({
      where: key,
      select: { taskIndex: true, digest: true },
      orderBy: [{ acceptedAt: "asc" }, { taskIndex: "asc" }],
    }),
    database.copy.findMany({
      where: { ...key, state: { in: ["returned", "failed"] }, verdict: { in: ["valid", "invalid"] } },
      select: { taskIndex: true, volunteerId: true, digest: true },
      orderBy: { endedAt: "asc" },
    }),
  ]);
  const votes = new Map<number, PastAcceptance["votes"][number][]>();
  const failed = new Map<number, VolunteerId[]>();
  for (const row of copies) {
    const volunteerId = VolunteerId.parse(row.volunteerId);
    if (row.digest === null) addTo(failed, row.taskIndex, volunteerId);
    else addTo(votes, row.taskIndex, { volunteerId, digest: Digest.parse(row.digest) });
  }
  return acceptances.map(({ taskIndex, digest }) => ({
    index: taskIndex,
    digest: Digest.parse(digest),
    votes: votes.get(taskIndex) ?? [],
    failed: failed.get(taskIndex) ?? [],
  }));
}

function addTo<T>(lists: Map<number, T[]>, index: number, item: T): void {
  const list = lists.get(index);
  if (list) list.push(item);
  else lists.set(index, [item]);
}

/** Votes on tasks that are not accepted yet. The caller says which blocks are here. */
export async function readPendingVotes(
  database: Database,
  jobId: JobId,
  areHere: (stage: StageName, parts: readonly StoredPart[]) => Promise<boolean>,
): Promise<(TaskSpan & { stage: StageName; copy: Copy })[]> {
  const rows = await database.copy.findMany({ where: { jobId, verdict: "pending" } });
  return Promise.all(
    rows.map(async (row) => ({
      stage: row.stage as StageName,
      index: row.taskIndex,
      count: row.taskCount,
      copy: await copyFrom(row, areHere),
    })),
  );
}

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

async function copyFrom(
  row: CopyDbRow,
  areHere: (stage: StageName, parts: readonly StoredPart[]) => Promise<boolean>,
): Promise<Copy> {
  const volunteerId = VolunteerId.parse(row.volunteerId);
  const { elapsedMs, address, arithmetic } = row;
  const place = { address, account: AccountId.nullable().parse(row.account), arithmetic };
  if (row.errorJson !== null) {
    const error = StoredError.parse(JSON.parse(row.errorJson));
    return { state: "failed", volunteerId, place, error, elapsedMs };
  }
  const parts = Parts.parse(JSON.parse(row.partsJson ?? "[]"));
  const bytesHere = await areHere(row.stage as StageName, parts);
  return {
    state: "returned",
    volunteerId,
    place,
    digest: Digest.parse(row.digest),
    parts,
    bytesHere,
    elapsedMs,
  };
}

export interface StoredCopy extends TaskSpan {
  volunteerId: VolunteerId;
  account: AccountId | null;
  state: "returned" | "failed" | "lost";
  verdict: "pending" | "valid" | "invalid" | "late" | "none";
  digest: Digest | null;
  leasedAt: EpochMs | null;
  endedAt: EpochMs;
  elapsedMs: number;
  error: string | null;
  /** True when its input was corrected afterwards, and the task computed anew. */
  isPast: boolean;
}

const StoredCopyFields = z.object({
  state: z.enum(["returned", "failed", "lost"]),
  verdict: z.enum(["pending", "valid", "invalid", "late", "none"]),
  volunteerId: VolunteerId,
  account: AccountId.nullable(),
  digest: Digest.nullable(),
});

/** All ended copies of tasks `from` up to, but not including, `to`, and of packs with one of them. */
export async function readCopies(
  database: Database,
  key: { jobId: JobId; stage: StageName },
  from: number,
  to: number,
): Promise<StoredCopy[]> {
  const rows = await database.copy.findMany({
    where: { ...key, taskIndex: { gt: from - LIMITS.packTasks, lt: to } },
    orderBy: [{ taskIndex: "asc" }, { endedAt: "asc" }],
    omit: { partsJson: true },
  });
  const past = await database.pastCopy.findMany({
    where: { ...key, taskIndex: { gte: from, lt: to } },
    orderBy: [{ taskIndex: "asc" }, { id: "asc" }],
  });
  const all = [
    ...past.map((row) => ({ ...row, isPast: true })),
    ...rows.map((row) => ({ ...row, isPast: false })),
  ];
  const within = all.filter(({ taskIndex, taskCount }) => taskIndex + taskCount > from);
  return within.map((row) => ({
    ...StoredCopyFields.parse(row),
    isPast: row.isPast,
    index: row.taskIndex,
    count: row.taskCount,
    leasedAt: row.leasedAt as EpochMs | null,
    endedAt: row.endedAt as EpochMs,
    elapsedMs: row.elapsedMs,
    error: row.errorJson === null ? null : StoredError.parse(JSON.parse(row.errorJson)).message,
  }));
}
