import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BitSet } from "./bit-set";

describe("BitSet", () => {
  it("[BS1] has the numbers that were added, and counts each once", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(199)), (numbers) => {
        const set = new BitSet(200);
        for (const number of numbers) set.add(number);
        const expected = new Set(numbers);
        expect(set.size).toBe(expected.size);
        for (let number = 0; number < 200; number++) expect(set.has(number)).toBe(expected.has(number));
      }),
    );
  });

  it("[BS2] has nothing at or beyond its capacity, and takes nothing there", () => {
    const set = new BitSet(10);
    expect(set.has(40)).toBe(false);
    expect(() => set.add(10)).toThrow("10");
    expect(set.size).toBe(0);
  });
});
