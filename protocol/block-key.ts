/**
 * Short names of blocks, for saying what a tab holds: the first 48 bits of a digest, as a number.
 *
 * Two blocks of one name are so rare that what they cost, a fetch that was thought needless, does not matter. Nothing
 * is ever trusted by a short name: bytes are checked against the whole digest.
 */
import * as z from "zod";
import type { Digest } from "./ids";
import { LIMITS } from "./limits";

export type BlockKey = number & z.core.$brand<"BlockKey">;

const HEX_DIGITS = 12;
const KEY_BYTES = 6;
/** Six bytes are eight characters of Base64, without padding: keys can be told apart in a row of them. */
const KEY_CHARS = 8;

export function blockKeyOf(digest: Digest): BlockKey {
  return parseInt(digest.slice(0, HEX_DIGITS), 16) as BlockKey;
}

/** Keys in a row, eight characters each. */
export function packKeys(keys: readonly BlockKey[]): string {
  return keys.map((key) => btoa(String.fromCharCode(...bytesOf(key)))).join("");
}

/** Keys as they travel; `unpackKeys` reads them. */
export const PackedKeys = z
  .string()
  .max(LIMITS.blocksAnnounced * KEY_CHARS)
  .regex(/^(?:[A-Za-z0-9+/]{8})*$/, "must be keys of blocks, 8 characters of Base64 each");

export function unpackKeys(packed: string): BlockKey[] {
  const bytes = atob(packed);
  const keys: BlockKey[] = [];
  for (let start = 0; start + KEY_BYTES <= bytes.length; start += KEY_BYTES) {
    let key = 0;
    for (let at = start; at < start + KEY_BYTES; at++) key = key * 256 + bytes.charCodeAt(at);
    keys.push(key as BlockKey);
  }
  return keys;
}

function bytesOf(key: BlockKey): number[] {
  return Array.from(
    { length: KEY_BYTES },
    (_, place) => Math.floor(key / 256 ** (KEY_BYTES - 1 - place)) % 256,
  );
}
