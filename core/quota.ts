/**
 * How many tasks a volunteer may hold: fewer when it fails tasks of many jobs, for then it is the volunteer that is at fault.
 *
 *   an error in another job: one more job is held against it ── 3 of them ──▶ half of what it holds ── each output ──▶ one task more
 *   an output: one job less                                      an error that others confirm: the job is not held against it, nor the half
 */
import type { JobId, VolunteerId } from "../protocol/ids";

export interface Quota {
  /** Null while nothing is held against the volunteer. */
  tasks: number | null;
  /** Jobs of which it has failed a task, oldest first, less one for each output since. */
  failedJobs: ReadonlySet<JobId>;
  /** For which jobs its quota was halved, each of the latest times since it was full. */
  halvings: readonly ReadonlySet<JobId>[];
}

export const FULL_QUOTA: Quota = { tasks: null, failedJobs: new Set(), halvings: [] };

/** Failing in fewer jobs may well be the jobs' fault. */
const BURST_JOBS = 3;

/** So many halvings can be taken back: they are copied with each, and who fails for ever is halved for ever. */
const HALVINGS_KEPT = 16;

/** @param held Tasks that the volunteer holds, the failed one included. */
export function quotaAfterError({ tasks, halvings, ...quota }: Quota, jobId: JobId, held: number): Quota {
  const failedJobs = new Set([...quota.failedJobs, jobId]);
  if (failedJobs.size < BURST_JOBS) return { tasks, failedJobs, halvings };
  if (tasks === 1) return { tasks, failedJobs: new Set(), halvings };
  const half = Math.max(1, Math.floor(Math.min(tasks ?? Infinity, held) / 2));
  return { tasks: half, failedJobs: new Set(), halvings: [...halvings, failedJobs].slice(-HALVINGS_KEPT) };
}

/**
 * An output makes up for one job, so that who fails more often than not is found out, though it does well in between.
 *
 * @param most What a volunteer may hold that nothing is held against.
 */
export function quotaAfterOutput({ tasks, failedJobs, halvings }: Quota, most: number): Quota {
  if (tasks !== null && tasks + 1 >= most) return FULL_QUOTA;
  if (tasks === null && failedJobs.size === 0) return FULL_QUOTA;
  return {
    tasks: tasks === null ? null : tasks + 1,
    failedJobs: new Set([...failedJobs].slice(1)),
    halvings,
  };
}

/**
 * The error was the program's: others have seen the same. What its quota was halved for is taken back, but for the other jobs that are
 * still held against it.
 *
 * @param most As in `quotaAfterOutput`.
 */
export function exonerated({ tasks, failedJobs, halvings }: Quota, jobId: JobId, most: number): Quota {
  const undone = halvings.filter((jobs) => jobs.has(jobId));
  const stay = halvings.filter((jobs) => !jobs.has(jobId));
  const doubled = tasks === null || stay.length === 0 ? null : Math.min(most, tasks * 2 ** undone.length);
  const against = [...undone.flatMap((jobs) => [...jobs]), ...failedJobs].filter((id) => id !== jobId);
  return {
    tasks: undone.length === 0 ? tasks : doubled,
    failedJobs: new Set(against),
    halvings: stay,
  };
}

/** Some that left long ago are forgotten. */
const REMEMBERED = 10_000;

/** A volunteer leaves: closing the tab and coming again is no way to get more. */
export function rememberQuota(quotas: Map<VolunteerId, Quota>, id: VolunteerId, quota: Quota): void {
  if (quota.tasks === null && quota.failedJobs.size === 0) return;
  quotas.set(id, quota);
  const [oldest] = quotas.keys();
  if (quotas.size > REMEMBERED && oldest !== undefined) quotas.delete(oldest);
}

/** A volunteer comes, for the first time or again. */
export function takeQuota(quotas: Map<VolunteerId, Quota>, id: VolunteerId): Quota {
  const quota = quotas.get(id) ?? FULL_QUOTA;
  quotas.delete(id);
  return quota;
}

/** The same for one that has left, and may come again. */
export function exonerateAbsent(
  quotas: Map<VolunteerId, Quota>,
  id: VolunteerId,
  jobId: JobId,
  most: number,
): void {
  const quota = quotas.get(id);
  if (quota) quotas.set(id, exonerated(quota, jobId, most));
}
