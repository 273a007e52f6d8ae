/**
 * Chance that can be repeated: the same seed gives the same numbers (mulberry32).
 *
 * Not for secrets: who sees enough of the numbers can tell the next ones.
 */
export interface Chance {
  /** From 0 up to, but not including, 1. */
  next(): number;
  /** A number from `least` up to, but not including, `most`. */
  between(least: number, most: number): number;
  /** True with this probability. */
  happens(probability: number): boolean;
}

export function seededChance(seed: number): Chance {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    between: (least, most) => least + next() * (most - least),
    happens: (probability) => next() < probability,
  };
}
