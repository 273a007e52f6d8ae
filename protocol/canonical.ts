/**
 * One text for one value, so that equal outputs have equal digests: RFC 8785 (JSON Canonicalization Scheme).
 *
 * Where a program runs, values may be whole objects: `useObjectForms` says how those are written. Everywhere else values are
 * JSON, and the tagged form of an object is JSON like any other.
 *
 * Our own because outputs are millions of small values, and because the library that tests compare it with
 * writes a function or a symbol inside an object as broken JSON, where this refuses it.
 */
import { isTagged, type Tagged } from "./objects/tag";

/** Deeper is taken for a cycle. */
const MAX_DEPTH = 1_000;

/** How values that are no JSON are written and read. */
export interface ObjectForms {
  /** @throws {CannotCarry} If the value cannot be carried. */
  write(value: unknown): Tagged;
  /** @throws {SyntaxError} If nothing can be made of it. */
  read(form: Tagged): unknown;
  /** Whether an object is one that it writes, and does not stand for its JSON. */
  isOwn(value: object): boolean;
}

let forms: ObjectForms | null = null;

/** From now on, for everything in this worker: a slot runs one job. @param used Null for JSON alone. */
export function useObjectForms(used: ObjectForms | null): void {
  forms = used;
}

/**
 * Undefined members are left out and -0 is 0, as in JSON, unless the value holds something that makes it an object to carry whole.
 * @throws {TypeError} If the value is undefined, or has no form.
 */
export function canonicalJson(value: unknown): string {
  if (!forms) return encodeValue(value, 0);
  if (value === undefined) throw new TypeError("undefined cannot be carried by itself: say null");
  if (!isTagged(value)) {
    try {
      return encodeValue(value, 0);
    } catch (error) {
      if (error !== NOT_JSON) throw error;
    }
  }
  return encodeValue(forms.write(value), 0);
}

/** @throws {SyntaxError} If it is no canonical text. */
export function valueOfCanonical(text: string): unknown {
  return valueOfJson(JSON.parse(text));
}

/** The value that a piece of JSON stands for: itself, unless it is the form of an object. */
export function valueOfJson(json: unknown): unknown {
  return forms && isTagged(json) ? forms.read(json) : json;
}

/** Says that a value is no JSON where it may be an object: made once, because it comes with each of them. */
const NOT_JSON = new Error("The value is no JSON");

function encodeValue(value: unknown, depth: number): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      if (!Number.isFinite(value)) throw noJson(String(value));
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      return value === null ? "null" : encodeObject(value, depth);
    case "undefined":
    case "function":
    case "symbol":
    case "bigint":
    default:
      throw noJson(typeof value);
  }
}

function noJson(what: string): Error {
  return forms ? NOT_JSON : new TypeError(`${what} cannot be carried: outputs are JSON values`);
}

function encodeObject(value: object, depth: number): string {
  if (depth > MAX_DEPTH) throw noJson("a cycle");
  if (forms && !hasJson(value, forms)) throw NOT_JSON;
  if ("toJSON" in value && typeof value.toJSON === "function") return encodeValue(value.toJSON(), depth + 1);
  if (Array.isArray(value)) {
    return `[${Array.from(value, (item: unknown) => encodeItem(item, depth)).join(",")}]`;
  }
  const fields: string[] = [];
  for (const [name, field] of Object.entries(value).sort(byName)) {
    if (field !== undefined) fields.push(`${JSON.stringify(name)}:${encodeValue(field, depth + 1)}`);
  }
  return `{${fields.join(",")}}`;
}

/** What is missing from a list is null in JSON, which it is not where it can be carried. */
const encodeItem = (item: unknown, depth: number) =>
  item === undefined && !forms ? "null" : encodeValue(item, depth + 1);

/** Plain objects and lists, and objects of other people's classes that say themselves what their JSON is. */
function hasJson(value: object, { isOwn }: ObjectForms): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  if (isOwn(value)) return false;
  return Array.isArray(value) || ("toJSON" in value && typeof value.toJSON === "function");
}

/** By UTF-16 code units, which is what `<` compares. */
function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
