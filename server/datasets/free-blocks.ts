/**
 * Frees the blocks of versions that were deleted and of uploads that were given up.
 *
 * A version is first marked, by which nobody finds it any more; its blocks go when no job reads it; its rows last. So
 * a crash in between leaves only what the next round takes up. What a crash leaves without a row is found by going
 * through all blocks at the start.
 */
import type { Digest } from "../../protocol/ids";
import type { BlockStore } from "../grid-api";
import type { Database } from "../store/database";
import type { BlockGuard } from "./block-guard";

export interface FreeingParts {
  database: Database;
  blocks: BlockStore;
  guard: BlockGuard;
  /** Whether somebody in this process is reading the version. */
  isRead: (versionId: string) => boolean;
}

const UNENDED = ["queued", "running", "paused"];
const ROWS_AT_ONCE = 1000;

/** @returns How many blocks were freed. */
export async function freeDeleted(parts: FreeingParts): Promise<number> {
  const { database, isRead } = parts;
  let freed = 0;
  const deleted = await database.datasetVersion.findMany({
    where: { state: "deleted" },
    select: { id: true },
  });
  for (const { id } of deleted) {
    if (isRead(id) || (await isReadByJob(database, id))) continue;
    freed += await freeVersion(parts, id);
  }
  return freed;
}

async function isReadByJob(database: Database, versionId: string): Promise<boolean> {
  const readers = await database.datasetReader.findMany({ where: { versionId }, select: { jobId: true } });
  const jobs = readers.map(({ jobId }) => jobId);
  return (await database.job.count({ where: { id: { in: jobs }, state: { in: UNENDED } } })) > 0;
}

async function freeVersion(parts: FreeingParts, versionId: string): Promise<number> {
  const { database } = parts;
  let freed = 0;
  for (let place = 0; ; place += ROWS_AT_ONCE) {
    const rows = await database.datasetBlock.findMany({
      where: { versionId, place: { gte: place, lt: place + ROWS_AT_ONCE } },
      select: { digest: true },
    });
    if (rows.length === 0) break;
    for (const digest of new Set(rows.map((row) => row.digest as Digest))) {
      if (await freeUnless(parts, digest, versionId)) freed += 1;
    }
  }
  await database.$transaction([
    database.datasetBlock.deleteMany({ where: { versionId } }),
    database.datasetReader.deleteMany({ where: { versionId } }),
    database.datasetVersion.delete({ where: { id: versionId } }),
  ]);
  return freed;
}

/** Frees a block that nobody has or is about to have. @param versionId The one that gives the block up; null when none has it that is known of. */
export function freeUnless(
  { database, blocks, guard }: FreeingParts,
  digest: Digest,
  versionId: string | null,
): Promise<boolean> {
  return guard.alone(digest, async () => {
    const others = await database.datasetBlock.count({
      where: { digest, ...(versionId !== null && { versionId: { not: versionId } }) },
    });
    if (others > 0 || guard.isHeld(digest)) return false;
    await blocks.remove(digest);
    return true;
  });
}

/** Goes through all blocks. @returns How many were freed. */
export async function freeOrphans(parts: FreeingParts, signal: AbortSignal): Promise<number> {
  let freed = 0;
  for await (const digest of parts.blocks.list()) {
    if (signal.aborted) break;
    if (await freeUnless(parts, digest, null)) freed += 1;
  }
  return freed;
}
