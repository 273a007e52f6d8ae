/**
 * Which reducer a key belongs to.
 *
 * Every copy of every map task must agree on this, on any engine, for as long as jobs live. Without ranges the hash of the
 * key says so: FNV-1a (32 bits) over the UTF-16 code units of its text, low byte first, finalised as in MurmurHash3 so
 * that its low bits are even too. The text of a string is itself, of bytes one unit for each, of all else its canonical text.
 */
import { canonicalJson } from "../../protocol/canonical";
import { compareKeys, type EncodedKey } from "../../protocol/key-order";

/** @returns A whole number from 0 up to, but not including, the number of reducers. */
export type PartitionOf = (key: EncodedKey) => number;

/** @param textOf What of a key decides; by default all of it. */
export function partitionByHash(reducers: number, textOf?: (key: unknown) => string): PartitionOf {
  if (reducers === 1) return () => 0;
  return (encoded) => {
    const { key } = encoded;
    if (!textOf && key instanceof Uint8Array)
      return hashOf(key.length, (place) => key[place] ?? 0) % reducers;
    const text = textOf?.(key) ?? keyTextOf(encoded);
    return hashOfText(text) % reducers;
  };
}

/**
 * @param bounds The least key of every range but the first, in the order of keys.
 * @returns The ranges in their order: a key that is a bound is in the range that it begins.
 */
export function partitionByRange(bounds: readonly EncodedKey[]): PartitionOf {
  return (key) => {
    let [low, high] = [0, bounds.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const bound = bounds[middle];
      if (bound && compareKeys(bound, key) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

function keyTextOf({ key, keyText }: EncodedKey): string {
  if (keyText !== null) return keyText;
  return typeof key === "string" ? key : canonicalJson(key);
}

/** @returns 32 bits, as a whole number from 0. */
export function hashOfText(text: string): number {
  return hashOf(text.length, (place) => text.charCodeAt(place));
}

function hashOf(length: number, unitAt: (place: number) => number): number {
  let hash = 0x811c9dc5;
  for (let place = 0; place < length; place++) {
    const unit = unitAt(place);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
