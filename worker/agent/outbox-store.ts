/** Where the outbox survives a reload: parcels of outcomes that ended together, and the bytes of large parts. */
import * as z from "zod";
import type { Digest } from "../../protocol/ids";
import { Outcome } from "../../protocol/task";
import type { AgentDatabase } from "./database";

export interface Parcel {
  readonly key: number;
  readonly outcomes: readonly Outcome[];
}

/** What a volunteer has done in all its visits. */
export const LifetimeTotals = z.object({ tasks: z.number(), computeMs: z.number() });
export type LifetimeTotals = z.infer<typeof LifetimeTotals>;

export interface OutboxStore {
  /** Oldest first; what cannot be read any more is left out. */
  load(): Promise<{ parcels: Parcel[]; totals: LifetimeTotals }>;
  /** All or nothing. */
  save(
    parcel: Parcel,
    bytes: ReadonlyMap<Digest, Uint8Array<ArrayBuffer>>,
    totals: LifetimeTotals,
  ): Promise<void>;
  bytesOf(digest: Digest): Promise<Uint8Array<ArrayBuffer> | null>;
  remove(keys: readonly number[], digests: readonly Digest[]): Promise<void>;
}

const StoredParcel = z.array(Outcome);

export function openOutboxStore(db: AgentDatabase): OutboxStore {
  return {
    async load() {
      const [keys, values, totals] = await Promise.all([
        db.getAllKeys("parcels"),
        db.getAll("parcels"),
        db.get("meta", "totals"),
      ]);
      const parcels = keys.flatMap((key, index) => {
        const outcomes = StoredParcel.safeParse(values[index]);
        return outcomes.success ? [{ key, outcomes: outcomes.data }] : [];
      });
      const read = LifetimeTotals.safeParse(totals);
      return { parcels, totals: read.success ? read.data : { tasks: 0, computeMs: 0 } };
    },
    async save({ key, outcomes }, bytes, totals) {
      const change = db.transaction(["parcels", "outputs", "meta"], "readwrite");
      const outputs = change.objectStore("outputs");
      await Promise.all([
        change.objectStore("parcels").put(outcomes, key),
        ...[...bytes].map(([digest, content]) => outputs.put(content, digest)),
        change.objectStore("meta").put(totals, "totals"),
        change.done,
      ]);
    },
    async bytesOf(digest) {
      const bytes: unknown = await db.get("outputs", digest);
      return bytes instanceof Uint8Array && bytes.buffer instanceof ArrayBuffer
        ? new Uint8Array(bytes)
        : null;
    },
    async remove(keys, digests) {
      const change = db.transaction(["parcels", "outputs"], "readwrite");
      await Promise.all([
        ...keys.map((key) => change.objectStore("parcels").delete(key)),
        ...digests.map((digest) => change.objectStore("outputs").delete(digest)),
        change.done,
      ]);
    },
  };
}

/** For browsers without a database: outputs live as long as the agent. */
export function memoryOutboxStore(): OutboxStore {
  const outputs = new Map<Digest, Uint8Array<ArrayBuffer>>();
  return {
    load: () => Promise.resolve({ parcels: [], totals: { tasks: 0, computeMs: 0 } }),
    save(_parcel, bytes) {
      for (const [digest, content] of bytes) outputs.set(digest, content);
      return Promise.resolve();
    },
    bytesOf: (digest) => Promise.resolve(outputs.get(digest) ?? null),
    remove(_keys, digests) {
      for (const digest of digests) outputs.delete(digest);
      return Promise.resolve();
    },
  };
}
