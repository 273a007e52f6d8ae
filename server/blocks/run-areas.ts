/**
 * The blocks of shuffles: each job's in a folder of its own, which goes when the job has ended.
 *
 * A job may need its runs until then: a map output that is doubted is computed again while others read it, and a reducer whose
 * volunteer leaves begins anew. Nothing else reads them. What a crash leaves of ended jobs goes at the next start.
 */
import { mkdir, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { JobId, type Digest } from "../../protocol/ids";
import { GridError } from "../../protocol/problems";
import type { BlockStore } from "../grid-api";
import { ignoreMissing } from "./block-areas";
import { openDiskBlockStore } from "./disk-block-store";

export interface RunAreas {
  /** Where the job's runs are: also those that it has had before this process began. */
  of(jobId: JobId): Promise<BlockStore>;
  /** Reads blocks of whatever job has them. */
  readonly all: Pick<BlockStore, "has" | "open" | "read">;
  /** Jobs that have the block, or had it until it was lost on the disk. */
  jobsWith(digest: Digest): Iterable<JobId>;
  /** The job has ended. */
  free(jobId: JobId): Promise<void>;
  /** How many jobs have runs here. */
  readonly size: number;
}

/**
 * @param isNeeded Whether the job has not ended.
 * @returns When the runs of ended jobs are gone.
 */
export async function openRunAreas(folder: string, isNeeded: (jobId: JobId) => boolean): Promise<RunAreas> {
  await mkdir(folder, { recursive: true });
  const areas = new Map<JobId, Promise<BlockStore>>();
  /** The blocks of each job: a file's name does not say whose it is. */
  const digests = new Map<JobId, Set<Digest>>();
  const holders = new Map<Digest, Set<JobId>>();

  for (const name of await readdir(folder)) {
    const jobId = JobId.safeParse(name).data;
    if (jobId && isNeeded(jobId)) {
      for await (const digest of (await of(jobId)).list()) note(jobId, digest);
    } else await rm(path.join(folder, name), { recursive: true, force: true });
  }

  return {
    of,
    all: {
      has: (digest) => Promise.resolve(holders.has(digest)),
      open: (digest, range) => fromAny(digest, (area) => area.open(digest, range)),
      read: (digest) => fromAny(digest, (area) => area.read(digest)),
    },
    jobsWith: (digest) => holders.get(digest) ?? [],
    async free(jobId) {
      areas.delete(jobId);
      for (const digest of digests.get(jobId) ?? []) {
        const jobs = holders.get(digest);
        jobs?.delete(jobId);
        if (jobs?.size === 0) holders.delete(digest);
      }
      digests.delete(jobId);
      // A block that is on its way may come into the folder meanwhile.
      await rm(path.join(folder, jobId), { recursive: true, force: true, maxRetries: 5 });
    },
    get size() {
      return areas.size;
    },
  };

  function of(jobId: JobId): Promise<BlockStore> {
    const area = areas.get(jobId) ?? openArea(jobId);
    areas.set(jobId, area);
    return area;
  }

  async function openArea(jobId: JobId): Promise<BlockStore> {
    const store = await openDiskBlockStore(path.join(folder, jobId));
    return {
      ...store,
      async write(bytes) {
        const digest = await store.write(bytes);
        note(jobId, digest);
        return digest;
      },
      async receive(digest, body) {
        await store.receive(digest, body);
        note(jobId, digest);
      },
    };
  }

  function note(jobId: JobId, digest: Digest): void {
    // It ended while the block was on its way.
    if (!areas.has(jobId)) return;
    const own = digests.get(jobId) ?? new Set();
    digests.set(jobId, own.add(digest));
    const jobs = holders.get(digest) ?? new Set();
    holders.set(digest, jobs.add(jobId));
  }

  /** What is lost in the folder of one job may be in that of another. */
  async function fromAny<T>(digest: Digest, read: (area: BlockStore) => Promise<T>): Promise<T> {
    for (const jobId of holders.get(digest) ?? []) {
      const area = await areas.get(jobId);
      const found = area && (await read(area).catch(ignoreMissing));
      if (found) return found;
    }
    throw new GridError("block-not-found", `There is no block ${digest}`);
  }
}
