/** Writes what the tasks of a stage read, when the stage before it is over. Running it again gives the same. */
import {
  heavyAmong,
  planPieces,
  type LeftWhole,
  type PartitionSize,
  type RunSize,
} from "../core/heavy-partitions";
import type { JobId, StageName } from "../protocol/ids";
import { writeRanges } from "./key-ranges";
import type { RunningJob } from "./running-jobs";
import { mapRuns, sizeOfRun, writeManifests, writePieceManifests, type Stores } from "./shuffle";
import { readShufflePlan, saveShufflePlan, type ShufflePlan } from "./store/shuffle-plans";

/** @returns How many tasks the stage has, if that was not known before. */
export async function writeInputs(
  stores: Stores,
  jobId: JobId,
  job: RunningJob,
  stage: StageName,
): Promise<{ taskCount?: number }> {
  const { reducers } = job.spec;
  if (stage === "map") job.ranges ??= await writeRanges(stores, jobId, reducers);
  if (stage === "merge") return writePieces(stores, jobId, job);
  if (stage === "reduce" && job.manifests.length === 0) await writeReducers(stores, jobId, job);
  return {};
}

async function writePieces(stores: Stores, jobId: JobId, job: RunningJob): Promise<{ taskCount: number }> {
  let plan = await readShufflePlan(stores.database, jobId);
  if (!plan) {
    const { manifests, partitions } = await writeManifests(stores, jobId, job.spec.reducers);
    plan = await planShuffle(stores, jobId, job, partitions);
    // Most jobs have nothing heavy, and go on with what was written.
    if (plan.pieces.length === 0) job.manifests = manifests;
  }
  job.pieces = plan.pieces;
  job.pieceManifests = await writePieceManifests(stores, jobId, plan.pieces);
  return { taskCount: plan.pieces.length };
}

async function writeReducers(stores: Stores, jobId: JobId, job: RunningJob): Promise<void> {
  const plan = await readShufflePlan(stores.database, jobId);
  const pieces = plan?.pieces ?? [];
  const { manifests, partitions } = await writeManifests(stores, jobId, job.spec.reducers, pieces);
  if (!plan) await planShuffle(stores, jobId, job, partitions);
  job.pieces = pieces;
  job.manifests = manifests;
}

/** Decides what is merged first, and keeps that. */
async function planShuffle(
  stores: Stores,
  jobId: JobId,
  job: RunningJob,
  partitions: PartitionSize[],
): Promise<ShufflePlan> {
  const { record } = job;
  const heavy = heavyAmong(partitions);
  const obstacle = obstacleOf(job);
  const runs = obstacle === null ? await runsOf(stores, jobId, heavy) : new Map<number, RunSize[]>();
  const plan = { partitions, ...planPieces(partitions, heavy, runs, obstacle) };
  const stages = record.stages.map((stage) =>
    stage.name === "merge" ? { name: stage.name, taskCount: plan.pieces.length } : stage,
  );
  await saveShufflePlan(stores.database, jobId, plan, stages);
  job.record = { ...record, stages };
  return plan;
}

function obstacleOf({ record }: RunningJob): LeftWhole | null {
  if (record.stages.some(({ name }) => name === "merge")) return null;
  return record.options.compare === "exact" ? "no-combine" : "compared";
}

async function runsOf(
  { database }: Stores,
  jobId: JobId,
  heavy: readonly number[],
): Promise<Map<number, RunSize[]>> {
  const runs = new Map(heavy.map((partition): [number, RunSize[]] => [partition, []]));
  if (heavy.length === 0) return runs;
  for await (const { index, partition, run } of mapRuns(database, jobId))
    runs.get(partition)?.push({ task: index, ...sizeOfRun(run) });
  return runs;
}
