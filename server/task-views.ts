/** A job's audit trail: every task with its copies, from the database and, for what runs, from memory. */
import type { GridJob, OpenTask, Stage } from "../core/grid";
import type { TaskSpan } from "../core/packs";
import { reasonOf } from "../core/verdict-reason";
import { taskIdOf, type StageName } from "../protocol/ids";
import { LIMITS } from "../protocol/limits";
import type { CopyView, JobView, TaskView } from "../protocol/views";
import type { Database } from "./store/database";
import type { SubmittedJob } from "../core/grid-events";
import { toldOf } from "./told-of-task";
import { readAcceptances, type AcceptanceSummary } from "./store/acceptances";
import { readCopies, type StoredCopy } from "./store/copies";

/**
 * Tasks `from` up to `from + limit` of one stage.
 * @param running The job in the scheduler; undefined when it has ended.
 */
export async function viewTasks(
  database: Database,
  job: JobView,
  { name, taskCount }: SubmittedJob["stages"][number],
  running: GridJob | undefined,
  from: number,
  limit: number,
): Promise<TaskView[]> {
  const key = { jobId: job.id, stage: name };
  const to = Math.min(from + limit, taskCount);
  const accepted = await readAcceptances(database, key, from, to);
  const copies = await readCopies(database, key, from, to);
  const stage = running?.stages.find((one) => one.name === name);
  const open = stage ? openWithin(stage, from, to) : [];
  const views: TaskView[] = [];
  for (let index = from; index < to; index++) {
    const isOf = (span: TaskSpan) => span.index <= index && index < span.index + span.count;
    const own = copies.filter(isOf);
    const view = viewTask(job, name, index, stage, accepted.find(isOf), open.find(isOf), own);
    views.push(toldOf(view, job));
  }
  return views;
}

type Open = TaskSpan & OpenTask;

/** Open tasks, and packs with one of them. */
function openWithin({ open }: Stage, from: number, to: number): Open[] {
  const found: Open[] = [];
  for (let index = Math.max(0, from - LIMITS.packTasks); index < to; index++) {
    const task = open.get(index);
    if (task && index + task.count > from) found.push({ index, ...task });
  }
  return found;
}

function viewTask(
  job: JobView,
  stage: StageName,
  index: number,
  running: Stage | undefined,
  accepted: AcceptanceSummary | undefined,
  open: Open | undefined,
  stored: readonly StoredCopy[],
): TaskView {
  const live = (open?.task.copies ?? []).flatMap((copy): Unreasoned[] => {
    if (copy.state !== "leased") return [];
    const { volunteerId, leasedAt, place } = copy;
    const account = place?.account ?? null;
    const rest = { digest: null, returnedAt: null, elapsedMs: null, error: null } as const;
    return [{ volunteerId, account, state: "leased", verdict: "none", leasedAt, ...rest }];
  });
  const isLive = new Set(live.map(({ volunteerId }) => volunteerId));
  const ended = stored
    .filter(({ volunteerId, isPast }) => isPast || !isLive.has(volunteerId))
    .map((copy) => ({ ...viewCopy(copy), isPast: copy.isPast }));
  const isFailed = !running && !accepted && ended.some(({ state }) => state === "failed");
  const unaccepted = open?.task.state ?? (isFailed ? "failed" : "waiting");
  const { index: first, count } = accepted ?? open ?? { index, count: 1 };
  const copies = [...ended, ...live.map((copy) => ({ ...copy, isPast: false }))];
  const judged = {
    copies,
    digest: accepted?.digest ?? null,
    isSkipped: accepted?.isSkipped ?? false,
    isTolerant: job.options.compare !== "exact",
    isAdaptive: job.options.maxErrorRate !== null,
    hasEnded: job.endedAt !== null,
  };
  return {
    id: taskIdOf(job.id, stage, index),
    stage,
    index,
    pack: count > 1 ? taskIdOf(job.id, stage, first, count) : null,
    state: accepted ? "accepted" : unaccepted,
    digest: accepted?.digest ?? null,
    records: accepted?.records ?? null,
    copies: copies.map(({ isPast, ...copy }) => ({ ...copy, reason: reasonOf({ ...copy, isPast }, judged) })),
  };
}

/** As validation is to say something of it. */
type Unreasoned = Omit<CopyView, "reason">;

function viewCopy({
  volunteerId,
  account,
  state,
  verdict,
  digest,
  leasedAt,
  endedAt,
  elapsedMs,
  error,
}: StoredCopy): Unreasoned {
  return {
    volunteerId,
    account,
    state,
    verdict,
    digest,
    leasedAt,
    returnedAt: endedAt,
    elapsedMs: state === "lost" ? null : elapsedMs,
    error,
  };
}
