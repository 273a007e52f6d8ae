/** Where the large parts of a task's output are kept: runs and what is to be mapped with their job, everything else with what stays. */
import { taskIdParts, type TaskId } from "../protocol/ids";
import type { RunAreas } from "./blocks/run-areas";
import type { BlockStore } from "./grid-api";
import { partitionsOf, type RunningJobs } from "./running-jobs";

export interface OutputAreas {
  /** Of results, programs and inputs. */
  blocks: BlockStore;
  runs: RunAreas;
}

/** Of a job that is not known any more, whatever comes is kept with what stays. */
export async function outputArea(
  { blocks, runs }: OutputAreas,
  jobs: RunningJobs,
  taskId: TaskId,
): Promise<BlockStore> {
  const { jobId, stage } = taskIdParts(taskId);
  const job = jobs.get(jobId);
  return job && (stage === "split" || partitionsOf(job, stage) > 0) ? runs.of(jobId) : blocks;
}
