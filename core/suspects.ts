/**
 * Volunteers that were outvoted in some job, whatever its policy: for a while no job believes them alone, and what others
 * believed them alone is computed again.
 *
 * A job whose program gives everybody another answer outvotes everybody. It convicts nobody any more once it has outvoted more
 * than a third of the volunteers it compared: a submitter's mistake must not cost honest volunteers their trust everywhere.
 *
 * Those who agreed may have lied together. When a task comes out otherwise in the end, those who had said so are cleared.
 */
import { after, type EpochMs, type JobId, type TaskId, type VolunteerId } from "../protocol/ids";
import { voteOf } from "./compare";
import { currentStage, type Grid, type GridJob } from "./grid";
import type { Effect } from "./grid-events";
import { isReturned } from "./judge";
import { offerJob } from "./offer";
import { noteGrown } from "./settle-grown";
import { reopen } from "./reopen-tasks";
import type { ReturnedCopy, Task } from "./task";
import type { Acceptance } from "./validator";

/** Volunteers of one job. */
export interface Tally {
  compared: Set<VolunteerId>;
  outvoted: Set<VolunteerId>;
  /** What those said that were outvoted, by the task, where an agreement may turn out to be wrong. */
  answers: Map<TaskId, ReturnedCopy[]>;
}

/** Of a volunteer that was caught. */
export interface Suspicion {
  /** When the last of them is over. */
  until: EpochMs;
  /** The jobs that caught it, and when it would be over by each alone. */
  jobs: Map<JobId, EpochMs>;
}

export function newTally(): Tally {
  return { compared: new Set(), outvoted: new Set(), answers: new Map() };
}

/** A job convicts while at most one volunteer in so many was outvoted. */
const OUTVOTED_AT_MOST = 3;

/** How much later a catch has to be than the one before to be told again. */
const RENEW_MS = 3_600_000;

/**
 * Convicts those whose answers differ from one on which two or more agree.
 *
 * @returns Also what is in doubt by that in the running stages of other jobs.
 */
export function convictOutvoted(
  grid: Grid,
  job: GridJob,
  taskId: TaskId,
  task: Task,
  { output, valid }: Acceptance,
  now: EpochMs,
): Effect[] {
  if (valid.length < 2) return [];
  const answers = task.copies.filter(isReturned).filter((copy) => voteOf(copy) !== voteOf(output));
  const liars = answers.map(({ volunteerId }) => volunteerId);
  const { compared, outvoted } = job.tally;
  noteOutvoted(job, taskId, answers);
  for (const { volunteerId } of valid) compared.add(volunteerId);
  for (const volunteerId of liars) {
    compared.add(volunteerId);
    outvoted.add(volunteerId);
  }
  if (outvoted.size * OUTVOTED_AT_MOST > compared.size) return [];
  return liars.flatMap((volunteerId) => convict(grid, job, volunteerId, now));
}

/** Keeps in mind what was outvoted. With a quorum an agreement is believed for good. */
export function noteOutvoted(
  { policy, tally }: GridJob,
  taskId: TaskId,
  answers: readonly ReturnedCopy[],
): void {
  if (policy.adaptive === null || answers.length === 0) return;
  tally.answers.set(taskId, [...(tally.answers.get(taskId) ?? []), ...answers]);
}

/** Clears those who were outvoted on a task by what turned out to be wrong, if they had said what was right. */
export function clearOutvoted(
  grid: Grid,
  job: GridJob,
  taskId: TaskId,
  right: ReturnedCopy,
  at: EpochMs,
): Effect[] {
  const { answers, outvoted } = job.tally;
  const honest = (answers.get(taskId) ?? []).filter((copy) => voteOf(copy) === voteOf(right));
  answers.delete(taskId);
  // Mostly it was nobody's: who is corrected by the thousand had answered alone.
  if (honest.length === 0) return [];
  const liars = new Set([...answers.values()].flat().map(({ volunteerId }) => volunteerId));
  return honest.map(({ volunteerId, elapsedMs }) => {
    const isHonest = !liars.has(volunteerId);
    if (isHonest) {
      outvoted.delete(volunteerId);
      job.validator.clear(volunteerId);
      // It may work on the job again, and on what it passed over.
      grid.aside.readAgain(volunteerId);
      offerJob(grid, job);
    }
    const isNoSuspect = isHonest && acquit(grid, job.id, volunteerId);
    return { type: "volunteer-cleared", volunteerId, taskId, elapsedMs, isHonest, isNoSuspect, at };
  });
}

/** Notes that the job has caught the volunteer, now or before the coordinator was started. The one that is over soonest comes first. */
export function suspect({ suspects }: Grid, volunteerId: VolunteerId, jobId: JobId, until: EpochMs): void {
  const jobs = suspects.get(volunteerId)?.jobs ?? new Map<JobId, EpochMs>();
  suspects.delete(volunteerId);
  suspects.set(volunteerId, { until, jobs: jobs.set(jobId, until) });
}

/** The job had no reason to suspect it. @returns True when no other job has one either. */
function acquit(grid: Grid, jobId: JobId, volunteerId: VolunteerId): boolean {
  const suspicion = grid.suspects.get(volunteerId);
  if (!suspicion?.jobs.delete(jobId)) return false;
  if (suspicion.jobs.size === 0) {
    for (const job of grid.jobs.values()) noteGrown(grid, job);
    return grid.suspects.delete(volunteerId);
  }
  suspicion.until = Math.max(...suspicion.jobs.values()) as EpochMs;
  grid.suspects = new Map([...grid.suspects].sort(([, a], [, b]) => a.until - b.until));
  return false;
}

/** Lets suspicions pass. O(those that pass × jobs). */
export function clearSuspects(grid: Grid, now: EpochMs): void {
  for (const [volunteerId, { until }] of grid.suspects) {
    if (until > now) return;
    grid.suspects.delete(volunteerId);
    for (const job of grid.jobs.values()) noteGrown(grid, job);
  }
}

function convict(grid: Grid, job: GridJob, volunteerId: VolunteerId, now: EpochMs): Effect[] {
  const until = after(now, grid.policy.recheckWindowMs);
  const before = grid.suspects.get(volunteerId);
  if (isFresh(before?.jobs.get(job.id), until)) return [];
  const isNews = !isFresh(before?.until, until);
  suspect(grid, volunteerId, job.id, until);
  const caught: Effect = { type: "volunteer-caught", volunteerId, jobId: job.id, isNews, at: now };
  // What rests on it is in doubt since another job has caught it.
  if (!isNews) return [caught];
  grid.records.forget(volunteerId);
  const others = [...grid.jobs.values()].filter((other) => other !== job);
  return [
    caught,
    ...others.flatMap((other) => {
      const doubts = other.validator.distrust(volunteerId);
      noteGrown(grid, other);
      return reopen(grid, other, currentStage(other), doubts, now);
    }),
  ];
}

const isFresh = (before: EpochMs | undefined, until: EpochMs) =>
  before !== undefined && until - before < RENEW_MS;
