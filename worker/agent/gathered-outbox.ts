/**
 * An outbox store that writes what changes within a while in one transaction, and never what came and went in it: most outputs are
 * acknowledged before they would have been written. A transaction for each output took more processor time than sending it.
 *
 * Who loses the browser within that while loses what was computed in it, and others compute it again. Large parts that come one after
 * the other are written as they come: they would fill the memory. So would what the database refuses: of that, so much is kept.
 */
import type { Digest } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import type { Clock } from "./clock";
import { NoRoom, type OutboxChange, type OutboxDatabase, type OutboxStore } from "./outbox-store";
import { UnwrittenOutputs } from "./unwritten-outputs";

/** Longer than outputs usually wait to be reported and acknowledged. */
const GATHER_MS = 700;
/** More than these are written at once. */
const GATHER_BYTES = 2 * 1024 * 1024;

interface Pending extends OutboxChange {
  byteCount: number;
  readonly written: Promise<void>;
  readonly settle: () => void;
}

/** @param reportBug Told when the database does not take a change; bytes that may be asked for then stay in memory. */
export function gatherWrites(
  database: OutboxDatabase,
  clock: Clock,
  reportBug: (error: unknown) => void,
  mostRefused: number = LIMITS.unwrittenBytes,
): OutboxStore {
  let pending = emptyChange();
  /** On its way to the database. */
  let leaving = emptyChange();
  const refused = new UnwrittenOutputs(mostRefused);
  let cancelPlan: (() => void) | null = null;
  let isWriting = false;

  return {
    load: () => database.load(),
    save({ key, outcomes }, totals) {
      pending.parcels.set(key, outcomes);
      pending.totals = totals;
      plan();
      return Promise.resolve();
    },
    async keep(digest, bytes) {
      if (!refused.hasRoomFor(digest, bytes)) throw new NoRoom();
      pending.bytes.set(digest, bytes);
      pending.goneDigests.delete(digest);
      pending.byteCount += bytes.byteLength;
      const { written } = pending;
      plan();
      await written;
    },
    remove(keys, digests) {
      for (const key of keys) if (!pending.parcels.delete(key)) pending.goneKeys.add(key);
      for (const digest of digests) {
        pending.bytes.delete(digest);
        leaving.bytes.delete(digest);
        refused.delete(digest);
        pending.goneDigests.add(digest);
      }
      plan();
      return Promise.resolve();
    },
    async bytesOf(digest) {
      const held = pending.bytes.get(digest) ?? leaving.bytes.get(digest) ?? refused.get(digest);
      return held ?? (await database.bytesOf(digest));
    },
  };

  function plan(): void {
    if (isWriting) return;
    if (pending.byteCount >= GATHER_BYTES) void write();
    else cancelPlan ??= clock.after(GATHER_MS, () => void write());
  }

  async function write(): Promise<void> {
    cancelPlan?.();
    cancelPlan = null;
    isWriting = true;
    leaving = pending;
    pending = emptyChange();
    try {
      await database.write(leaving);
    } catch (error) {
      reportBug(error);
      for (const [digest, content] of leaving.bytes) refused.set(digest, content);
    }
    leaving.settle();
    leaving = emptyChange();
    isWriting = false;
    if (pending.parcels.size + pending.bytes.size + pending.goneKeys.size + pending.goneDigests.size > 0)
      plan();
  }
}

function emptyChange(): Pending {
  let settle = () => {};
  const written = new Promise<void>((resolve) => (settle = resolve));
  const parts = {
    parcels: new Map(),
    bytes: new Map(),
    goneKeys: new Set<number>(),
    goneDigests: new Set<Digest>(),
  };
  return { ...parts, totals: null, byteCount: 0, written, settle };
}
