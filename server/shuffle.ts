/**
 * The shuffle: for each reducer, one block that lists its run of every map task.
 *
 * Runs themselves stay where they are: small ones in the manifest, large ones as blocks that tabs fetch by digest.
 * Deterministic maps give the same manifests again, so a job that runs a second time finds all of them in the tabs' caches.
 */
import type { StoredPart } from "../core/task";
import type { Digest, JobId } from "../protocol/ids";
import { openManifestWriter, type ListedBlock } from "../protocol/runs/manifest";
import type { BlockStore } from "./grid-api";
import type { Database } from "./store/database";
import { readAccepted } from "./store/tasks";

const TASKS_AT_ONCE = 500;

/** Outputs of map tasks that are about to take the place of what they were accepted as. */
export type Corrections = ReadonlyMap<number, readonly StoredPart[]>;

/** @returns The manifests' digests, one for each reducer, in order. Running it again gives the same. */
export async function writeManifests(
  { database, blocks }: { database: Database; blocks: BlockStore },
  jobId: JobId,
  reducers: number,
  corrections: Corrections = new Map(),
): Promise<Digest[]> {
  const writers = Array.from({ length: reducers }, openManifestWriter);
  for (let from = 0; ;) {
    const tasks = await readAccepted(database, { jobId, stage: "map" }, from, TASKS_AT_ONCE);
    for (const { index, parts } of tasks) {
      const runs = runsIn(corrections.get(index) ?? parts);
      for (const [reducer, run] of runs) writers[reducer]?.addRun(run.map(listed));
    }
    const last = tasks.at(-1);
    if (!last) break;
    from = last.index + last.count;
  }
  const manifests: Digest[] = [];
  for (const writer of writers) manifests.push(await blocks.write(writer.finish()));
  return manifests;
}

/** The parts of each partition that has any. */
function runsIn(parts: readonly StoredPart[]): Map<number, StoredPart[]> {
  const runs = new Map<number, StoredPart[]>();
  for (const part of parts) {
    if (part.records === 0) continue;
    const run = runs.get(part.partition ?? 0);
    if (run) run.push(part);
    else runs.set(part.partition ?? 0, [part]);
  }
  return runs;
}

const listed = ({ digest, bytes, run }: StoredPart): ListedBlock => run ?? { digest, bytes };
