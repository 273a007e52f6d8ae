/**
 * One text for one value, so that equal outputs have equal digests: RFC 8785 (JSON Canonicalization Scheme).
 *
 * Our own because outputs are millions of small values, and because the library that tests compare it with
 * writes a function or a symbol inside an object as broken JSON, where this refuses it.
 */

/** Deeper is taken for a cycle. */
const MAX_DEPTH = 1_000;

/** @throws {TypeError} If the value has no JSON form (undefined, a function, a cycle, NaN). */
export function canonicalJson(value: unknown): string {
  return encodeValue(value, 0);
}

/** @throws {SyntaxError} If it is no canonical text. */
export function valueOfCanonical(text: string): unknown {
  return JSON.parse(text);
}

function encodeValue(value: unknown, depth: number): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      if (!Number.isFinite(value)) throw new TypeError(`${value} cannot be carried: outputs are JSON values`);
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
      throw new TypeError(`${typeof value} cannot be carried: outputs are JSON values`);
  }
}

function encodeObject(value: object, depth: number): string {
  if (depth > MAX_DEPTH) throw new TypeError("a cycle cannot be carried: outputs are JSON values");
  if ("toJSON" in value && typeof value.toJSON === "function") return encodeValue(value.toJSON(), depth + 1);
  if (Array.isArray(value)) {
    return `[${value.map((item: unknown) => (item === undefined ? "null" : encodeValue(item, depth + 1))).join(",")}]`;
  }
  const fields: string[] = [];
  for (const [name, field] of Object.entries(value).sort(byName)) {
    if (field !== undefined) fields.push(`${JSON.stringify(name)}:${encodeValue(field, depth + 1)}`);
  }
  return `{${fields.join(",")}}`;
}

/** By UTF-16 code units, which is what `<` compares. */
function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
