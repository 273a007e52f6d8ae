/**
 * Sums of floating-point numbers without any rounding on the way, so that they do not depend on order or grouping.
 *
 * An exact sum is a list of doubles that do not overlap: J. R. Shewchuk, "Adaptive Precision Floating-Point Arithmetic and Fast Robust
 * Geometric Predicates", 1997, section 2.4, as Raymond Hettinger made it simple for Python's `fsum`.
 */

/**
 * Adds a number to partial sums, in place.
 * @throws {RangeError} If the sum goes beyond what a double holds.
 */
export function addExactly(partials: number[], added: number): void {
  let count = 0;
  let sum = added;
  for (const partial of partials) {
    const isSmaller = Math.abs(sum) < Math.abs(partial);
    const large = isSmaller ? partial : sum;
    const small = isSmaller ? sum : partial;
    sum = large + small;
    const rest = small - (sum - large);
    // Never beyond the place that is being read.
    if (rest !== 0) partials[count++] = rest;
  }
  if (!Number.isFinite(sum)) throw new RangeError("A sum goes beyond 1.8e308, the largest number");
  if (sum !== 0) partials[count++] = sum;
  if (count < partials.length) partials.length = count;
}

/**
 * The one list for its sum: the double nearest to it, that nearest to what is left, and so on. Uses up the partials.
 * @returns An empty list for 0.
 */
export function canonicalSum(partials: number[]): number[] {
  const sum: number[] = [];
  for (let nearest = rounded(partials); nearest !== 0; nearest = rounded(partials)) {
    sum.push(nearest);
    addExactly(partials, -nearest);
  }
  return sum;
}

/** The nearest double, of two that are as near the even one. */
function rounded(partials: readonly number[]): number {
  let place = partials.length - 1;
  let [high, low] = [partials[place] ?? 0, 0];
  while (place > 0 && low === 0) {
    const before = high;
    const next = partials[--place] ?? 0;
    high = before + next;
    low = next - (high - before);
  }
  // What lies below a half decides to which side it goes.
  const below = partials[place - 1] ?? 0;
  if (low !== 0 && Math.sign(low) === Math.sign(below)) {
    const doubled = low * 2;
    const other = high + doubled;
    if (other - high === doubled) return other;
  }
  return high;
}

/** The square of a number, as two doubles: T. J. Dekker, 1971. Exact from 1e-145 to 1e150. */
export function squareExactly(value: number): [high: number, low: number] {
  const square = value * value;
  const scaled = value * 134_217_729;
  const high = scaled - (scaled - value);
  const low = value - high;
  return [square, low * low - (square - high * high - 2 * high * low)];
}

/** How many of the units that `unitsOf` counts are 1, as a power of two. */
export const UNIT_BITS = 1_074n;

/** A sum of doubles in units of the least of them. */
export function unitsOf(sum: readonly number[]): bigint {
  return sum.reduce((all, part) => all + unitsOfOne(part), 0n);
}

const view = new DataView(new ArrayBuffer(8));

function unitsOfOne(value: number): bigint {
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & 0xf_ffff_ffff_ffffn;
  const size = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return value < 0 ? -size : size;
}

/** The double nearest to a fraction, unless that is too small to be one in full. @param divisor Above 0. */
export function quotient(dividend: bigint, divisor: bigint): number {
  const size = dividend < 0n ? -dividend : dividend;
  // At least 65 bits: those that follow show in the last.
  const shift = Math.max(0, bitsIn(divisor) - bitsIn(size) + 70);
  const scaled = size << BigInt(shift);
  let whole = scaled / divisor;
  if (whole * divisor !== scaled) whole |= 1n;
  const half = Math.floor(shift / 2);
  const value = Number(whole) * 2 ** -half * 2 ** -(shift - half);
  return dividend < 0n ? -value : value;
}

/** Up to three more than there are. */
const bitsIn = (size: bigint) => size.toString(16).length * 4;
