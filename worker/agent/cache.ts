/**
 * Blocks by digest: from memory, from the browser's database, or from the coordinator, in that order.
 *
 * Nothing is handed out that its digest does not name: bytes are verified after each fetch and each read from the
 * database. When the database fails or is full, blocks stay in memory.
 */
import type { Digest } from "../../protocol/ids";
import { openAnnouncements, type BlockChanges } from "./announcements";
import type { BlockServer } from "./blocks-http";
import type { BlockStore } from "./block-store";
import type { Clock } from "./clock";
import { FetchGate } from "./fetch-gate";
import { digestOfBytes } from "./hash";
import { MemoryBlocks } from "./memory-blocks";
import { openStoredBlocks } from "./stored-blocks";

export interface Cache {
  /**
   * @param isInput Of a job's input: the coordinator is told that it is here.
   * @throws {Error} When no source has the right bytes. Requests for one digest share one fetch.
   */
  get(digest: Digest, isInput?: boolean): Promise<Uint8Array<ArrayBuffer>>;
  /** Gets it in the background, for later; what fails is tried again then. */
  prefetch(digest: Digest, isInput?: boolean): void;
  /** Keeps bytes that were made here. The caller answers for the digest. */
  keep(digest: Digest, bytes: Uint8Array<ArrayBuffer>): void;
  /** How much the browser's database may keep, in bytes. */
  setQuota(bytes: number): void;
  /** All blocks of inputs that are here, packed as hello says them. */
  announceAll(): string;
  /** What has changed of them since that was last told; null when nothing has. */
  announceChanges(): BlockChanges | null;
  readonly traffic: Traffic;
}

/** `FromCache`: a task used bytes that did not have to be fetched for it. `Stored`: in the browser's database now. */
export interface Traffic {
  bytesFetched: number;
  bytesFromCache: number;
  blocksFetched: number;
  blocksFromCache: number;
  blocksStored: number;
  bytesStored: number;
}

export interface CacheParts {
  readonly store: BlockStore;
  readonly server: Pick<BlockServer, "get">;
  readonly clock: Clock;
  /** Of the database and of memory, in bytes. */
  readonly quotaBytes: number;
  readonly memoryBytes: number;
  readonly reportBug: (error: unknown) => void;
}

interface Found {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** From the coordinator, just now. */
  readonly isFetched: boolean;
}

/** As many as browsers make to one host at a time. */
const FETCHES = 6;

export async function openCache(parts: CacheParts): Promise<Cache> {
  const { server, reportBug } = parts;
  const traffic = { bytesFetched: 0, bytesFromCache: 0, blocksFetched: 0, blocksFromCache: 0 };
  const announcements = openAnnouncements(isHere);
  const memory = new MemoryBlocks(parts.memoryBytes, went);
  const stored = await openStoredBlocks({ ...parts, dropped: went });
  const inputs = new Set([...stored.uses()].filter(({ isInput }) => isInput).map(({ digest }) => digest));
  const requests = new Map<Digest, Promise<Found>>();
  const gate = new FetchGate(FETCHES);
  /** Fetched ahead, and not used yet: the first use is not one from the cache. */
  const fetchedAhead = new Set<Digest>();

  return {
    async get(digest, isInput = false) {
      const { bytes, isFetched } = await find(digest, isInput, true);
      if (!fetchedAhead.delete(digest) && !isFetched) {
        traffic.blocksFromCache += 1;
        traffic.bytesFromCache += bytes.byteLength;
      }
      return bytes;
    },
    prefetch(digest, isInput = false) {
      if (memory.has(digest) || requests.has(digest)) return;
      find(digest, isInput, false).then(({ isFetched }) => isFetched && fetchedAhead.add(digest), reportBug);
    },
    keep: (digest, bytes) => keep(digest, bytes, false),
    setQuota: (bytes) => stored.setQuota(bytes),
    announceAll: () => announcements.all(inputsHere()),
    announceChanges: () => announcements.changes(),
    get traffic() {
      return { ...traffic, blocksStored: stored.count, bytesStored: stored.bytes };
    },
  };

  async function find(digest: Digest, isInput: boolean, isUrgent: boolean): Promise<Found> {
    const known = memory.get(digest);
    if (known) return { bytes: known, isFetched: false };
    if (isUrgent) gate.hurry(digest);
    const running = requests.get(digest);
    if (running) return { ...(await running), isFetched: false };
    const request = look(digest, isInput, isUrgent).finally(() => requests.delete(digest));
    requests.set(digest, request);
    return request;
  }

  async function look(digest: Digest, isInput: boolean, isUrgent: boolean): Promise<Found> {
    const found = await stored.read(digest);
    if (found) {
      memory.set(digest, found);
      return { bytes: found, isFetched: false };
    }
    const bytes = await gate.run(digest, isUrgent, () => server.get(digest));
    if ((await digestOfBytes(bytes)) !== digest) {
      throw new Error(`The coordinator sent other bytes as block ${digest}`);
    }
    traffic.blocksFetched += 1;
    traffic.bytesFetched += bytes.byteLength;
    keep(digest, bytes, isInput);
    return { bytes, isFetched: true };
  }

  function keep(digest: Digest, bytes: Uint8Array<ArrayBuffer>, isInput: boolean): void {
    memory.set(digest, bytes);
    stored.save(digest, bytes, isInput);
    if (!isInput) return;
    inputs.add(digest);
    announcements.came(digest);
  }

  function isHere(digest: Digest): boolean {
    return memory.has(digest) || stored.has(digest);
  }

  function went(digest: Digest): void {
    announcements.went(digest);
    if (!isHere(digest)) inputs.delete(digest);
  }

  /** The latest used last. */
  function inputsHere(): Set<Digest> {
    const here = new Set<Digest>();
    for (const { digest } of stored.uses()) if (inputs.has(digest)) here.add(digest);
    for (const digest of memory.digests()) if (inputs.has(digest)) here.add(digest);
    return here;
  }
}
