/**
 * How much a map task holds, counted alike in every copy of it: what it does when it holds much, such as to write a run, shows in its
 * output. So it is not memory that is measured; the figures are about what engines take.
 */
import { CanonicalText, sizeOf } from "../../protocol/runs/column";

/** A place in a list. */
const VALUE_WEIGHT = 16;
const NUMBER_WEIGHT = sizeOf(0);
/** What is kept of a key beside its text: an entry, a group, a list. */
const KEY_WEIGHT = 160;
/** An object or a list, beside what is in it. */
const OBJECT_WEIGHT = 32;

export const weightOfKey = (key: unknown) => KEY_WEIGHT + sizeOf(key);

/** @param value Anything a program emits, or a snapshot of it. Objects with objects in them are looked through once each. */
export function weightOfValue(value: unknown): number {
  // Counts are what is emitted most often.
  if (typeof value === "number") return VALUE_WEIGHT + NUMBER_WEIGHT;
  return VALUE_WEIGHT + (isObject(value) && !isSnapshot(value) ? weightOfObject(value) : sizeOf(value));
}

const isSnapshot = (value: object) => value instanceof CanonicalText || value instanceof Uint8Array;
const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

function weightOfObject(value: object): number {
  let weight = 0;
  const seen = new Set([value]);
  // What is added while it is gone through is gone through too.
  for (const object of seen) {
    weight += OBJECT_WEIGHT;
    if (ArrayBuffer.isView(object) || object instanceof ArrayBuffer) weight += object.byteLength;
    else
      for (const part of partsOf(object)) {
        if (isObject(part)) seen.add(part);
        else weight += typeof part === "number" ? 8 : sizeOf(part);
      }
  }
  return weight;
}

function partsOf(object: object): Iterable<unknown> {
  if (Array.isArray(object) || object instanceof Set) return object;
  if (object instanceof Map) return [...object.keys(), ...object.values()];
  return Object.values(object);
}
