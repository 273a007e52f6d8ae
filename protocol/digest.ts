/**
 * Names bytes by their SHA-256.
 *
 * A library in plain JavaScript rather than crypto.subtle: it is there on pages
 * without https too, and for a few hundred bytes it is faster than a promise.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Digest } from "./ids";

export function digestOf(bytes: Uint8Array): Digest {
  return bytesToHex(sha256(bytes)) as Digest;
}

export function digestOfText(text: string): Digest {
  return digestOf(utf8ToBytes(text));
}

interface NamedPart {
  digest: Digest;
  bytes: number;
  records: number;
  partition?: number | undefined;
}

/**
 * The digest of an output: SHA-256 over one line `digest bytes records` for each part, in order, with its partition if that is not 0.
 * Copies agree when these are equal, whether or not their bytes have travelled; the counts are voted on too.
 */
export function digestOfParts(parts: readonly NamedPart[]): Digest {
  return digestOfText(textOfParts(parts));
}

/** What is hashed for that. */
export function textOfParts(parts: readonly NamedPart[]): string {
  return parts.map(lineOf).join("\n");
}

function lineOf({ digest, bytes, records, partition }: NamedPart): string {
  return `${digest} ${bytes} ${records}${partition ? ` ${partition}` : ""}`;
}
