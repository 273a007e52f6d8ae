/**
 * The canonical text of a value, as protocol/canonical.ts gives it, made for millions of small values.
 *
 * It also refuses what that one writes as broken JSON: a function or a symbol inside an object or array.
 */

/** Deeper is taken for a cycle. */
const MAX_DEPTH = 1_000;

/** @throws {TypeError} If the value has no JSON form. */
export function encode(value: unknown): string {
  return encodeAt(value, 0);
}

function encodeAt(value: unknown, depth: number): string {
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
  if ("toJSON" in value && typeof value.toJSON === "function") return encodeAt(value.toJSON(), depth + 1);
  if (Array.isArray(value)) {
    return `[${value.map((item: unknown) => (item === undefined ? "null" : encodeAt(item, depth + 1))).join(",")}]`;
  }
  const fields: string[] = [];
  for (const [name, field] of Object.entries(value).sort(byName)) {
    if (field !== undefined) fields.push(`${JSON.stringify(name)}:${encodeAt(field, depth + 1)}`);
  }
  return `{${fields.join(",")}}`;
}

/** By UTF-16 code units, which is what `<` compares. */
function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
