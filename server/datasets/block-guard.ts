/**
 * Keeps a block that is just arriving from being freed as one that nobody has, and one that is being freed from being
 * taken for there. Holds for one process, which is what uses an area of blocks.
 */
import type { Digest } from "../../protocol/ids";

export interface BlockGuard {
  /** Nobody else acts on the block meanwhile. */
  alone<T>(digest: Digest, act: () => Promise<T>): Promise<T>;
  /** The block is about to be written of by `holder`, until that lets go. */
  hold(digest: Digest, holder: string): void;
  letGo(holder: string): void;
  isHeld(digest: Digest): boolean;
}

export function openBlockGuard(): BlockGuard {
  const queues = new Map<Digest, Promise<unknown>>();
  const held = new Map<string, Set<Digest>>();
  return {
    async alone(digest, act) {
      const before = queues.get(digest) ?? Promise.resolve();
      const turn = before.then(act);
      const ended = turn.catch(() => {});
      queues.set(digest, ended);
      try {
        return await turn;
      } finally {
        if (queues.get(digest) === ended) queues.delete(digest);
      }
    },
    hold(digest, holder) {
      const digests = held.get(holder) ?? new Set();
      digests.add(digest);
      held.set(holder, digests);
    },
    letGo: (holder) => void held.delete(holder),
    isHeld: (digest) => [...held.values()].some((digests) => digests.has(digest)),
  };
}
