/**
 * Reads a block for somebody who cannot compare it with its name, as those can who read results and what datasets contain.
 *
 * A file was compared when it was written or first opened, and may have changed on the disk since. So the whole block is hashed as it
 * goes, and the last piece kept back until it is known to be right: what breaks off does not look complete.
 */
import { createHash } from "node:crypto";
import type { Digest } from "../../protocol/ids";
import { GridError } from "../../protocol/problems";
import type { BlockStore } from "../grid-api";

/**
 * @param range Only these bytes are given, from `start` up to, but not including, `end`; all of the block is read nonetheless.
 * @throws {GridError} `block-not-found`, also when the bytes turn out to be others; the store then knows.
 */
export async function* verifiedStream(
  store: Pick<BlockStore, "open" | "verify">,
  digest: Digest,
  { start, end } = { start: 0, end: Infinity },
): AsyncGenerator<Uint8Array> {
  const { body } = await store.open(digest);
  const hash = createHash("sha256");
  let offset = 0;
  let held: Uint8Array | null = null;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    hash.update(chunk);
    const part = chunk.subarray(Math.max(0, start - offset), Math.max(0, end - offset));
    offset += chunk.length;
    if (part.length === 0) continue;
    if (held) yield held;
    held = part;
  }
  if (hash.digest("hex") !== digest) {
    await store.verify(digest);
    throw new GridError("block-not-found", `The store gave other bytes as block ${digest}`);
  }
  if (held) yield held;
}
