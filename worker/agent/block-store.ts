/** Where cached blocks lie between visits. Knows nothing of quotas and trusts nothing about its bytes. */
import * as z from "zod";
import { Digest } from "../../protocol/ids";
import type { AgentDatabase } from "./database";

export interface BlockUse {
  readonly digest: Digest;
  readonly bytes: number;
  readonly usedAt: number;
}

export interface BlockStore {
  uses(): Promise<BlockUse[]>;
  read(digest: Digest): Promise<Uint8Array<ArrayBuffer> | null>;
  write(use: BlockUse, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  touch(use: BlockUse): Promise<void>;
  remove(digest: Digest): Promise<void>;
}

const StoredUses = z.array(z.object({ digest: Digest, bytes: z.number(), usedAt: z.number() }));

export function openBlockStore(db: AgentDatabase): BlockStore {
  return {
    uses: async () => StoredUses.parse(await db.getAll("blockUses")),
    async read(digest) {
      const bytes: unknown = await db.get("blocks", digest);
      return bytes instanceof Uint8Array && bytes.buffer instanceof ArrayBuffer
        ? new Uint8Array(bytes)
        : null;
    },
    async write(use, bytes) {
      const change = db.transaction(["blocks", "blockUses"], "readwrite");
      await Promise.all([
        change.objectStore("blocks").put(bytes, use.digest),
        change.objectStore("blockUses").put(use),
        change.done,
      ]);
    },
    touch: async (use) => void (await db.put("blockUses", use)),
    async remove(digest) {
      const change = db.transaction(["blocks", "blockUses"], "readwrite");
      await Promise.all([
        change.objectStore("blocks").delete(digest),
        change.objectStore("blockUses").delete(digest),
        change.done,
      ]);
    },
  };
}

/** For browsers without a database: remembers nothing. */
export const noBlockStore: BlockStore = {
  uses: () => Promise.resolve([]),
  read: () => Promise.resolve(null),
  write: () => Promise.resolve(),
  touch: () => Promise.resolve(),
  remove: () => Promise.resolve(),
};
