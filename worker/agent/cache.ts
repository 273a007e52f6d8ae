/**
 * Blocks by digest: from memory, from the browser's database, or from the coordinator, in that order.
 *
 * Nothing is handed out that its digest does not name: bytes are verified after each fetch and each read from the
 * database. When the database fails or is full, blocks stay in memory.
 */
import type { Digest } from "../../protocol/ids";
import type { BlockServer } from "./blocks-http";
import type { BlockStore, BlockUse } from "./block-store";
import type { Clock } from "./clock";
import { digestOfBytes } from "./hash";

export interface Cache {
  /** @throws {Error} When no source has the right bytes. Requests for one digest share one fetch. */
  get(digest: Digest): Promise<Uint8Array<ArrayBuffer>>;
  /** Gets it in the background, for later; what fails is tried again then. */
  prefetch(digest: Digest): void;
  /** Keeps bytes that were made here. The caller answers for the digest. */
  keep(digest: Digest, bytes: Uint8Array<ArrayBuffer>): void;
  readonly traffic: Traffic;
}

/** `FromCache`: a task used bytes that did not have to be fetched for it. */
export interface Traffic {
  bytesFetched: number;
  bytesFromCache: number;
  blocksFetched: number;
  blocksFromCache: number;
}

export interface CacheParts {
  readonly store: BlockStore;
  readonly server: BlockServer;
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

/** A use is written down again only after this long: reading a block often must not mean writing often. */
const TOUCH_EVERY_MS = 60_000;

export async function openCache(parts: CacheParts): Promise<Cache> {
  const { store, server, clock, quotaBytes, memoryBytes, reportBug } = parts;
  const traffic: Traffic = { bytesFetched: 0, bytesFromCache: 0, blocksFetched: 0, blocksFromCache: 0 };
  /** Least recently used first. */
  const memory = new Map<Digest, Uint8Array<ArrayBuffer>>();
  const stored = new Map<Digest, BlockUse>();
  const requests = new Map<Digest, Promise<Found>>();
  /** Fetched ahead, and not used yet: the first use is not one from the cache. */
  const fetchedAhead = new Set<Digest>();
  let memorySize = 0;
  let storedSize = 0;

  const uses = await store.uses().catch(failing<BlockUse[]>([]));
  for (const use of [...uses].sort((a, b) => a.usedAt - b.usedAt)) noteStored(use);

  return { get, prefetch, keep, traffic };

  async function get(digest: Digest): Promise<Uint8Array<ArrayBuffer>> {
    const { bytes, isFetched } = await find(digest);
    if (!fetchedAhead.delete(digest) && !isFetched) {
      traffic.blocksFromCache += 1;
      traffic.bytesFromCache += bytes.byteLength;
    }
    return bytes;
  }

  function prefetch(digest: Digest): void {
    if (memory.has(digest) || requests.has(digest)) return;
    find(digest).then(({ isFetched }) => isFetched && fetchedAhead.add(digest), reportBug);
  }

  async function find(digest: Digest): Promise<Found> {
    const known = memory.get(digest);
    if (known) {
      remember(digest, known);
      return { bytes: known, isFetched: false };
    }
    const running = requests.get(digest);
    if (running) return { ...(await running), isFetched: false };
    const request = look(digest).finally(() => requests.delete(digest));
    requests.set(digest, request);
    return request;
  }

  async function look(digest: Digest): Promise<Found> {
    const found = await readStored(digest);
    if (found) {
      remember(digest, found);
      return { bytes: found, isFetched: false };
    }
    const bytes = await server.get(digest);
    if ((await digestOfBytes(bytes)) !== digest) {
      throw new Error(`The coordinator sent other bytes as block ${digest}`);
    }
    traffic.blocksFetched += 1;
    traffic.bytesFetched += bytes.byteLength;
    keep(digest, bytes);
    return { bytes, isFetched: true };
  }

  async function readStored(digest: Digest): Promise<Uint8Array<ArrayBuffer> | null> {
    const use = stored.get(digest);
    if (!use) return null;
    const bytes = await store.read(digest).catch(failing(null));
    if (!bytes || (await digestOfBytes(bytes)) !== digest) {
      await drop(digest);
      return null;
    }
    const now = clock.now();
    if (now - use.usedAt > TOUCH_EVERY_MS) store.touch({ ...use, usedAt: now }).catch(failing(undefined));
    noteStored({ ...use, usedAt: now });
    return bytes;
  }

  function keep(digest: Digest, bytes: Uint8Array<ArrayBuffer>): void {
    remember(digest, bytes);
    if (!stored.has(digest)) save(digest, bytes).catch(failing(undefined));
  }

  async function save(digest: Digest, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const use = { digest, bytes: bytes.byteLength, usedAt: clock.now() };
    if (use.bytes > quotaBytes) return;
    // Counted before it is written, so that several at once do not all find room.
    noteStored(use);
    try {
      for (const [oldest] of stored) {
        if (storedSize <= quotaBytes) break;
        if (oldest !== digest) await drop(oldest);
      }
      await store.write(use, bytes);
    } catch (error) {
      forget(digest);
      throw error;
    }
  }

  async function drop(digest: Digest): Promise<void> {
    forget(digest);
    await store.remove(digest).catch(failing(undefined));
  }

  function noteStored(use: BlockUse): void {
    forget(use.digest);
    stored.set(use.digest, use);
    storedSize += use.bytes;
  }

  function forget(digest: Digest): void {
    storedSize -= stored.get(digest)?.bytes ?? 0;
    stored.delete(digest);
  }

  function remember(digest: Digest, bytes: Uint8Array<ArrayBuffer>): void {
    if (memory.delete(digest)) memorySize -= bytes.byteLength;
    memory.set(digest, bytes);
    memorySize += bytes.byteLength;
    for (const [oldest, { byteLength }] of memory) {
      if (memorySize <= memoryBytes || oldest === digest) break;
      memory.delete(oldest);
      memorySize -= byteLength;
    }
  }

  /** The database is a convenience: what it cannot do is noted, and done without. */
  function failing<T>(instead: T): (error: unknown) => T {
    return (error) => {
      reportBug(error);
      return instead;
    };
  }
}
