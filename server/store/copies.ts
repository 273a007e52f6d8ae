/** Votes, and the audit trail of all copies. */
import * as z from "zod";
import type { PastAcceptance } from "../../core/grid-events";
import type { TaskSpan } from "../../core/packs";
import type { Copy, StoredPart } from "../../core/task";
import { AccountId, Digest, type StageName, VolunteerId, type EpochMs, type JobId } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import type { Database } from "./database";
import type { Copy as CopyDbRow } from "./generated/client";
import { Parts, StoredError } from "./task-json";

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
