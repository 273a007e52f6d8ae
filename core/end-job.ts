/** Ends a job, and what its volunteers have of it. */
import { taskIdParts } from "../protocol/ids";
import { currentStage, type Grid, type GridJob, type OpenTask } from "./grid";
import type { Effect } from "./grid-events";
import { advanceJob, type JobEvent } from "./job";
import { placingOf } from "./locality";
import { endLease } from "./leases";
import { reportRecheck } from "./recheck";

type JobEnd = Extract<JobEvent, { type: "completed" | "failed" | "cancelled" }>;

/** Ends the job as the event says, and takes back what its volunteers hold. */
export function endJob(grid: Grid, job: GridJob, event: JobEnd): Effect[] {
  const abandoned = event.type === "completed" ? [] : reportRecheck(job, false, event.at);
  job.life = advanceJob(job.life, event);
  const stage = currentStage(job);
  const standing = job.validator.standing();
  const placing = placingOf(job);
  const records = grid.records.keep(job.program, [...job.validator.agreed()]);
  const effects: Effect[] = [
    ...abandoned,
    {
      ...{ type: "job-changed", jobId: job.id, life: job.life },
      ...(standing && { standing }),
      ...(placing && { placing }),
      ...(records && { records }),
    },
  ];
  for (const volunteerId of [...job.atWork.keys()]) {
    const volunteer = grid.volunteers.get(volunteerId);
    if (!volunteer) continue;
    const taskIds = [...volunteer.leases.keys()].filter((taskId) => taskIdParts(taskId).jobId === job.id);
    for (const taskId of taskIds) endLease(grid, job, stage, volunteer, taskId, event.at);
    effects.push({ type: "revoke", volunteerId, taskIds });
  }
  for (const open of stage.open.values()) effects.push(...releaseHeld(grid, open));
  grid.jobs.delete(job.id);
  grid.kinds.delete(job);
  grid.shares.delete(job.id);
  return effects;
}

/** Tells those who keep bytes of an output that nobody will ask for them. */
function releaseHeld(grid: Grid, { id: taskId, task }: OpenTask): Effect[] {
  return task.copies
    .filter((copy) => copy.state === "returned" && !copy.bytesHere && grid.volunteers.has(copy.volunteerId))
    .map(({ volunteerId }) => ({ type: "settle", volunteerId, taskId, answer: "done" }));
}
