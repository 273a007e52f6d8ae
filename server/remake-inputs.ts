/** Makes the inputs of tasks anew whose stage before was corrected, and finds the tasks that this concerns. */
import type { HeldFact, StaleTask } from "../core/recheck";
import type { StoredPart } from "../core/task";
import { taskIdParts, type Digest, type JobId, type StageName } from "../protocol/ids";
import { GridError } from "../protocol/problems";
import { readManifest } from "../protocol/runs/manifest";
import type { RunningJob } from "./running-jobs";
import {
  NO_CORRECTIONS,
  writeManifests,
  writePieceManifests,
  type Corrections,
  type Stores,
} from "./shuffle";
import { archiveCopies } from "./store/rechecks";
import { readShufflePlan } from "./store/shuffle-plans";
import { readAcceptances } from "./store/acceptances";

/**
 * @param stage `merge` or `reduce`.
 * @param held What was found out of the stages before, and is not on the disk yet.
 * @throws {GridError} `block-not-found` when a run that a task needs again is gone.
 */
export async function remakeInputs(
  stores: Stores,
  jobId: JobId,
  job: RunningJob,
  stage: StageName,
  held: readonly HeldFact[],
): Promise<StaleTask[]> {
  // How heavy partitions were cut stays as it was: pieces are ranges of map tasks, whatever these gave.
  job.pieces = (await readShufflePlan(stores.database, jobId))?.pieces ?? [];
  const before = await listed(stores, jobId, job, stage, NO_CORRECTIONS);
  const manifests = await listed(stores, jobId, job, stage, correctionsIn(held));
  if (stage === "merge") job.pieceManifests = manifests;
  else job.manifests = manifests;
  const accepted = await readAcceptances(stores.database, { jobId, stage }, 0, manifests.length);
  const stale = accepted
    .filter(({ index }) => manifests[index] !== before[index])
    .map(({ index, digest }) => ({ index, digest }));
  for (const { index } of stale) await expectRuns(stores, `${jobId}/${stage}/${index}`, manifests[index]);
  if (stale.length > 0) await archiveCopies(stores.database, { jobId, stage }, stale);
  return stale;
}

async function listed(
  stores: Stores,
  jobId: JobId,
  { spec, pieces }: RunningJob,
  stage: StageName,
  corrections: Corrections,
): Promise<Digest[]> {
  if (stage === "merge") return writePieceManifests(stores, jobId, pieces, corrections);
  return (await writeManifests(stores, jobId, spec.reducers, pieces, corrections)).manifests;
}

function correctionsIn(held: readonly HeldFact[]): Corrections {
  const corrections = new Map<StageName, Map<number, readonly StoredPart[]>>();
  for (const fact of held) {
    if (fact.type !== "task-accepted") continue;
    const { stage, index } = taskIdParts(fact.taskId);
    const ofStage = corrections.get(stage) ?? new Map<number, readonly StoredPart[]>();
    corrections.set(stage, ofStage.set(index, fact.parts));
  }
  return corrections;
}

/** Expects that all runs are there which the task reads. */
async function expectRuns({ blocks }: Stores, taskId: string, manifest: Digest | undefined): Promise<void> {
  const runs = manifest ? readManifest(await blocks.read(manifest)) : [];
  for (const block of runs.flat()) {
    if (!("digest" in block) || (await blocks.has(block.digest))) continue;
    throw new GridError("block-not-found", `A run that ${taskId} reads is not stored any more`);
  }
}
