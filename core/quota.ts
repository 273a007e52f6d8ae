/**
 * How many tasks a volunteer may hold: fewer when it fails tasks of many jobs, for then it is the volunteer that is at fault.
 *
 *   errors in 3 jobs, without an output in between ──▶ half of what it holds ── each output ──▶ one more
 */
import type { JobId, VolunteerId } from "../protocol/ids";

export interface Quota {
  /** Null while nothing is held against the volunteer. */
  tasks: number | null;
  /** Jobs of which it has failed a task since its latest output. */
  failedJobs: ReadonlySet<JobId>;
}

export const FULL_QUOTA: Quota = { tasks: null, failedJobs: new Set() };

/** Failing in fewer jobs may well be the jobs' fault. */
const BURST_JOBS = 3;

/** @param held Tasks that the volunteer holds, the failed one included. */
export function quotaAfterError(quota: Quota, jobId: JobId, held: number): Quota {
  const failedJobs = new Set([...quota.failedJobs, jobId]);
  if (failedJobs.size < BURST_JOBS) return { ...quota, failedJobs };
  const tasks = Math.max(1, Math.floor(Math.min(quota.tasks ?? Infinity, held) / 2));
  return { tasks, failedJobs: new Set() };
}

/** @param most What a volunteer may hold that nothing is held against. */
export function quotaAfterOutput({ tasks }: Quota, most: number): Quota {
  if (tasks === null || tasks + 1 >= most) return FULL_QUOTA;
  return { tasks: tasks + 1, failedJobs: new Set() };
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

/** The error was the program's: others have seen the same. */
export function exonerated(quota: Quota, jobId: JobId): Quota {
  if (!quota.failedJobs.has(jobId)) return quota;
  return { ...quota, failedJobs: new Set([...quota.failedJobs].filter((id) => id !== jobId)) };
}
