/** Where cached blocks lie between visits. Knows nothing of quotas and trusts nothing about its bytes. */
import * as z from "zod";
import { Digest } from "../../protocol/ids";
import type { Content } from "../content";
import type { AgentDatabase } from "./database";

export interface BlockUse {
  readonly digest: Digest;
  readonly bytes: number;
  readonly usedAt: number;
  /** Of a job's input: the coordinator is told of those, to place tasks by. */
  readonly isInput: boolean;
}

export interface StoredBlock {
  readonly use: BlockUse;
  readonly content: Content;
}

export interface BlockStore {
  uses(): Promise<BlockUse[]>;
  read(digest: Digest): Promise<Content | null>;
  /** All of them, or none. @throws {DOMException} `QuotaExceededError` when the browser has no room for them. */
  write(blocks: readonly StoredBlock[]): Promise<void>;
  touch(use: BlockUse): Promise<void>;
  remove(digests: readonly Digest[]): Promise<void>;
}

const StoredUse = z.object({
  digest: Digest,
  bytes: z.number(),
  usedAt: z.number(),
  isInput: z.boolean().default(false),
});

export function openBlockStore(db: AgentDatabase): BlockStore {
  return {
    async uses() {
      const stored: readonly unknown[] = await db.getAll("blockUses");
      // What cannot be read is as good as not there: its bytes are written over when they are fetched again.
      return stored.flatMap((use) => StoredUse.safeParse(use).data ?? []);
    },
    async read(digest) {
      const content: unknown = await db.get("blocks", digest);
      if (content instanceof Blob) return content;
      return content instanceof Uint8Array && content.buffer instanceof ArrayBuffer
        ? new Uint8Array(content)
        : null;
    },
    async write(blocks) {
      // What is lost when the power fails is fetched again.
      const change = db.transaction(["blocks", "blockUses"], "readwrite", { durability: "relaxed" });
      const writes = blocks.flatMap(({ use, content }) => [
        change.objectStore("blocks").put(content, use.digest),
        change.objectStore("blockUses").put(use),
      ]);
      await Promise.all([...writes, change.done]);
    },
    touch: async (use) => void (await db.put("blockUses", use)),
    async remove(digests) {
      const change = db.transaction(["blocks", "blockUses"], "readwrite");
      const removals = digests.flatMap((digest) => [
        change.objectStore("blocks").delete(digest),
        change.objectStore("blockUses").delete(digest),
      ]);
      await Promise.all([...removals, change.done]);
    },
  };
}

/** For browsers without a database: remembers nothing. */
export const noBlockStore: BlockStore = {
  uses: () => Promise.resolve([]),
  read: () => Promise.resolve(null),
  write: () => Promise.reject(new Error("This browser keeps nothing")),
  touch: () => Promise.resolve(),
  remove: () => Promise.resolve(),
};
