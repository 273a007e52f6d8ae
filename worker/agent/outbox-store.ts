/** Where the outbox survives a reload: parcels of outcomes that ended together, and the bytes of large parts. */
import * as z from "zod";
import { Digest } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import { Outcome } from "../../protocol/task";
import type { AgentDatabase } from "./database";
import { UnwrittenOutputs } from "./unwritten-outputs";

export interface Parcel {
  readonly key: number;
  readonly outcomes: readonly Outcome[];
}

/** What a volunteer has done in all its visits. */
export const LifetimeTotals = z.object({ tasks: z.number(), computeMs: z.number() });
export type LifetimeTotals = z.infer<typeof LifetimeTotals>;

export interface OutboxStore {
  /** Oldest first; what cannot be read any more is left out. */
  load(): Promise<{ parcels: Parcel[]; digests: Digest[]; totals: LifetimeTotals }>;
  save(parcel: Parcel, totals: LifetimeTotals): Promise<void>;
  /**
   * Settles when the bytes are stored, or when that has failed and they stay in memory.
   *
   * @throws {NoRoom} When there are too many of those already: these are not kept.
   */
  keep(digest: Digest, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  bytesOf(digest: Digest): Promise<Uint8Array<ArrayBuffer> | null>;
  remove(keys: readonly number[], digests: readonly Digest[]): Promise<void>;
}

const StoredDigests = z.array(Digest);
const StoredParcel = z.array(Outcome);

/** What a task stores fits neither into the browser's database nor into what the tab may keep in memory instead. */
export class NoRoom extends Error {
  constructor() {
    const most = LIMITS.unwrittenBytes / 2 ** 20;
    super(
      `The browser's database takes no more, and the tab has ${most} MiB in memory for that (unwrittenBytes)`,
    );
  }
}

/** Everything that changes at once. */
export interface OutboxChange {
  readonly parcels: Map<number, readonly Outcome[]>;
  readonly bytes: Map<Digest, Uint8Array<ArrayBuffer>>;
  totals: LifetimeTotals | null;
  readonly goneKeys: Set<number>;
  readonly goneDigests: Set<Digest>;
}

export interface OutboxDatabase extends Pick<OutboxStore, "load" | "bytesOf"> {
  /** All or nothing. */
  write(change: OutboxChange): Promise<void>;
}

export function openOutboxDatabase(db: AgentDatabase): OutboxDatabase {
  return {
    async load() {
      const [digests, keys, values, totals] = await Promise.all([
        db.getAllKeys("outputs"),
        db.getAllKeys("parcels"),
        db.getAll("parcels"),
        db.get("meta", "totals"),
      ]);
      const parcels = keys.flatMap((key, index) => {
        const outcomes = StoredParcel.safeParse(values[index]);
        return outcomes.success ? [{ key, outcomes: outcomes.data }] : [];
      });
      const read = LifetimeTotals.safeParse(totals);
      const none = { tasks: 0, computeMs: 0 };
      return { parcels, digests: StoredDigests.parse(digests), totals: read.success ? read.data : none };
    },
    async bytesOf(digest) {
      const bytes: unknown = await db.get("outputs", digest);
      return bytes instanceof Uint8Array && bytes.buffer instanceof ArrayBuffer
        ? new Uint8Array(bytes)
        : null;
    },
    async write({ parcels, bytes, totals, goneKeys, goneDigests }) {
      const change = db.transaction(["parcels", "outputs", "meta"], "readwrite");
      const [kept, outputs] = [change.objectStore("parcels"), change.objectStore("outputs")];
      await Promise.all([
        ...[...goneKeys].map((key) => kept.delete(key)),
        ...[...goneDigests].map((digest) => outputs.delete(digest)),
        ...[...parcels].map(([key, outcomes]) => kept.put(outcomes, key)),
        ...[...bytes].map(([digest, content]) => outputs.put(content, digest)),
        ...(totals ? [change.objectStore("meta").put(totals, "totals")] : []),
        change.done,
      ]);
    },
  };
}

/** For browsers without a database: outputs live as long as the agent. */
export function memoryOutboxStore(mostBytes: number = LIMITS.unwrittenBytes): OutboxStore {
  const outputs = new UnwrittenOutputs(mostBytes);
  return {
    load: () => Promise.resolve({ parcels: [], digests: [], totals: { tasks: 0, computeMs: 0 } }),
    save: () => Promise.resolve(),
    async keep(digest, bytes) {
      if (!outputs.hasRoomFor(digest, bytes)) throw new NoRoom();
      outputs.set(digest, bytes);
    },
    bytesOf: (digest) => Promise.resolve(outputs.get(digest) ?? null),
    remove(_keys, digests) {
      for (const digest of digests) outputs.delete(digest);
      return Promise.resolve();
    },
  };
}
