/** What tasks were accepted as, read in pages and never all at once. */
import type { TaskSpan } from "../../core/packs";
import type { ProgramError, StoredPart } from "../../core/task";
import { Digest, type StageName, type JobId } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import type { Database } from "./database";
import { Parts, StoredError } from "./task-json";

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
