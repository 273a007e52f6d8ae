/** Reads what a job's stages did from the facts on the disk, so that it is the same after a restart. */
import { describeStages } from "../core/job-statistics";
import type { JobStatistics } from "../protocol/statistics";
import type { JobView } from "../protocol/views";
import type { Database } from "./store/database";
import { readShufflePlan } from "./store/shuffle-plans";
import { readStageSums, readTaskCosts } from "./store/stage-sums";

export async function viewStatistics(database: Database, job: JobView): Promise<JobStatistics> {
  const [sums, costs, shuffle] = await Promise.all([
    readStageSums(database, job.id),
    readTaskCosts(database, job.id),
    readShufflePlan(database, job.id),
  ]);
  return describeStages(job, { sums, costs, shuffle });
}
