/**
 * An outbox store that writes what changes within a while in one transaction, and never what came and went in it: most outputs are
 * acknowledged before they would have been written. A transaction for each output took more processor time than sending it.
 *
 * Who loses the browser within that while loses what was computed in it, and others compute it again.
 */
import type { Digest } from "../../protocol/ids";
import type { Clock } from "./clock";
import type { OutboxChange, OutboxDatabase, OutboxStore } from "./outbox-store";

/** Longer than outputs usually wait to be reported and acknowledged. */
const GATHER_MS = 700;

/** @param reportBug Told when the database does not take a change; bytes that may be asked for then stay in memory. */
export function gatherWrites(
  database: OutboxDatabase,
  clock: Clock,
  reportBug: (error: unknown) => void,
): OutboxStore {
  let pending = emptyChange();
  /** On their way to the database, or refused by it. */
  const unwritten = new Map<Digest, Uint8Array<ArrayBuffer>>();
  let isPlanned = false;

  return {
    load: () => database.load(),
    save({ key, outcomes }, bytes, totals) {
      pending.parcels.set(key, outcomes);
      for (const [digest, content] of bytes) {
        pending.bytes.set(digest, content);
        pending.goneDigests.delete(digest);
      }
      pending.totals = totals;
      plan();
      return Promise.resolve();
    },
    remove(keys, digests) {
      for (const key of keys) if (!pending.parcels.delete(key)) pending.goneKeys.add(key);
      for (const digest of digests) {
        pending.bytes.delete(digest);
        unwritten.delete(digest);
        pending.goneDigests.add(digest);
      }
      plan();
      return Promise.resolve();
    },
    async bytesOf(digest) {
      return pending.bytes.get(digest) ?? unwritten.get(digest) ?? (await database.bytesOf(digest));
    },
  };

  function plan(): void {
    if (isPlanned) return;
    isPlanned = true;
    clock.after(GATHER_MS, () => void write());
  }

  async function write(): Promise<void> {
    const change = pending;
    pending = emptyChange();
    for (const [digest, content] of change.bytes) unwritten.set(digest, content);
    try {
      await database.write(change);
      for (const digest of change.bytes.keys()) unwritten.delete(digest);
    } catch (error) {
      reportBug(error);
    }
    isPlanned = false;
    if (pending.parcels.size + pending.goneKeys.size + pending.goneDigests.size > 0) plan();
  }
}

const emptyChange = (): OutboxChange => ({
  parcels: new Map(),
  bytes: new Map(),
  totals: null,
  goneKeys: new Set(),
  goneDigests: new Set(),
});
