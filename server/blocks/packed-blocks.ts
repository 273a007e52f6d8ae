/**
 * Blocks as gzip, for those who are far: where the network is slower than the processor. Chosen by what is in a block: text shrinks to
 * a third, pictures and random bytes do not. What many tabs ask for is packed once.
 */
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Digest } from "../../protocol/ids";
import type { BlockStore } from "../grid-api";

export interface PackedBlocks {
  /** @returns Null when it is not worth it, or too much is being packed already: then the block goes as it is. */
  of(digest: Digest, store: Pick<BlockStore, "read">): Promise<Buffer | null>;
}

/** Packed bytes that are kept, the latest used; and of how many blocks it is known that they do not shrink. */
const KEPT_BYTES = 64 * 2 ** 20;
const KNOWN = 100_000;
/** Blocks that are packed at once: the coordinator has other things to do. */
const AT_ONCE = 2;
/** A smaller block is one packet of the network anyway. */
const LEAST_BYTES = 1_400;
/** What the start of a block tells of all of it, and what it must shrink to. */
const SAMPLE_BYTES = 16 * 1024;
const WORTH_IT = 0.8;

const packed = promisify(gzip) as (bytes: Uint8Array, options: { level: number }) => Promise<Buffer>;
/** Half as small again takes five times as long. */
const FAST = { level: 1 };

export function openPackedBlocks(): PackedBlocks {
  const kept = new Map<Digest, Buffer>();
  const unfit = new Set<Digest>();
  let keptBytes = 0;
  let running = 0;

  function keep(digest: Digest, bytes: Buffer): void {
    kept.set(digest, bytes);
    keptBytes += bytes.length;
    for (const [oldest, { length }] of kept) {
      if (keptBytes <= KEPT_BYTES) return;
      kept.delete(oldest);
      keptBytes -= length;
    }
  }

  function noteUnfit(digest: Digest): null {
    unfit.add(digest);
    const [oldest] = unfit;
    if (unfit.size > KNOWN && oldest !== undefined) unfit.delete(oldest);
    return null;
  }

  async function pack(digest: Digest, store: Pick<BlockStore, "read">): Promise<Buffer | null> {
    // What is kept packed is not compared with the block's name again.
    const bytes = await store.read(digest);
    if (bytes.length < LEAST_BYTES) return noteUnfit(digest);
    const sample = bytes.subarray(0, SAMPLE_BYTES);
    if ((await packed(sample, FAST)).length > sample.length * WORTH_IT) return noteUnfit(digest);
    const all = await packed(bytes, FAST);
    if (all.length > bytes.length * WORTH_IT) return noteUnfit(digest);
    keep(digest, all);
    return all;
  }

  return {
    async of(digest, store) {
      const known = kept.get(digest);
      if (known) {
        // Puts it last, so that the first is the one that was used longest ago.
        kept.delete(digest);
        kept.set(digest, known);
        return known;
      }
      if (unfit.has(digest) || running >= AT_ONCE) return null;
      running += 1;
      try {
        return await pack(digest, store);
      } finally {
        running -= 1;
      }
    },
  };
}
