/** Gathers a block that comes as a stream, a few at a time: whoever else sends one waits, and its connection with it. */
import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import type { Digest } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import { GridError } from "../../protocol/problems";
import { tooLarge } from "./disk-block-store";

const AT_ONCE = 4;

/** @returns Reads a block to its end. @throws {GridError} `too-large`, `digest-mismatch`. */
export function openGathering(): (digest: Digest, body: Readable) => Promise<Buffer> {
  let running = 0;
  const waiting: (() => void)[] = [];

  return async (digest, body) => {
    // The sender may leave before its turn. Without a listener that would end the process.
    body.on("error", () => {});
    if (running >= AT_ONCE) await new Promise<void>((begin) => waiting.push(begin));
    else running += 1;
    try {
      return await gather(digest, body);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

async function gather(digest: Digest, body: Readable): Promise<Buffer> {
  const hash = createHash("sha256");
  const chunks: Uint8Array[] = [];
  let byteCount = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    byteCount += chunk.length;
    if (byteCount > LIMITS.blockBytes) throw tooLarge(byteCount);
    hash.update(chunk);
    chunks.push(chunk);
  }
  const actual = hash.digest("hex");
  if (actual === digest) return Buffer.concat(chunks);
  throw new GridError(
    "digest-mismatch",
    `The ${byteCount} bytes received have the digest ${actual}, not ${digest}`,
  );
}
