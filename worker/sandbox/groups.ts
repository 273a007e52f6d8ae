/** Gathers values by key. Keys are the same when their canonical texts are. */
import { canonicalJson, valueOfCanonical } from "../../protocol/canonical";
import { compareKeys, type EncodedKey } from "../../protocol/key-order";

export interface Group extends EncodedKey {
  /** In the order they were added. */
  values: unknown[];
}

/** One that values are still added to. What it holds is given by `valuesOf`. */
export interface HeldGroup extends Group {
  /**
   * A number that comes this often after `values`. A word count emits 1 again and again: lists of that took a third of its map's time, to
   * grow them and to collect them.
   */
  repeated: number;
  repeats: number;
  /** What its values count for, all together, and what they did when they had last been combined. */
  weight: number;
  combinedWeight: number;
}

export interface Groups {
  readonly size: number;
  /** @throws {TypeError} If the key has no canonical text. */
  groupOf(key: unknown): HeldGroup;
  /** In the order of keys. */
  sorted(): HeldGroup[];
  clear(): void;
}

export function openGroups(): Groups {
  // Strings, numbers, booleans and null are found without encoding them: a word count emits each word many times.
  const byKey = new Map<unknown, HeldGroup>();
  const byText = new Map<string, HeldGroup>();
  const byBytes = new Map<string, HeldGroup>();

  function groupOf(key: unknown): HeldGroup {
    if (typeof key === "string") return byKey.get(key) ?? added(byKey, key, key, null);
    if (isScalar(key)) {
      // A Map takes -0 for 0, and so does canonical text.
      const own = key === 0 ? 0 : key;
      return byKey.get(own) ?? added(byKey, own, own, null);
    }
    if (key instanceof Uint8Array) {
      const name = latin1(key);
      return byBytes.get(name) ?? added(byBytes, name, key.slice(), null);
    }
    const keyText = canonicalJson(key);
    return byText.get(keyText) ?? added(byText, keyText, valueOfCanonical(keyText), keyText);
  }

  return {
    get size() {
      return byKey.size + byText.size + byBytes.size;
    },
    groupOf,
    clear() {
      for (const groups of [byKey, byText, byBytes]) groups.clear();
    },
    sorted: () => [...byKey.values(), ...byBytes.values(), ...byText.values()].sort(compareKeys),
  };
}

/** How many values it holds. */
export const countOf = ({ values, repeats }: HeldGroup) => values.length + repeats;

/** @param value Zero is added by itself: -0 must not become 0, as long as the program may see it. */
export function addTo(group: HeldGroup, value: unknown): void {
  if (value === group.repeated && value !== 0) group.repeats++;
  else addOther(group, value);
}

function addOther(group: HeldGroup, value: unknown): void {
  const values = valuesOf(group);
  if (typeof value === "number") {
    group.repeated = value;
    group.repeats = 1;
  } else values.push(value);
}

/** All that it holds, in the order it came. */
export function valuesOf(group: HeldGroup): unknown[] {
  for (; group.repeats > 0; group.repeats--) group.values.push(group.repeated);
  return group.values;
}

function added<K>(groups: Map<K, HeldGroup>, name: K, key: unknown, keyText: string | null): HeldGroup {
  const group = { key, keyText, values: [], repeated: 0, repeats: 0, weight: 0, combinedWeight: 0 };
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
