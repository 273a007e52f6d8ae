/** Where a task lives in the grid. */
import { taskIdParts, type TaskId } from "../protocol/ids";
import { currentStage, type Grid, type GridJob, type OpenTask, type Stage } from "./grid";

export interface FoundTask {
  job: GridJob;
  stage: Stage;
  /** Of the first task, if it is a pack. */
  index: number;
  count: number;
  /** Undefined when it is not open, or in another pack than this. */
  open: OpenTask | undefined;
}

/** @returns Null when its job has ended, or another stage of it runs. */
export function findTask(grid: Grid, taskId: TaskId): FoundTask | null {
  const { jobId, stage: name, index, count } = taskIdParts(taskId);
  const job = grid.jobs.get(jobId);
  if (!job) return null;
  const stage = currentStage(job);
  if (stage.name !== name || index + count > stage.taskCount) return null;
  const open = stage.open.get(index);
  return { job, stage, index, count, open: open?.count === count ? open : undefined };
}
