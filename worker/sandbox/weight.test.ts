import { expect, test } from "vitest";
import { CanonicalText } from "../../protocol/runs/column";
import { weightOfValue } from "./weight";

test("[MS6] counts what is in an object, however it is nested, and each part of it once", () => {
  const text = "x".repeat(1_000);
  for (const value of [
    text,
    [text],
    { a: { b: text } },
    new Map([[text, 1]]),
    new Set([text]),
    new CanonicalText(text),
  ])
    expect(weightOfValue(value)).toBeGreaterThan(1_000);
  for (const bytes of [new Uint8Array(1_000), new Float64Array(125), new ArrayBuffer(1_000)])
    expect(weightOfValue(bytes)).toBeGreaterThan(1_000);
  const cycle: unknown[] = [text];
  cycle.push(cycle, { cycle });
  expect(weightOfValue(cycle)).toBeLessThan(1_200);
  expect(weightOfValue(7)).toBeLessThan(32);
});
