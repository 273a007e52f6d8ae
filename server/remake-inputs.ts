/** Makes the inputs of reduce tasks anew whose map outputs were corrected, and finds the tasks that this concerns. */
import type { HeldFact, StaleTask } from "../core/recheck";
import type { StoredPart } from "../core/task";
import { taskIdParts, type Digest, type JobId } from "../protocol/ids";
import { GridError } from "../protocol/problems";
import type { BlockStore } from "./grid-api";
import { writeManifests, type Corrections } from "./shuffle";
import type { Database } from "./store/database";
import { archiveCopies } from "./store/rechecks";
import { readAcceptances, readAccepted } from "./store/tasks";
import { areHere } from "./take-outcomes";

interface Stores {
  database: Database;
  blocks: BlockStore;
}

/**
 * @param held What was found out of the map tasks, and is not on the disk yet.
 * @throws {GridError} `block-not-found` when a map output that a task needs again is gone.
 */
export async function remakeInputs(
  stores: Stores,
  jobId: JobId,
  reducers: number,
  held: readonly HeldFact[],
): Promise<{ manifests: Digest[]; stale: StaleTask[] }> {
  const corrections: Corrections = new Map(
    held.flatMap((fact) => {
      const { stage, index } = taskIdParts(fact.taskId);
      return fact.type === "task-accepted" && stage === "map" ? [[index, fact.parts] as const] : [];
    }),
  );
  const before = await writeManifests(stores, jobId, reducers);
  const manifests = await writeManifests(stores, jobId, reducers, corrections);
  const accepted = await readAcceptances(stores.database, { jobId, stage: "reduce" }, 0, reducers);
  const stale = accepted
    .filter(({ index }) => manifests[index] !== before[index])
    .map(({ index, digest }) => ({ index, digest }));
  await expectRuns(stores, jobId, new Set(stale.map(({ index }) => index)), corrections);
  if (stale.length > 0) await archiveCopies(stores.database, { jobId, stage: "reduce" }, stale);
  return { manifests, stale };
}

const TASKS_AT_ONCE = 500;

/** Expects that all runs are there which these reducers read. */
async function expectRuns(
  { database, blocks }: Stores,
  jobId: JobId,
  reducers: ReadonlySet<number>,
  corrections: Corrections,
): Promise<void> {
  if (reducers.size === 0) return;
  for (let from = 0; ;) {
    const tasks = await readAccepted(database, { jobId, stage: "map" }, from, TASKS_AT_ONCE);
    const last = tasks.at(-1);
    if (!last) return;
    for (const { index, parts } of tasks) {
      const runs: readonly StoredPart[] = corrections.get(index) ?? parts;
      const wanted = runs.filter(({ records, partition }) => records > 0 && reducers.has(partition ?? 0));
      if (await areHere(wanted, blocks)) continue;
      throw new GridError("block-not-found", `A run of ${jobId}/map/${index} is not stored any more`);
    }
    from = last.index + last.count;
  }
}
