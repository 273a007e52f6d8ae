/** How the outputs of a job's maps were shared out among its reducers: kept with the job, from when its maps are over. */
import * as z from "zod";
import type { SubmittedJob } from "../../core/grid-events";
import type { JobId } from "../../protocol/ids";
import { HeavyPartition, PartitionShare } from "../../protocol/statistics";
import type { Database } from "./database";

const Piece = z.object({ partition: z.int(), from: z.int(), to: z.int() });

const ShufflePlan = z.object({
  partitions: z.array(PartitionShare),
  heavy: z.array(HeavyPartition),
  /** What of it the merge stage reads. */
  merged: PartitionShare,
  /** The tasks of the merge stage, in order. Never changed, also when maps are corrected later. */
  pieces: z.array(Piece),
});
export type ShufflePlan = z.infer<typeof ShufflePlan>;

/** @returns Null while its maps are not over, and of jobs from before plans were kept. */
export async function readShufflePlan(database: Database, id: JobId): Promise<ShufflePlan | null> {
  const row = await database.job.findUnique({ where: { id }, select: { shuffleJson: true } });
  return row?.shuffleJson ? ShufflePlan.parse(JSON.parse(row.shuffleJson)) : null;
}

/** Both at once: a merge stage has tasks only together with what these are. */
export async function saveShufflePlan(
  database: Database,
  id: JobId,
  plan: ShufflePlan,
  stages: SubmittedJob["stages"],
): Promise<void> {
  const data = { shuffleJson: JSON.stringify(plan), stagesJson: JSON.stringify(stages) };
  await database.job.update({ where: { id }, data });
}
