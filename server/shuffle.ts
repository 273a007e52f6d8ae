/**
 * The shuffle: for each reducer, one block that lists its run of every map task.
 *
 * Runs themselves stay where they are: small ones as text in the manifest, large
 * ones as blocks that tabs fetch by digest. Deterministic maps give the same manifests
 * again, so a job that runs a second time finds all of them in the tabs' caches.
 */
import type { StoredPart } from "../core/task";
import type { Digest, JobId } from "../protocol/ids";
import type { Part } from "../protocol/task";
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
  const lines: string[][] = Array.from({ length: reducers }, () => []);
  for (let from = 0; ;) {
    const tasks = await readAccepted(database, { jobId, stage: "map" }, from, TASKS_AT_ONCE);
    for (const { index, parts } of tasks) {
      for (const [reducer, part] of (corrections.get(index) ?? parts).entries()) {
        if (part.records > 0) lines[reducer]?.push(`${JSON.stringify(partOnWire(part))}\n`);
      }
    }
    const last = tasks.at(-1);
    if (!last) break;
    from = last.index + last.count;
  }
  const manifests: Digest[] = [];
  for (const manifest of lines) manifests.push(await blocks.write(Buffer.from(manifest.join(""))));
  return manifests;
}

function partOnWire({ digest, bytes, records, text }: StoredPart): Part {
  return text === undefined ? { digest, bytes, records } : { text, records };
}
