/**
 * The blocks in the browser's database, within a quota: those that were used longest ago make room for others.
 *
 *   save ──▶ pending (in memory) ── a few at a time, in one transaction ──▶ stored
 *
 * No task waits for a write, but what is fetched ahead does. What still comes faster than the database takes it is not kept. When the disk is full, the quota is what
 * was there and fitted; when the database fails, it is left alone for a while.
 */
import type { Digest } from "../../protocol/ids";
import { sizeOf, type Content } from "../content";
import type { BlockStore, BlockUse, StoredBlock } from "./block-store";
import type { Clock } from "./clock";
import { digestOfBytes } from "./hash";

export interface StoredBlocks {
  /** Also while it waits to be written. */
  has(digest: Digest): boolean;
  /** Null when it is not there. Bytes are what the digest says, or are dropped; a `Blob` is compared by whoever reads it. */
  read(digest: Digest): Promise<Content | null>;
  /** The caller answers for bytes. */
  save(digest: Digest, content: Content, isInput: boolean): void;
  /** It is not what its digest says. */
  drop(digest: Digest): Promise<void>;
  setQuota(bytes: number): void;
  /** So little waits to be written that more may be fetched ahead. */
  readonly isKeepingUp: boolean;
  /** The least recently used first. */
  uses(): Iterable<BlockUse>;
  readonly bytes: number;
  readonly count: number;
}

export interface StoredBlocksParts {
  readonly store: BlockStore;
  readonly clock: Clock;
  readonly quotaBytes: number;
  /** It is not there any more. */
  readonly dropped: (digest: Digest) => void;
  /** Less waits to be written. */
  readonly keptUp: () => void;
  readonly reportBug: (error: unknown) => void;
}

const MIB = 1024 * 1024;
/** What waits to be written, at most: bytes lie in the agent's memory, `Blob`s with the browser. */
const PENDING = { bytes: 32 * MIB, blobs: 256 * MIB };
/**
 * From so much of that on, nothing is fetched ahead: there is room for what is on its way, and for what tasks wait for. From half on, 256 MiB
 * came a quarter slower on a machine that was busy.
 */
const KEEPING_UP = 0.75;
/** What goes into one transaction. */
const BATCH_BYTES = 8 * MIB;
const GATHER_MS = 50;
/** A use is written down again only after this long: reading a block often must not mean writing often. */
const TOUCH_EVERY_MS = 60_000;
/** How long a database that failed is left alone. */
const REST_MS = 60_000;
/** Of what is stored when the disk is full, so much stays. */
const KEPT_WHEN_FULL = 0.9;

