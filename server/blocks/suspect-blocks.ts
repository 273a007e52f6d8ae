/**
 * Compares blocks with their names anew, when a tab says that it was sent other bytes: one at a time, and each once for all that say so at
 * the same time, so that nobody keeps the coordinator busy by it.
 */
import type { Digest } from "../../protocol/ids";
import type { BlockStore } from "../grid-api";

/** @returns Looks at a block. @throws {GridError} `block-not-found` when it is not what it should be. */
export function openSuspectBlocks(store: Pick<BlockStore, "verify">): (digest: Digest) => Promise<void> {
  const running = new Map<Digest, Promise<void>>();
  let last: Promise<unknown> = Promise.resolve();
  return (digest) => {
    const known = running.get(digest);
    if (known) return known;
    const verifying = last.then(() => store.verify(digest)).finally(() => running.delete(digest));
    running.set(digest, verifying);
    last = verifying.catch(() => {});
    return verifying;
  };
}
