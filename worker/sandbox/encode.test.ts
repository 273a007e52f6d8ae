import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../../protocol/canonical";
import { encode } from "./encode";

test("[SB1] writes every JSON value as protocol/canonical.ts does", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      expect(encode(value)).toBe(canonicalJson(value));
    }),
  );
});

test("[SB1] writes numbers, dates and holes as protocol/canonical.ts does", () => {
  for (const value of [-0, 1e21, 5e-324, 0.1, new Date(0), [undefined, 1], { b: undefined, a: "é\u2028" }]) {
    expect(encode(value)).toBe(canonicalJson(value));
  }
});

test("[SB1] refuses what has no JSON form, wherever it is", () => {
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
    expect(() => encode(value)).toThrow(TypeError);
  }
});