export async function openStoredBlocks(parts: StoredBlocksParts): Promise<StoredBlocks> {
  const { store, clock, dropped, keptUp, reportBug } = parts;
  const stored = new Map<Digest, BlockUse>();
  const pending = new Map<Digest, StoredBlock>();
  let quotaBytes = parts.quotaBytes;
  let storedBytes = 0;
  const pendingBytes = { bytes: 0, blobs: 0 };
  let isWriting = false;
  let isPlanned = false;
  let restUntil = 0;

  const uses = await store.uses().catch(failing<BlockUse[]>([]));
  for (const use of [...uses].sort((a, b) => a.usedAt - b.usedAt)) note(use);
  // The quota may have been made smaller since.
  await makeRoom(0);

  return {
    has: (digest) => stored.has(digest) || pending.has(digest),
    read,
    save,
    async drop(digest) {
      const waiting = pending.get(digest);
      if (waiting) letGo(waiting);
      await drop([digest]);
    },
    setQuota(bytes) {
      quotaBytes = bytes;
      void makeRoom(0);
    },
    get isKeepingUp() {
      const { bytes, blobs } = pendingBytes;
      return bytes < KEEPING_UP * PENDING.bytes && blobs < KEEPING_UP * PENDING.blobs;
    },
    uses: () => stored.values(),
    get bytes() {
      return storedBytes;
    },
    get count() {
      return stored.size;
    },
  };

  async function read(digest: Digest): Promise<Content | null> {
    const waiting = pending.get(digest);
    if (waiting) return waiting.content;
    const use = stored.get(digest);
    if (!use) return null;
    const content = await store.read(digest).catch(failing(null));
    const isWrong = content instanceof Uint8Array && (await digestOfBytes(content)) !== digest;
    if (!content || isWrong) {
      await drop([digest]);
      return null;
    }
    const now = clock.now();
    if (now - use.usedAt > TOUCH_EVERY_MS) store.touch({ ...use, usedAt: now }).catch(failing(undefined));
    note({ ...use, usedAt: now });
    return content;
  }

  function save(digest: Digest, content: Content, isInput: boolean): void {
    const size = sizeOf(content);
    const kind = kindOf(content);
    const hasRoom = size <= quotaBytes && pendingBytes[kind] + size <= PENDING[kind];
    if (!hasRoom || stored.has(digest) || pending.has(digest) || clock.now() < restUntil) return;
    pending.set(digest, { use: { digest, bytes: size, usedAt: clock.now(), isInput }, content });
    pendingBytes[kind] += size;
    if (isPlanned) return;
    isPlanned = true;
    clock.after(GATHER_MS, () => void write());
  }

  async function write(): Promise<void> {
    isPlanned = false;
    if (isWriting) return;
    isWriting = true;
    while (pending.size > 0) {
      const batch = nextBatch();
      const isWritten = await writeBatch(batch);
      const unwanted: Digest[] = [];
      for (const block of batch) {
        const { use } = block;
        if (isWritten && !letGo(block)) unwanted.push(use.digest);
        else if (isWritten) note(use);
        else if (letGo(block)) dropped(use.digest);
      }
      keptUp();
      if (unwanted.length > 0) await drop(unwanted);
    }
    isWriting = false;
  }

  /** @returns False when it was dropped while it was being written. */
  function letGo({ use, content }: StoredBlock): boolean {
    const isHeld = pending.get(use.digest)?.use === use;
    if (!isHeld) return false;
    pendingBytes[kindOf(content)] -= use.bytes;
    return pending.delete(use.digest);
  }

  function nextBatch(): StoredBlock[] {
    const batch: StoredBlock[] = [];
    let bytes = 0;
    for (const block of pending.values()) {
      bytes += block.use.bytes;
      if (batch.length > 0 && bytes > BATCH_BYTES) break;
      batch.push(block);
    }
    return batch;
  }

  async function writeBatch(batch: readonly StoredBlock[]): Promise<boolean> {
    const bytes = batch.reduce((sum, { use }) => sum + use.bytes, 0);
    await makeRoom(bytes);
    try {
      await store.write(batch);
      return true;
    } catch (error) {
      if (!isFull(error) || stored.size === 0) return rest(error);
    }
    // The browser has less room than it said. What is stored fits; a part of that is what we can count on.
    quotaBytes = Math.floor(storedBytes * KEPT_WHEN_FULL);
    await makeRoom(bytes);
    return store.write(batch).then(() => true, rest);
  }

  function rest(error: unknown): false {
    restUntil = clock.now() + REST_MS;
    reportBug(error);
    return false;
  }

  async function makeRoom(bytes: number): Promise<void> {
    const leaving: Digest[] = [];
    let left = storedBytes;
    for (const use of stored.values()) {
      if (left + bytes <= quotaBytes) break;
      leaving.push(use.digest);
      left -= use.bytes;
    }
    if (leaving.length > 0) await drop(leaving);
  }

  async function drop(digests: readonly Digest[]): Promise<void> {
    for (const digest of digests) {
      forget(digest);
      dropped(digest);
    }
    await store.remove(digests).catch(failing(undefined));
  }

  function note(use: BlockUse): void {
    forget(use.digest);
    stored.set(use.digest, use);
    storedBytes += use.bytes;
  }

  function forget(digest: Digest): void {
    storedBytes -= stored.get(digest)?.bytes ?? 0;
    stored.delete(digest);
  }

  /** The database is a convenience: what it cannot do is noted, and done without. */
  function failing<T>(instead: T): (error: unknown) => T {
    return (error) => {
      reportBug(error);
      return instead;
    };
  }
}

const kindOf = (content: Content) => (content instanceof Blob ? "blobs" : "bytes");

function isFull(error: unknown): boolean {
  return error instanceof Error && error.name === "QuotaExceededError";
}
