/** The agent's IndexedDB: its stores and their keys. Opened once; where it cannot be, the agent works from memory. */
import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import type { Digest } from "../../protocol/ids";

interface Schema extends DBSchema {
  /** Blocks, by digest. */
  blocks: { key: string; value: Uint8Array | Blob };
  /** When a block was last used: apart, so that using one does not write its bytes again. */
  blockUses: { key: string; value: { digest: Digest; bytes: number; usedAt: number; isInput: boolean } };
  /** Outcomes that are not acknowledged, as they ended together. */
  parcels: { key: number; value: unknown };
  /** Large parts of those outcomes, by digest. */
  outputs: { key: string; value: Uint8Array };
  meta: { key: string; value: unknown };
}

export type AgentDatabase = IDBPDatabase<Schema>;

/** @returns Null where the browser has no IndexedDB or refuses it, as in some private windows. */
export async function openDatabase(reportBug: (error: unknown) => void): Promise<AgentDatabase | null> {
  if (!("indexedDB" in globalThis)) return null;
  try {
    return await openDB<Schema>("tabgrid", 1, {
      upgrade(db) {
        db.createObjectStore("blocks");
        db.createObjectStore("blockUses", { keyPath: "digest" });
        db.createObjectStore("parcels");
        db.createObjectStore("outputs");
        db.createObjectStore("meta");
      },
    });
  } catch (error) {
    reportBug(error);
    return null;
  }
}
