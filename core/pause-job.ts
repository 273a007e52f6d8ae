/**
 * Pausing takes back at once what runs of a job; resuming hands it out again.
 *
 * What was computed already is not thrown away: an answer that comes while the job is paused counts, and so does
 * an upload that was asked for. A paused job may even end by that.
 */
import { taskIdParts, type EpochMs, type TaskId } from "../protocol/ids";
import type { Grid, GridJob, GridVolunteer } from "./grid";
import type { Effect } from "./grid-events";
import { advanceJob } from "./job";
import { offerJob } from "./offer";
import { loseCopy } from "./presence";

/** Pausing a job that is paused changes nothing. Takes O(leases of the volunteers at work). */
export function pauseJob(grid: Grid, job: GridJob, now: EpochMs): Effect[] {
  if (job.life.state === "paused") return [];
  job.life = advanceJob(job.life, { type: "paused" });
  const effects: Effect[] = [{ type: "job-changed", jobId: job.id, life: job.life }];
  for (const volunteerId of [...job.atWork.keys()]) {
    const volunteer = grid.volunteers.get(volunteerId);
    const taskIds = volunteer ? runsOf(volunteer, job) : [];
    if (!volunteer || taskIds.length === 0) continue;
    for (const taskId of taskIds) effects.push(...loseCopy(grid, volunteer, taskId, now));
    effects.push({ type: "revoke", volunteerId, taskIds });
  }
  return effects;
}

/** Resuming a job that is not paused changes nothing. */
export function resumeJob(grid: Grid, job: GridJob): Effect[] {
  if (job.life.state !== "paused") return [];
  job.life = advanceJob(job.life, { type: "resumed" });
  offerJob(grid, job);
  return [{ type: "job-changed", jobId: job.id, life: job.life }];
}

/** The copies of a job that a volunteer runs; not those whose bytes it uploads. */
function runsOf({ leases }: GridVolunteer, { id }: GridJob): TaskId[] {
  return [...leases].flatMap(([taskId, { type }]) =>
    type === "run" && taskIdParts(taskId).jobId === id ? [taskId] : [],
  );
}
