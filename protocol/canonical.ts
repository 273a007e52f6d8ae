/** One text for one value, so that equal outputs have equal digests: RFC 8785 (JSON Canonicalization Scheme). */
import canonicalize from "canonicalize";

/** @throws {TypeError} If the value has no JSON form (undefined, a function, a cycle, NaN). */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError(`${typeof value} cannot be carried: outputs are JSON values`);
  return text;
}
