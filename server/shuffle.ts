/**
 * The shuffle: for each reducer, one block that lists its run of every map task, and for each piece of a heavy partition
 * another one, of the runs that are merged first.
 *
 * Runs themselves stay where they are: small ones in the manifest, large ones as blocks that tabs fetch by digest.
 * Deterministic maps give the same manifests again, so a job that runs a second time finds all of them in the tabs' caches.
 */
import type { PartitionSize, Piece } from "../core/heavy-partitions";
import type { StoredPart } from "../core/task";
import type { Digest, JobId, StageName } from "../protocol/ids";
import { openManifestWriter, type ListedBlock, type ManifestWriter } from "../protocol/runs/manifest";
import type { BlockStore } from "./grid-api";
import { openPieces } from "../core/piece-order";
import type { Database } from "./store/database";
import { readAccepted } from "./store/acceptances";

const TASKS_AT_ONCE = 500;

export interface Stores {
  database: Database;
  blocks: BlockStore;
}

/** Outputs of map and merge tasks that are about to take the place of what they were accepted as. */
export type Corrections = ReadonlyMap<StageName, ReadonlyMap<number, readonly StoredPart[]>>;
export const NO_CORRECTIONS: Corrections = new Map();

export interface Manifests {
  /** One for each reducer, in order. */
  manifests: Digest[];
  /** What the maps gave for each of them. */
  partitions: PartitionSize[];
}

/** @param pieces What was merged. Running it again gives the same. */
export async function writeManifests(
  { database, blocks }: Stores,
  jobId: JobId,
  reducers: number,
  pieces: readonly Piece[] = [],
  corrections: Corrections = NO_CORRECTIONS,
): Promise<Manifests> {
  const writers = Array.from({ length: reducers }, openManifestWriter);
  const partitions = writers.map((): PartitionSize => ({ bytes: 0, records: 0, runs: 0 }));
  const merged = await readMerged(database, jobId, corrections);
  const open = openPieces(pieces, (place) => {
    const run = merged.get(place);
    const partition = pieces[place]?.partition ?? 0;
    if (run) addRun(writers[partition], run);
  });
  for await (const { index, partition, run } of mapRuns(database, jobId, corrections)) {
    measure(partitions[partition], run);
    const place = open.pieceOf(partition, index);
    // A merge that failed and was skipped takes nothing away: its runs are read one by one.
    if (place === null || !merged.has(place)) addRun(writers[partition], run);
  }
  open.finish();
  return { manifests: await write(writers, blocks), partitions };
}

/** @returns For each piece, the block that lists its runs. Running it again gives the same. */
export async function writePieceManifests(
  { database, blocks }: Stores,
  jobId: JobId,
  pieces: readonly Piece[],
  corrections: Corrections = NO_CORRECTIONS,
): Promise<Digest[]> {
  const writers = pieces.map(openManifestWriter);
  const open = openPieces(pieces);
  for await (const { index, partition, run } of mapRuns(database, jobId, corrections)) {
    const place = open.pieceOf(partition, index);
    if (place !== null) addRun(writers[place], run);
  }
  return write(writers, blocks);
}

export interface MapRun {
  /** The map task, the first one of a pack. */
  index: number;
  partition: number;
  run: readonly StoredPart[];
}

/** Every run of every map, in the order of the maps, as they are accepted; a task without records has none. */
export async function* mapRuns(
  database: Database,
  jobId: JobId,
  corrections: Corrections = NO_CORRECTIONS,
): AsyncGenerator<MapRun> {
  const corrected = corrections.get("map");
  for (let from = 0; ;) {
    const tasks = await readAccepted(database, { jobId, stage: "map" }, from, TASKS_AT_ONCE);
    for (const { index, parts } of tasks)
      for (const [partition, run] of runsIn(corrected?.get(index) ?? parts)) yield { index, partition, run };
    const last = tasks.at(-1);
    if (!last) return;
    from = last.index + last.count;
  }
}

/** The one run that each merged piece became; none of those that were skipped. */
async function readMerged(
  database: Database,
  jobId: JobId,
  corrections: Corrections,
): Promise<Map<number, readonly StoredPart[]>> {
  const merged = new Map<number, readonly StoredPart[]>();
  const corrected = corrections.get("merge");
  const tasks = await readAccepted(database, { jobId, stage: "merge" }, 0, MOST_PIECES);
  for (const { index, parts } of tasks) {
    const run = runsIn(corrected?.get(index) ?? parts).get(0);
    if (run) merged.set(index, run);
  }
  return merged;
}

/** Heavy partitions are fewer than half of them, and each has few pieces. */
const MOST_PIECES = 10_000;

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

function addRun(writer: ManifestWriter | undefined, run: readonly StoredPart[]): void {
  writer?.addRun(run.map(listed));
}

const listed = ({ digest, bytes, run }: StoredPart): ListedBlock => run ?? { digest, bytes };

export function sizeOfRun(run: readonly StoredPart[]): { bytes: number; records: number } {
  return {
    bytes: run.reduce((sum, { bytes }) => sum + bytes, 0),
    records: run.reduce((sum, { records }) => sum + records, 0),
  };
}

function measure(size: PartitionSize | undefined, run: readonly StoredPart[]): void {
  if (!size) return;
  const { bytes, records } = sizeOfRun(run);
  size.bytes += bytes;
  size.records += records;
  size.runs += 1;
}

async function write(writers: readonly ManifestWriter[], blocks: BlockStore): Promise<Digest[]> {
  const manifests: Digest[] = [];
  for (const writer of writers) manifests.push(await blocks.write(writer.finish()));
  return manifests;
}
