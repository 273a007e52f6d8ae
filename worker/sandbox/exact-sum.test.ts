import fc from "fast-check";
import { expect, test } from "vitest";
import { addExactly, canonicalSum, quotient, squareExactly, UNIT_BITS, unitsOf } from "./exact-sum";

const finite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 });

function sumOf(values: readonly number[]): number[] {
  const partials: number[] = [];
  for (const value of values) addExactly(partials, value);
  return canonicalSum(partials);
}

test("[BA3] a sum is exact: its parts have what all values have together, and the first is the double nearest to it", () => {
  fc.assert(
    fc.property(fc.array(finite, { maxLength: 40 }), (values) => {
      const exact = values.reduce((sum, value) => sum + unitsOf([value]), 0n);
      const sum = sumOf(values);
      expect(unitsOf(sum)).toBe(exact);
      expect(sum[0] ?? 0).toBe(quotient(exact, 1n << UNIT_BITS));
    }),
  );
});

test("[BA3] the order and the grouping of values do not show", () => {
  fc.assert(
    fc.property(fc.array(finite, { maxLength: 20 }), fc.nat(20), (values, cut) => {
      const whole = sumOf(values);
      expect(sumOf([...values].reverse())).toEqual(whole);
      expect(sumOf([...sumOf(values.slice(cut)), ...sumOf(values.slice(0, cut))])).toEqual(whole);
    }),
  );
});

test("[BA3] well-known sums: ten tenths, what cancels, halves that decide by what lies below", () => {
  expect(sumOf(Array.from({ length: 10 }, () => 0.1))[0]).toBe(1);
  expect(sumOf([1e16, 1, -1e16])).toEqual([1]);
  expect(sumOf([1, 2 ** -53])[0]).toBe(1);
  expect(sumOf([1, 2 ** -53, 2 ** -106])[0]).toBe(1 + 2 ** -52);
  expect(sumOf([0.1, -0.1])).toEqual([]);
  expect(() => sumOf([1.7e308, 1.7e308])).toThrow("A sum goes beyond 1.8e308");
});

test("[BA4] squares are exact, and a fraction is the double nearest to it", () => {
  const size = fc.double({ noNaN: true, min: 1e-145, max: 1e150 });
  fc.assert(
    fc.property(size, (value) => {
      const [high, low] = squareExactly(value);
      expect((unitsOf([high]) + unitsOf([low])) << UNIT_BITS).toBe(unitsOf([value]) ** 2n);
      expect(quotient(unitsOf([value]), 1n << UNIT_BITS)).toBe(value);
    }),
  );
  const whole = fc.integer({ min: -(2 ** 53), max: 2 ** 53 });
  fc.assert(
    // Two whole numbers that doubles hold: the engine's own division is the nearest.
    fc.property(whole, fc.integer({ min: 1, max: 2 ** 53 }), (dividend, divisor) => {
      expect(quotient(BigInt(dividend), BigInt(divisor))).toBe(dividend / divisor + 0);
    }),
  );
});
