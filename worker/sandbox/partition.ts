/**
 * Which reducer a key belongs to.
 *
 * Every copy of every map task must agree on this, on any engine, for as long as jobs live: the hash is
 * FNV-1a (32 bits) over the UTF-16 code units of the key's canonical JSON, low byte first, finalised as in
 * MurmurHash3 so that its low bits are even too.
 */

/** @returns A whole number from 0 up to, but not including, `partitions`. */
export function partitionOf(keyText: string, partitions: number): number {
  return partitions === 1 ? 0 : hashOf(keyText) % partitions;
}

/** @returns 32 bits, as a whole number from 0. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
