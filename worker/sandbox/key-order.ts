/**
 * The one order of keys, in runs and in results:
 * null < false < true < numbers by value < strings by UTF-16 code units < arrays and objects by canonical JSON.
 */

/** A key with its canonical JSON. */
export interface EncodedKey {
  readonly key: unknown;
  readonly keyText: string;
}

/** Zero only for keys with the same canonical JSON. */
export function compareKeys(a: EncodedKey, b: EncodedKey): number {
  const rank = rankOf(a.key) - rankOf(b.key);
  if (rank !== 0) return rank;
  if (typeof a.key === "number" && typeof b.key === "number") return a.key - b.key;
  if (typeof a.key === "string" && typeof b.key === "string") return compareText(a.key, b.key);
  return compareText(a.keyText, b.keyText);
}

function rankOf(key: unknown): number {
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

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
