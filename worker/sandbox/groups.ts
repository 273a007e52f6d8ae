/** Gathers values by key. Keys are the same when their canonical JSON is. */
import { canonicalJson, valueOfCanonical } from "../../protocol/canonical";
import { compareKeys, type EncodedKey } from "./key-order";

export interface Group extends EncodedKey {
  /** In the order they were added. */
  readonly values: unknown[];
}

export interface Groups {
  /** @throws {TypeError} If the key has no JSON form. */
  add(key: unknown, value: unknown): void;
  /** In the order of keys. */
  sorted(): Group[];
}

export function openGroups(): Groups {
  // Strings, numbers, booleans and null are found without encoding them: a word count emits each word many times.
  const byKey = new Map<unknown, Group>();
  const byText = new Map<string, Group>();

  function groupOf(key: unknown): Group {
    if (typeof key !== "object" || key === null) {
      const found = byKey.get(key);
      if (found) return found;
      // A Map takes -0 for 0, and so does JSON.
      const group = { key: key === 0 ? 0 : key, keyText: canonicalJson(key), values: [] };
      byKey.set(key, group);
      return group;
    }
    const keyText = canonicalJson(key);
    const found = byText.get(keyText);
    if (found) return found;
    const group = { key: valueOfCanonical(keyText), keyText, values: [] };
    byText.set(keyText, group);
    return group;
  }

  return {
    add: (key, value) => void groupOf(key).values.push(value),
    sorted: () => [...byKey.values(), ...byText.values()].sort(compareKeys),
  };
}
