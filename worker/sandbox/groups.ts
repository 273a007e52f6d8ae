/** Gathers values by key. Keys are the same when their canonical texts are. */
import { canonicalJson, valueOfCanonical } from "../../protocol/canonical";
import { compareKeys, type EncodedKey } from "../../protocol/key-order";

export interface Group extends EncodedKey {
  /** In the order they were added. */
  values: unknown[];
}

export interface Groups {
  /** @throws {TypeError} If the key has no canonical text. */
  groupOf(key: unknown): Group;
  /** In the order of keys. */
  sorted(): Group[];
}

export function openGroups(): Groups {
  // Strings, numbers, booleans and null are found without encoding them: a word count emits each word many times.
  const byKey = new Map<unknown, Group>();
  const byText = new Map<string, Group>();
  const byBytes = new Map<string, Group>();

  function groupOf(key: unknown): Group {
    if (typeof key === "string")
      return byKey.get(key) ?? added(byKey, key, { key, keyText: null, values: [] });
    if (isScalar(key)) {
      // A Map takes -0 for 0, and so does canonical text.
      const own = key === 0 ? 0 : key;
      return byKey.get(own) ?? added(byKey, own, { key: own, keyText: null, values: [] });
    }
    if (key instanceof Uint8Array) {
      const name = latin1(key);
      return byBytes.get(name) ?? added(byBytes, name, { key: key.slice(), keyText: null, values: [] });
    }
    const keyText = canonicalJson(key);
    return (
      byText.get(keyText) ?? added(byText, keyText, { key: valueOfCanonical(keyText), keyText, values: [] })
    );
  }

  return {
    groupOf,
    sorted: () => [...byKey.values(), ...byBytes.values(), ...byText.values()].sort(compareKeys),
  };
}

function added<K>(groups: Map<K, Group>, name: K, group: Group): Group {
  groups.set(name, group);
  return group;
}

function isScalar(key: unknown): boolean {
  return key === null || typeof key === "boolean" || (typeof key === "number" && Number.isFinite(key));
}

/** One character for each byte. */
function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
