/** Where a task lives in the grid. */
import { taskIdParts, type TaskId } from "../protocol/ids";
import { currentStage, type Grid, type GridJob, type Stage } from "./grid";

/** @returns Null when its job has ended, or another stage of it runs. */
export function findTask(grid: Grid, taskId: TaskId): { job: GridJob; stage: Stage; index: number } | null {
  const { jobId, stage: name, index } = taskIdParts(taskId);
  const job = grid.jobs.get(jobId);
  if (!job) return null;
  const stage = currentStage(job);
  return stage.name === name && index < stage.taskCount ? { job, stage, index } : null;
}
