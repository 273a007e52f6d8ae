/** Blocks in memory, as the coordinator's code writes them and as the tabs' code reads them. */
import { digestOf } from "../../protocol/digest";
import type { Digest } from "../../protocol/ids";
import { GridError } from "../../protocol/problems";
import { Readable } from "node:stream";
import type { BlockStore } from "../../server/grid-api";

export interface MemoryBlocks extends BlockStore {
  get(digest: Digest): Promise<Uint8Array<ArrayBuffer>>;
  lend(digest: Digest): Promise<Uint8Array<ArrayBuffer>>;
  prefetch(digest: Digest): void;
}

export function openMemoryBlocks(): MemoryBlocks {
  const blocks = new Map<Digest, Uint8Array<ArrayBuffer>>();
  return {
    has: (digest) => Promise.resolve(blocks.has(digest)),
    read: get,
    verify: async (digest) => void (await get(digest)),
    get,
    lend: get,
    prefetch() {},
    write(bytes) {
      const digest = digestOf(bytes);
      blocks.set(digest, new Uint8Array(bytes));
      return Promise.resolve(digest);
    },
    receive: () => Promise.reject(new Error("Nothing is uploaded to a local run")),
    remove(digest) {
      blocks.delete(digest);
      return Promise.resolve();
    },
    async *list() {
      yield* blocks.keys();
    },
    async open(digest) {
      const bytes = await get(digest);
      return { bytes: bytes.byteLength, body: Readable.from([bytes]) };
    },
  };

  function get(digest: Digest): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = blocks.get(digest);
    if (bytes) return Promise.resolve(bytes);
    return Promise.reject(new GridError("block-not-found", `There is no block ${digest}`));
  }
}
