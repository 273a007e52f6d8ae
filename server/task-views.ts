/** A job's audit trail: every task with its copies, from the database and, for what runs, from memory. */
import type { GridJob } from "../core/grid";
import { taskIdOf, type JobId, type StageName } from "../protocol/ids";
import type { CopyView, TaskView } from "../protocol/views";
import type { Database } from "./store/database";
import type { SubmittedJob } from "../core/grid-events";
import { readAccepted, readCopies, type AcceptedTask, type StoredCopy } from "./store/tasks";

/**
 * Tasks `from` up to `from + limit` of one stage.
 * @param running The job in the scheduler; undefined when it has ended.
 */
export async function viewTasks(
  database: Database,
  jobId: JobId,
  { name, taskCount }: SubmittedJob["stages"][number],
  running: GridJob | undefined,
  from: number,
  limit: number,
): Promise<TaskView[]> {
  const key = { jobId, stage: name };
  const to = Math.min(from + limit, taskCount);
  const accepted = new Map(
    (await readAccepted(database, key, from, Math.max(0, to - from))).map((task) => [task.index, task]),
  );
  const copies = groupByIndex(await readCopies(database, key, from, to));
  const views: TaskView[] = [];
  for (let index = from; index < to; index++) {
    views.push(viewTask(jobId, name, index, running, accepted.get(index), copies.get(index) ?? []));
  }
  return views;
}

function viewTask(
  jobId: JobId,
  stage: StageName,
  index: number,
  running: GridJob | undefined,
  accepted: AcceptedTask | undefined,
  stored: readonly StoredCopy[],
): TaskView {
  const open = running?.stages.find(({ name }) => name === stage)?.open.get(index);
  const live = (open?.task.copies ?? []).flatMap((copy): CopyView[] => {
    if (copy.state !== "leased") return [];
    const { volunteerId, leasedAt } = copy;
    const rest = { digest: null, returnedAt: null, elapsedMs: null, error: null } as const;
    return [{ volunteerId, state: "leased", verdict: "none", leasedAt, ...rest }];
  });
  const isLive = new Set(live.map(({ volunteerId }) => volunteerId));
  const ended = stored.filter(({ volunteerId }) => !isLive.has(volunteerId)).map(viewCopy);
  const isFailed = !running && !accepted && ended.some(({ state }) => state === "failed");
  const unaccepted = open?.task.state ?? (isFailed ? "failed" : "waiting");
  return {
    id: taskIdOf(jobId, stage, index),
    stage,
    index,
    state: accepted ? "accepted" : unaccepted,
    digest: accepted?.digest ?? null,
    records: accepted?.records ?? null,
    copies: [...ended, ...live],
  };
}

function viewCopy({
  volunteerId,
  state,
  verdict,
  digest,
  leasedAt,
  endedAt,
  elapsedMs,
  error,
}: StoredCopy): CopyView {
  return {
    volunteerId,
    state,
    verdict,
    digest,
    leasedAt,
    returnedAt: endedAt,
    elapsedMs: state === "lost" ? null : elapsedMs,
    error,
  };
}

function groupByIndex(copies: readonly StoredCopy[]): Map<number, StoredCopy[]> {
  const groups = new Map<number, StoredCopy[]>();
  for (const copy of copies) groups.set(copy.index, [...(groups.get(copy.index) ?? []), copy]);
  return groups;
}
