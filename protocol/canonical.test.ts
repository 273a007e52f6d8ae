import canonicalize from "canonicalize";
import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "./canonical";

test("[PV16] writes every JSON value as the reference implementation does", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      expect(canonicalJson(value)).toBe(canonicalize(value));
    }),
  );
});

test("[PV16] writes numbers, dates and holes as the reference implementation does", () => {
  for (const value of [-0, 1e21, 5e-324, 0.1, new Date(0), [undefined, 1], { b: undefined, a: "é\u2028" }]) {
    expect(canonicalJson(value)).toBe(canonicalize(value));
  }
});

test("[PV16] refuses what has no JSON form, wherever it is", () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  for (const value of [
    undefined,
    NaN,
    Infinity,
    () => 1,
    Symbol("s"),
    1n,
    { f: () => 1 },
    [() => 1],
    cycle,
  ]) {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  }
});
