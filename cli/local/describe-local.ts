/** A checked submission as the coordinator would run it: its program prepared, its input cut. */
import { indexSplits } from "../../core/split";
import { countStages } from "../../core/split-stage";
import { JobId, type EpochMs } from "../../protocol/ids";
import type { SubmitJob } from "../../protocol/job";
import { planInput, planWhole } from "../../server/plan-input";
import { prepareProgram } from "../../server/program-prepare";
import { describeJob, type RunningJob } from "../../server/running-jobs";
import { UsageError } from "../failures";
import type { MemoryBlocks } from "./memory-blocks";

/** Jobs on a grid have ids of their own; here there is one job only. */
const ID = JobId.parse("job_0000000000000000");

const noDatasets = () => Promise.reject(new Error("There are no datasets here"));

/** @throws {GridError} As the coordinator refuses programs and inputs. */
export async function describeLocal(request: SubmitJob, blocks: MemoryBlocks): Promise<RunningJob> {
  const { name, program, input, config } = request;
  if ("id" in program || "dataset" in input || "url" in input || "result" in input) {
    const rule =
      "without a grid there are no registered programs, no datasets, no addresses and no results of other jobs";
    throw new UsageError(`${rule}: give files`);
  }
  const prepared = await prepareProgram(program);
  const { bytes, runtime, hasReduce, hasSplit = false } = prepared;
  // One reducer has the order that the grid's have over all of them, without a sample of the keys.
  const reducers = request.options.order === "total" ? 1 : (prepared.reducers ?? request.options.reducers);
  const options = { ...request.options, reducers };
  const plan = await (hasSplit ? planWhole : planInput)(input, options, blocks, {
    read: noDatasets,
    fetch: noDatasets,
    result: noDatasets,
  });
  const splits = indexSplits(plan);
  const names = [
    ...(hasSplit ? ["split" as const] : []),
    "map" as const,
    ...(hasReduce ? ["reduce" as const] : []),
  ];
  return describeJob({
    ...{ id: ID, name, submitter: "local", registered: null },
    ...{ plan, splitPlan: null, runtime, options, config },
    program: await blocks.write(bytes),
    stages: countStages(names, { source: splits, map: hasSplit ? null : splits, reducers }),
    createdAt: 0 as EpochMs,
    ...{ reads: [], repeats: null },
  });
}
