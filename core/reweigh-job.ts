/** Changes what part of the computing time a job gets, from its next task on. */
import type { Grid, GridJob } from "./grid";
import type { Effect } from "./grid-events";

/** What is computed already is not taken back. Takes O(log jobs). */
export function reweighJob(
  grid: Grid,
  job: GridJob,
  { priority, weight }: { priority: number; weight: number },
): Effect[] {
  if (job.share.priority === priority && job.share.weight === weight) return [];
  job.share = { ...job.share, priority, weight };
  grid.shares.reweigh(job.id, job.share);
  return [{ type: "job-reweighted", jobId: job.id, priority, weight }];
}
