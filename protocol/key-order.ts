/**
 * The one order of keys, in runs and in results:
 *
 *   null < false < true < numbers by value < text by UTF-16 code units < byte strings by their bytes
 *        < lists, objects and all other values by their canonical text
 */

export interface EncodedKey {
  readonly key: unknown;
  /** Canonical text of a list, an object or another structured value; null for all others. */
  readonly keyText: string | null;
}

/** Zero only for keys with the same canonical text. */
export function compareKeys(a: EncodedKey, b: EncodedKey): number {
  const [x, y] = [a.key, b.key];
  if (typeof x === "string" && typeof y === "string") return x < y ? -1 : x > y ? 1 : 0;
  // What is no number but not finite either has a text.
  if (typeof x === "number" && typeof y === "number" && a.keyText === b.keyText) return x - y;
  const rank = rankOf(a) - rankOf(b);
  if (rank !== 0) return rank;
  if (x instanceof Uint8Array && y instanceof Uint8Array) return compareBytes(x, y);
  const [text, other] = [a.keyText ?? "", b.keyText ?? ""];
  return text < other ? -1 : text > other ? 1 : 0;
}

function rankOf({ key, keyText }: EncodedKey): number {
  if (keyText !== null) return 6;
  if (key === null) return 0;
  switch (typeof key) {
    case "boolean":
      return key ? 2 : 1;
    case "number":
      return 3;
    case "string":
      return 4;
    default:
      return 5;
  }
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length);
  for (let place = 0; place < shorter; place++) {
    const difference = (a[place] ?? 0) - (b[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
