/**
 * What the coordinator knows of the blocks that are here: everything with hello, then what has changed.
 *
 * Only blocks of inputs: tasks are placed by those. What is not told costs a fetch, no more.
 */
import { blockKeyOf, packKeys, type BlockKey } from "../../protocol/block-key";
import type { Digest } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";

export interface BlockChanges {
  readonly added: string;
  readonly dropped: string;
}

export interface Announcements {
  /** A block of an input has come. */
  came(digest: Digest): void;
  /** A block may have gone. */
  went(digest: Digest): void;
  /** All that is here, packed. @param digests The latest used last. */
  all(digests: Iterable<Digest>): string;
  /** What is to be said since the last time, packed; null when that is nothing. */
  changes(): BlockChanges | null;
}

export function openAnnouncements(isHere: (digest: Digest) => boolean): Announcements {
  const announced = new Map<Digest, BlockKey>();
  const changed = new Set<Digest>();
  return {
    came: (digest) => void changed.add(digest),
    went(digest) {
      if (announced.has(digest)) changed.add(digest);
    },
    all(digests) {
      announced.clear();
      changed.clear();
      for (const digest of [...digests].slice(-LIMITS.blocksAnnounced))
        announced.set(digest, blockKeyOf(digest));
      return packKeys([...announced.values()]);
    },
    changes() {
      const added: BlockKey[] = [];
      const dropped: BlockKey[] = [];
      for (const digest of changed) {
        const key = announced.get(digest);
        const isNews = isHere(digest) ? key === undefined : key !== undefined;
        if (isNews && key !== undefined) {
          announced.delete(digest);
          dropped.push(key);
        } else if (isNews && announced.size < LIMITS.blocksAnnounced) {
          announced.set(digest, blockKeyOf(digest));
          added.push(blockKeyOf(digest));
        }
      }
      changed.clear();
      if (added.length + dropped.length === 0) return null;
      return { added: packKeys(added), dropped: packKeys(dropped) };
    },
  };
}
