/** What a program may export as `aggregate`, in place of `reduce`: the name of something built in. */

/** Those that need no more than their name. */
export const AGGREGATE_NAMES = ["sum", "count", "min", "max", "mean", "variance", "distinct"] as const;
export type AggregateName = (typeof AGGREGATE_NAMES)[number];

/** How many values `top` and `bottom` may keep. */
const MOST_RANKED = 10_000;

/** As it is written: `"sum"`, or `{ top: 10 }`. */
export type Aggregate = AggregateName | { readonly top: number } | { readonly bottom: number };

/** @throws {TypeError} If there is no such aggregate: the message lists those that there are. */
export function readAggregate(value: unknown): Aggregate {
  const named = AGGREGATE_NAMES.find((name) => name === value);
  if (named) return named;
  if (typeof value === "object" && value !== null) {
    const [[name, count] = [], ...others] = Object.entries(value);
    const isCount = Number.isInteger(count) && count >= 1 && count <= MOST_RANKED;
    if (others.length === 0 && isCount && name === "top") return { top: Number(count) };
    if (others.length === 0 && isCount && name === "bottom") return { bottom: Number(count) };
  }
  throw new TypeError(
    `aggregate must be ${AGGREGATE_NAMES.map((name) => `"${name}"`).join(", ")}, or { top: n } or { bottom: n } with n from 1 to ${MOST_RANKED}; got ${shown(value)}`,
  );
}

/** What is said of an aggregate beside functions that do its work. */
export const AGGREGATE_ALONE =
  "A program exports aggregate in place of combine and reduce: leave out one or the other";

function shown(value: unknown): string {
  const text = typeof value === "function" ? "a function" : (JSON.stringify(value) ?? typeof value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
