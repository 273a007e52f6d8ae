/**
 * Blocks by digest: from memory, from the browser's database, or from the coordinator, in that order.
 *
 * Bytes are handed out only when their digest names them: they are verified after each fetch and each read from the database. A large
 * block of an input is lent instead, as a `Blob`, to the slot that reads and verifies it. When the database fails or is full, blocks stay
 * in memory.
 */
import type { Digest } from "../../protocol/ids";
import { hasFastHash, readBlob, sizeOf, type Content } from "../content";
import { openAnnouncements, type BlockChanges } from "./announcements";
import type { BlockServer } from "./blocks-http";
import type { BlockStore } from "./block-store";
import type { Clock } from "./clock";
import { FetchGate } from "./fetch-gate";
import { MemoryBlocks } from "./memory-blocks";
import { openStoredBlocks } from "./stored-blocks";
import { digestOfBytes } from "./hash";
import { Unreadable } from "./unreadable";

export interface Cache {
  /**
   * @param isInput Of a job's input: the coordinator is told that it is here.
   * @throws {Unreadable} When the coordinator does not have the right bytes. @throws {Error} When they could not be fetched. Requests for one digest share one fetch.
   */
  get(digest: Digest, isInput?: boolean): Promise<Uint8Array<ArrayBuffer>>;
  /** Of a job's input: bytes, or, where takers can do that fast, a `Blob` that the taker has to verify. @throws {Error} As `get` does. */
  lend(digest: Digest): Promise<Content>;
  /** A taker says that what it was lent is not what the digest says: from now on it is verified here. */
  suspect(digest: Digest): void;
  /** Gets it in the background, for later, when few blocks wait to be written; what fails is tried again then. */
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
  readonly server: Pick<BlockServer, "get" | "getLarge">;
  readonly clock: Clock;
  /** Of the database and of memory, in bytes. */
  readonly quotaBytes: number;
  readonly memoryBytes: number;
  readonly reportBug: (error: unknown) => void;
}

interface Found {
  readonly content: Content;
  /** From the coordinator, just now. */
  readonly isFetched: boolean;
}

/** As many as browsers make to one host at a time. */
const FETCHES = 6;
/** Blocks that are remembered to be suspect. */
const SUSPECTS = 1_000;

export async function openCache(parts: CacheParts): Promise<Cache> {
  const { server, reportBug } = parts;
  const traffic = { bytesFetched: 0, bytesFromCache: 0, blocksFetched: 0, blocksFromCache: 0 };
  const announcements = openAnnouncements(isHere);
  const memory = new MemoryBlocks(parts.memoryBytes, went);
  const stored = await openStoredBlocks({ ...parts, dropped: went, keptUp: () => gate.go() });
  const inputs = new Set([...stored.uses()].filter(({ isInput }) => isInput).map(({ digest }) => digest));
  const requests = new Map<Digest, Promise<Found>>();
  /** Those of them that tasks wait for. */
  const urgent = new Set<Digest>();
  const gate = new FetchGate(FETCHES, () => stored.isKeepingUp);
  /** Fetched ahead, and not used yet: the first use is not one from the cache. */
  const fetchedAhead = new Set<Digest>();
  const suspects = new Set<Digest>();

  return {
    get: (digest, isInput = false) => bytesOf(digest, isInput),
    lend: async (digest) =>
      suspects.has(digest) || !hasFastHash()
        ? bytesOf(digest, true)
        : used(digest, await find(digest, true, true)),
    suspect(digest) {
      suspects.add(digest);
      const [oldest] = suspects;
      if (suspects.size > SUSPECTS && oldest !== undefined) suspects.delete(oldest);
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

  async function bytesOf(digest: Digest, isInput: boolean): Promise<Uint8Array<ArrayBuffer>> {
    const found = await find(digest, isInput, true, true);
    const content = used(digest, found);
    // Another has asked for it at the same time, and is lent it.
    return content instanceof Blob ? bytesOf(digest, isInput) : content;
  }

  /** Counts it as from the cache, unless it was fetched for this. */
  function used(digest: Digest, { content, isFetched }: Found): Content {
    if (!fetchedAhead.delete(digest) && !isFetched) {
      traffic.blocksFromCache += 1;
      traffic.bytesFromCache += sizeOf(content);
    }
    return content;
  }

  async function find(
    digest: Digest,
    isInput: boolean,
    isUrgent: boolean,
    asBytes = !isInput,
  ): Promise<Found> {
    const known = memory.get(digest);
    if (known && !(asBytes && known instanceof Blob)) return { content: known, isFetched: false };
    if (isUrgent) {
      urgent.add(digest);
      gate.hurry(digest);
    }
    const running = requests.get(digest);
    if (running) return { ...(await running), isFetched: false };
    const request = look(digest, isInput, asBytes).finally(() => {
      requests.delete(digest);
      urgent.delete(digest);
    });
    requests.set(digest, request);
    return request;
  }

  async function look(digest: Digest, isInput: boolean, asBytes: boolean): Promise<Found> {
    const here = memory.get(digest) ?? (await stored.read(digest));
    const found = here instanceof Blob && asBytes ? await bytesIn(digest, here) : here;
    if (found) {
      memory.set(digest, found);
      return { content: found, isFetched: false };
    }
    const content = await gate.run<Content>(digest, urgent.has(digest), () =>
      asBytes ? server.get(digest) : server.getLarge(digest),
    );
    if (!(content instanceof Blob) && (await digestOfBytes(content)) !== digest)
      throw new Unreadable(`The coordinator sent other bytes as block ${digest}`);
    traffic.blocksFetched += 1;
    traffic.bytesFetched += sizeOf(content);
    keep(digest, content, isInput);
    return { content, isFetched: true };
  }

  /** @returns Null when they are not what their digest says: then they are here no more. */
  async function bytesIn(digest: Digest, blob: Blob): Promise<Uint8Array<ArrayBuffer> | null> {
    const bytes = await readBlob(blob).catch(() => null);
    if (bytes && (await digestOfBytes(bytes)) === digest) return bytes;
    memory.delete(digest);
    await stored.drop(digest);
    return null;
  }

  function keep(digest: Digest, content: Content, isInput: boolean): void {
    memory.set(digest, content);
    stored.save(digest, content, isInput);
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
