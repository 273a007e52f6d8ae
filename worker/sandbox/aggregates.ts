/**
 * The built-in aggregates: one table for programs in every language.
 *
 *   emitted value ── lift ─▶ state ── merge, any number of times ─▶ state ── lower ─▶ the key's value
 *
 * States are what is combined and travels in runs. Merging gives the same state however the values are grouped and ordered, so that
 * copies, spills, heavy partitions and reducers all come to the same bytes.
 */
import type { Aggregate, AggregateName } from "../../protocol/aggregate";
import { canonicalJson } from "../../protocol/canonical";
import { MEAN, notTaken, SUM, VARIANCE } from "./aggregate-sums";

export interface BuiltIn {
  /** @throws {TypeError} If it is no value that the aggregate takes. */
  lift(value: unknown): unknown;
  /** @param states At least one. @throws {TypeError} If they do not go together. */
  merge(states: readonly unknown[]): unknown;
  lower(state: unknown): unknown;
}

const same = (state: unknown) => state;

const COUNT: BuiltIn = {
  lift: () => 1,
  merge: (states) => states.reduce<number>((count, state) => count + Number(state), 0),
  lower: same,
};

/** Every value once, in the order of their canonical texts. */
const DISTINCT: BuiltIn = {
  lift: (value) => [value],
  merge(states) {
    if (states.length === 1) return states[0];
    const byText = new Map<string, unknown>();
    for (const value of listsIn(states)) byText.set(canonicalJson(value), value);
    return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
  },
  lower: (state) => (Array.isArray(state) ? state.length : 0),
};

type Comparable = number | bigint | string;

/** @param sign 1 for the least value, -1 for the greatest. */
function extreme(name: AggregateName, sign: 1 | -1): BuiltIn {
  return {
    lift(value) {
      if (isComparable(value)) return value;
      throw notTaken(name, "finite numbers, bigints or texts", value);
    },
    merge(states) {
      const values = states.filter(isComparable);
      const [first] = values;
      if (values.some((value) => typeof value !== typeof first))
        throw new TypeError(
          `aggregate "${name}" compares values of one kind; got ${[...new Set(values.map((value) => typeof value))].join(" and ")} for one key`,
        );
      return values.reduce((best, value) => (sign * compare(value, best) < 0 ? value : best));
    },
    lower: same,
  };
}

const compare = (a: Comparable, b: Comparable) => (a < b ? -1 : a > b ? 1 : 0);

function isComparable(value: unknown): value is Comparable {
  return typeof value === "bigint" || typeof value === "string" || Number.isFinite(value);
}

/** The first so many values, by their number, or by that in front of a list. @param sign 1 for the least, -1 for the greatest. */
function ranking(name: "top" | "bottom", sign: 1 | -1, count: number): BuiltIn {
  return {
    lift(value) {
      if (Number.isFinite(scoreOf(value))) return [value];
      throw notTaken(name, "finite numbers, or lists that begin with one", value);
    },
    merge(states) {
      if (states.length === 1) return states[0];
      return [...listsIn(states)].sort(byScore).slice(0, count);
    },
    lower: same,
  };

  function byScore(a: unknown, b: unknown): number {
    const order = sign * (Number(scoreOf(a)) - Number(scoreOf(b)));
    return order === 0 ? compare(canonicalJson(a), canonicalJson(b)) : order;
  }
}

const scoreOf = (value: unknown): unknown => (Array.isArray(value) ? value[0] : value);

function* listsIn(states: readonly unknown[]): Generator<unknown> {
  for (const state of states) if (Array.isArray(state)) yield* state;
}

const NAMED: Readonly<Record<AggregateName, BuiltIn>> = {
  ...{ sum: SUM, count: COUNT, mean: MEAN, variance: VARIANCE, distinct: DISTINCT },
  min: extreme("min", 1),
  max: extreme("max", -1),
};

export function builtIn(aggregate: Aggregate): BuiltIn {
  if (typeof aggregate === "string") return NAMED[aggregate];
  return "top" in aggregate ? ranking("top", -1, aggregate.top) : ranking("bottom", 1, aggregate.bottom);
}
