/** Aggregates that add: without rounding on the way, so that the grouping of values does not show. */
import type { BuiltIn } from "./aggregates";
import { addExactly, canonicalSum, quotient, squareExactly, UNIT_BITS, unitsOf } from "./exact-sum";

/** A number, a bigint, or the parts of a sum that no one number holds. */
export const SUM: BuiltIn = {
  lift(value) {
    if (typeof value === "bigint" || isNumber(value)) return value;
    throw notTaken("sum", "finite numbers or bigints", value);
  },
  merge(states) {
    if (typeof states[0] === "bigint")
      return states.reduce<bigint>((sum, state) => sum + asBigint(state), 0n);
    return wholeSum(states) ?? single(canonicalSum(partialsOf(states)));
  },
  lower: (state) => (Array.isArray(state) ? state[0] : state),
};

/** The sum of whole numbers while it is one that doubles hold: most sums are. Null when it is not. */
function wholeSum(states: readonly unknown[]): number | null {
  let sum = 0;
  for (const state of states) {
    if (!Number.isSafeInteger(state)) return null;
    sum += Number(state);
    if (!Number.isSafeInteger(sum)) return null;
  }
  return sum;
}

function asBigint(state: unknown): bigint {
  if (typeof state === "bigint") return state;
  throw mixed();
}

function partialsOf(states: readonly unknown[]): number[] {
  const partials: number[] = [];
  for (const state of states) {
    if (typeof state === "bigint") throw mixed();
    for (const part of partsOf(state)) addExactly(partials, part);
  }
  return partials;
}

const mixed = () =>
  new TypeError('aggregate "sum" adds values of one kind; got numbers and bigints for one key');

const single = (sum: readonly number[]) => (sum.length <= 1 ? (sum[0] ?? 0) : sum);

/** One value, or how many there are and their sum. */
export const MEAN: BuiltIn = {
  lift(value) {
    if (isNumber(value)) return value;
    throw notTaken("mean", "finite numbers", value);
  },
  merge(states) {
    if (states.length === 1) return states[0];
    let count = 0;
    const partials: number[] = [];
    for (const state of states) {
      const [own, ...sum] = Array.isArray(state) ? partsOf(state) : [1, Number(state)];
      count += own ?? 0;
      for (const part of sum) addExactly(partials, part);
    }
    return [count, ...canonicalSum(partials)];
  },
  lower(state) {
    if (!Array.isArray(state)) return state;
    const [count = 1, ...sum] = partsOf(state);
    return quotient(unitsOf(sum), BigInt(count) << UNIT_BITS);
  },
};

/** Squares beyond these are not exact. */
const [LEAST_SQUARED, MOST_SQUARED] = [1e-145, 1e150];

/** One value, or how many there are, their sum, and that of their squares. */
export const VARIANCE: BuiltIn = {
  lift(value) {
    if (isNumber(value) && (value === 0 || isBetween(Math.abs(value)))) return value;
    throw notTaken("variance", "0 and numbers from 1e-145 to 1e150 in size", value);
  },
  merge(states) {
    if (states.length === 1) return states[0];
    let count = 0;
    const [values, squares]: [number[], number[]] = [[], []];
    for (const state of states) {
      const isOne = !Array.isArray(state);
      const [own, sum, squared]: unknown[] = isOne ? [1, state, squareExactly(Number(state))] : state;
      count += Number(own);
      for (const part of partsOf(sum)) addExactly(values, part);
      for (const part of partsOf(squared)) addExactly(squares, part);
    }
    return [count, canonicalSum(values), canonicalSum(squares)];
  },
  lower(state) {
    if (!Array.isArray(state)) return 0;
    const [own, values, squares]: unknown[] = state;
    const count = BigInt(Number(own));
    const sum = unitsOf(partsOf(values));
    const deviations = ((count * unitsOf(partsOf(squares))) << UNIT_BITS) - sum * sum;
    return quotient(deviations, (count * count) << (2n * UNIT_BITS));
  },
};

const isBetween = (size: number) => size >= LEAST_SQUARED && size <= MOST_SQUARED;

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

const partsOf = (state: unknown): number[] => (Array.isArray(state) ? state.map(Number) : [Number(state)]);

/** @param takes What it takes instead. */
export function notTaken(name: string, takes: string, value: unknown): TypeError {
  const kind = value === null ? "null" : Array.isArray(value) ? "a list" : typeof value;
  const got = typeof value === "number" || typeof value === "string" ? JSON.stringify(value) : kind;
  return new TypeError(
    `aggregate "${name}" takes ${takes}; got ${Number.isNaN(value) ? "NaN" : got.slice(0, 60)}`,
  );
}
