/** How far running tasks are, as their programs say: the last word of each volunteer, in memory only. */
import type { Grid } from "../core/grid";
import { taskIdParts, type JobId, type TaskId, type VolunteerId } from "../protocol/ids";
import type { TaskProgressView } from "../protocol/views";

/** Tasks that a job's picture shows. */
const TASKS_SHOWN = 20;

export interface TaskProgress {
  /**
   * Takes the place of what the volunteer said before.
   * @param running Its tasks at work; those it was not given are left out.
   */
  note(volunteerId: VolunteerId, running: readonly { taskId: TaskId; progress: number }[]): void;
  forget(volunteerId: VolunteerId): void;
  /** The tasks of a job that are at work still, the first ones by their names. */
  of(jobId: JobId): TaskProgressView[];
}

export function openTaskProgress(grid: () => Grid): TaskProgress {
  const byJob = new Map<JobId, Map<VolunteerId, TaskProgressView[]>>();
  const jobsOf = new Map<VolunteerId, readonly JobId[]>();

  function forget(volunteerId: VolunteerId): void {
    for (const jobId of jobsOf.get(volunteerId) ?? []) {
      const ofJob = byJob.get(jobId);
      ofJob?.delete(volunteerId);
      if (ofJob?.size === 0) byJob.delete(jobId);
    }
    jobsOf.delete(volunteerId);
  }

  const holds = (volunteerId: VolunteerId, taskId: TaskId) =>
    grid().volunteers.get(volunteerId)?.leases.has(taskId) === true;

  return {
    forget,
    note(volunteerId, running) {
      forget(volunteerId);
      for (const { taskId, progress } of running) {
        if (!holds(volunteerId, taskId)) continue;
        const { jobId } = taskIdParts(taskId);
        const ofJob = byJob.get(jobId) ?? new Map<VolunteerId, TaskProgressView[]>();
        byJob.set(jobId, ofJob);
        ofJob.set(volunteerId, [...(ofJob.get(volunteerId) ?? []), { taskId, volunteerId, progress }]);
        jobsOf.set(volunteerId, [...(jobsOf.get(volunteerId) ?? []), jobId]);
      }
    },
    of(jobId) {
      const said = [...(byJob.get(jobId)?.values() ?? [])].flat();
      return said
        .filter(({ volunteerId, taskId }) => holds(volunteerId, taskId))
        .sort((a, b) => taskIdParts(a.taskId).index - taskIdParts(b.taskId).index)
        .slice(0, TASKS_SHOWN);
    },
  };
}
