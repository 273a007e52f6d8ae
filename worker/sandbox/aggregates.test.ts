import fc from "fast-check";
import { expect, test } from "vitest";
import { readAggregate, type Aggregate } from "../../protocol/aggregate";
import { canonicalJson, valueOfCanonical } from "../../protocol/canonical";
import { builtIn } from "./aggregates";

/** Merges values in groups of so many, then those, and hands states on as they travel. */
function aggregated(aggregate: Aggregate, values: readonly unknown[], size = values.length): unknown {
  const { lift, merge, lower } = builtIn(aggregate);
  let states = values.map((value) => travelled(lift(value)));
  do {
    const groups = Array.from({ length: Math.ceil(states.length / size) }, (_, n) =>
      states.slice(n * size, (n + 1) * size),
    );
    states = groups.map((group) => travelled(merge(group)));
  } while (states.length > 1);
  return lower(states[0]);
}

const travelled = (state: unknown) =>
  typeof state === "bigint" ? state : valueOfCanonical(canonicalJson(state));

const number = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, min: -1e140, max: 1e140 }).map((value) => (Math.abs(value) < 1e-140 ? 0 : value)),
);
const ALL: Aggregate[] = [
  "sum",
  "count",
  "min",
  "max",
  "mean",
  "variance",
  "distinct",
  { top: 3 },
  { bottom: 2 },
];

test("[BA5] every aggregate gives the same, to the last bit, however values are ordered and grouped", () => {
  const values = fc.array(number, { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(
      fc.constantFrom(...ALL),
      values,
      fc.integer({ min: 2, max: 9 }),
      (aggregate, values, size) => {
        const whole = aggregated(aggregate, values);
        expect(aggregated(aggregate, values, size)).toEqual(whole);
        expect(aggregated(aggregate, [...values].reverse(), size)).toEqual(whole);
      },
    ),
  );
});

test("[BA5] what they give: figures that anyone can check", () => {
  const values = [2, 4, 4, 4, 5, 5, 7, 9];
  const found = ALL.map((aggregate) => aggregated(aggregate, values, 3));
  expect(found).toEqual([40, 8, 2, 9, 5, 4, 5, [9, 7, 5], [2, 4]]);
  expect(aggregated("mean", [0.1, 0.2, 0.3])).toBe(0.2);
  expect(aggregated("variance", [1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16])).toBe(22.5);
  expect(ALL.map((aggregate) => aggregated(aggregate, [3]))).toEqual([3, 1, 3, 3, 3, 0, 1, [3], [3]]);
});

test("[BA6] sums of bigints are bigints of any size; kinds are not mixed", () => {
  expect(aggregated("sum", [2n ** 64n, 1n, -3n], 2)).toBe(2n ** 64n - 2n);
  expect(aggregated("max", [2n ** 64n, 1n])).toBe(2n ** 64n);
  expect(() => aggregated("sum", [1, 1n])).toThrow("adds values of one kind; got numbers and bigints");
  expect(() => aggregated("sum", [1n, 0.5])).toThrow("adds values of one kind");
  expect(() => aggregated("min", [1, "a"])).toThrow(
    '"min" compares values of one kind; got number and string',
  );
});

test("[BA6] texts are compared, anything is counted, and lists are ranked by the number in front, then by what they say", () => {
  expect(aggregated("min", ["b", "a", "ab"], 2)).toBe("a");
  expect(aggregated("count", [null, "x", { a: 1 }, undefined])).toBe(4);
  expect(aggregated("distinct", [{ a: 1, b: 2 }, { b: 2, a: 1 }, [1], "1", 1])).toBe(4);
  const words = [
    [3, "the"],
    [1, "a"],
    [3, "of"],
    [2, "and"],
  ];
  expect(aggregated({ top: 3 }, words, 2)).toEqual([
    [3, "of"],
    [3, "the"],
    [2, "and"],
  ]);
});

test.each([
  ["sum", "7", 'aggregate "sum" takes finite numbers or bigints; got "7"'],
  ["sum", NaN, "got NaN"],
  ["mean", 7n, "takes finite numbers; got bigint"],
  ["max", null, "takes finite numbers, bigints or texts; got null"],
  ["variance", 1e200, "takes 0 and numbers from 1e-145 to 1e150 in size; got 1e+200"],
  [{ top: 2 }, ["x"], "takes finite numbers, or lists that begin with one; got a list"],
] as const)("[BA7] %j refuses %s, and says what it takes", (aggregate, value, message) => {
  expect(() => aggregated(aggregate, [value])).toThrow(message);
});

test("[BA7] an unknown aggregate is refused with the list of those that there are", () => {
  expect(readAggregate({ top: 10 })).toEqual({ top: 10 });
  for (const value of ["median", { top: 1.5 }, { top: "3" }, {}, null, ["sum"], () => 0])
    expect(() => readAggregate(value)).toThrow(/^aggregate must be "sum", .*"distinct", or \{ top: n \}/);
});
