/** Values as they travel in JSON: plain JSON as it is, anything else in its tagged form. For clients, and for the coordinator that checks. */
import type { Json } from "../json";
import { CannotCarry } from "./cannot-carry";
import { openRegistry, type Classes } from "./classes";
import { checkObjects, decodeObjects } from "./decode";
import { encodeObjects } from "./encode";
import { isTagged, TAG, type Tagged } from "./tag";

/**
 * @param name What the value is called in errors: `config`.
 * @returns The value itself if JSON carries it exactly, undefined members, -0 and shared references included.
 * @throws {CannotCarry} With the path of what cannot be carried.
 */
export function toWire(value: unknown, classes: Classes, name: string): Json {
  if (isExactlyJson(value, new Set())) return value;
  const flat = encodeObjects(value, { registry: openRegistry(classes), name });
  // What would be refused there is refused here.
  checkFlat(flat, name);
  return { [TAG]: flat };
}

function checkFlat(flat: Json, name: string): void {
  try {
    checkObjects(flat);
  } catch (error) {
    throw new CannotCarry(name, error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** @throws {SyntaxError} If it is the form of nothing, or of an instance of a class that is not among these. */
export function fromWire(json: unknown, classes: Classes): unknown {
  return isTagged(json) ? decodeObjects(json[TAG], openRegistry(classes)) : json;
}

/**
 * Whether what came is plain JSON or the form of something, without making any of it.
 * @returns What is wrong with it; null when nothing is.
 */
export function faultInWire(json: unknown): string | null {
  if (!isTagged(json)) return null;
  if (Object.keys(json).length > 1) return `an object with ${TAG} may have nothing else`;
  try {
    checkObjects(json[TAG]);
    return null;
  } catch (error) {
    return `${TAG}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Names of the classes that a sound form holds instances of. */
export function classesInWire(form: Tagged): string[] {
  return [...checkObjects(form[TAG])];
}

function isExactlyJson(value: unknown, seen: Set<object>): value is Json {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0);
    case "object":
      if (value === null) return true;
      // Sharing would be lost, and a cycle has no end.
      if (seen.has(value) || seen.size >= MOST_PARTS) return false;
      seen.add(value);
      return Array.isArray(value) ? isJsonList(value, seen) : isJsonObject(value, seen);
    default:
      return false;
  }
}

/** Recursion would end before the cycle of a very long list is found. */
const MOST_PARTS = 1_000_000;

function isJsonList(list: readonly unknown[], seen: Set<object>): boolean {
  if (Object.getPrototypeOf(list) !== Array.prototype) return false;
  for (let index = 0; index < list.length; index++) if (!isExactlyJson(list[index], seen)) return false;
  return true;
}

function isJsonObject(value: object, seen: Set<object>): boolean {
  if (Object.getPrototypeOf(value) !== Object.prototype || isTagged(value)) return false;
  const names = Reflect.ownKeys(value);
  if (names.includes("__proto__") || names.length !== Object.keys(value).length) return false;
  return Object.values(value).every((field) => isExactlyJson(field, seen));
}
