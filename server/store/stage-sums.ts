/** Sums over what is on the disk of a job's stages: outputs of accepted tasks, and what their copies took. */
import * as z from "zod";
import type { CostBucket, StageSums } from "../../core/job-statistics";
import { StageName, type JobId } from "../../protocol/ids";
import type { Database } from "./database";

export async function readStageSums(database: Database, jobId: JobId): Promise<Map<StageName, StageSums>> {
  const groups = await database.acceptance.groupBy({
    by: ["stage"],
    where: { jobId },
    _sum: { recordCount: true, byteCount: true },
  });
  return new Map(
    groups.map(({ stage, _sum }) => [
      StageName.parse(stage),
      { records: _sum.recordCount ?? 0, bytes: _sum.byteCount ?? 0 },
    ]),
  );
}

const Row = z.object({ stage: StageName, ms: z.number(), tasks: z.coerce.number() });

/** Some thousand buckets at most, whatever the number of copies: a hundredth of what a task took tells enough. */
export async function readTaskCosts(database: Database, jobId: JobId): Promise<Map<StageName, CostBucket[]>> {
  const rows = z.array(Row).parse(await database.$queryRawUnsafe(TASK_COSTS, jobId));
  const costs = new Map<StageName, CostBucket[]>();
  for (const { stage, ms, tasks } of rows) {
    const buckets = costs.get(stage);
    if (buckets) buckets.push({ ms, tasks });
    else costs.set(stage, [{ ms, tasks }]);
  }
  return costs;
}

/** Valid copies alone: who answers anything at once does not make tasks look cheap. */
const TASK_COSTS = `
SELECT "stage",
       CASE WHEN "each" < 100 THEN round("each", 1) WHEN "each" < 1000 THEN round("each")
            WHEN "each" < 100000 THEN round("each" / 100) * 100 ELSE round("each" / 10000) * 10000 END AS "ms",
       sum("taskCount") AS "tasks"
FROM (SELECT "stage", "taskCount", "elapsedMs" / "taskCount" AS "each" FROM "Copy" WHERE "jobId" = ? AND "verdict" = 'valid') AS "valid"
GROUP BY "stage", "ms"`;
