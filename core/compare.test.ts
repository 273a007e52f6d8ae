import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CompareRule } from "../protocol/compare";
import { digestOfText } from "../protocol/digest";
import { toWire } from "../protocol/objects/wire";
import { at, openTask, taskId, volunteer } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";
import { canonicalJson } from "../protocol/canonical";
import { classified, differenceOf, voteOf } from "./compare";
import type { ReportedOutcome } from "./grid-events";
import type { ReturnedCopy, StoredPart } from "./task";

const partOf = (text: string): StoredPart => {
  return { digest: digestOfText(text), bytes: text.length, records: 1, text };
};
/** An output of one record for each value, with the keys 0, 1, … */
const outputOf = (...values: unknown[]) => [
  partOf(values.map((value, key) => `${canonicalJson({ key, value })}\n`).join("")),
];
const differ = (a: unknown, b: unknown, rule: CompareRule | null) =>
  differenceOf(outputOf(a), outputOf(b), rule);

describe("comparing outputs", () => {
  it("[CM1] lets numbers differ by what is absolute or relative of the larger one, whichever is more", () => {
    expect(differ(1, 1.05, { absolute: 0.1 })).toBe(null);
    expect(differ(1, 1.2, { absolute: 0.1 })).toBe("key 0: 1 in one, 1.2 in another");
    expect(differ(1_000, 1_001, { relative: 0.001 })).toBe(null);
    expect(differ(1_000, 1_002, { relative: 0.001 })).not.toBe(null);
    expect(differ(1e-12, 2e-12, { absolute: 1e-9, relative: 1e-6 })).toBe(null);
    expect(differ({ x: [1, { y: 2 }] }, { x: [1, { y: 2.01 }] }, { absolute: 0.1 })).toBe(null);
  });

  it("[CM2] compares everything else exactly: keys, texts, types, lengths and names", () => {
    const rule = { absolute: 10 };
    expect(differ("1", 1, rule)).toBe('key 0: "1" in one, 1 in another');
    expect(differ([1], [1, 2], rule)).not.toBe(null);
    expect(differ({ a: 1 }, { b: 1 }, rule)).toBe("key 0 at /a: 1 in one, null in another");
    expect(differ(null, 0, rule)).not.toBe(null);
    expect(differenceOf(outputOf(1, 2), outputOf(1), rule)).toBe("one has 2 records, another 1");
    const [a, b] = [[partOf('{"key":"a","value":1}\n')], [partOf('{"key":"b","value":1}\n')]];
    expect(differenceOf(a, b, rule)).toBe('key "a" in one, "b" in another');
  });

  it("[CM3] goes by the path that says most, with * for any item or member", () => {
    const rule: CompareRule = {
      paths: { "/rows/*/x": { absolute: 1 }, "/rows/0/x": { absolute: 0.1 }, "/took": { ignore: true } },
    };
    const row = (first: number, second: number, y = 0) => ({
      rows: [
        { x: first, y },
        { x: second, y },
      ],
      took: first,
    });
    expect(differ(row(1, 1), row(1.05, 1.9), rule)).toBe(null);
    expect(differ(row(1, 1), row(1.5, 1), rule)).toBe("key 0 at /rows/0/x: 1 in one, 1.5 in another");
    expect(differ(row(1, 1), row(1, 1, 0.5), rule)).toBe("key 0 at /rows/0/y: 0 in one, 0.5 in another");
    expect(differ({ "a/b": 1 }, { "a/b": 2 }, { paths: { "/a~1b": { ignore: true } } })).toBe(null);
  });

  it("[CM4] compares arrays as sets where order does not matter, with their items in a tolerance", () => {
    expect(differ(["a", "b", "a"], ["b", "a", "a"], { unordered: true })).toBe(null);
    expect(differ(["a", "b", "b"], ["b", "a", "a"], { unordered: true })).not.toBe(null);
    expect(differ([1, 2, 3], [3.01, 1.01, 2.01], { unordered: true, absolute: 0.1 })).toBe(null);
    // 1.0 agrees with 0.95 only, and 1.05 with both: whoever takes the first that fits finds no partner for the other.
    expect(differ([1.05, 1.0], [1.09, 0.96].reverse(), { unordered: true, absolute: 0.095 })).toBe(null);
    expect(
      differ({ tags: ["x", "y"] }, { tags: ["y", "x"] }, { paths: { "/tags": { unordered: true } } }),
    ).toBe(null);
    expect(
      differenceOf(outputOf(1, 2), [partOf('{"key":1,"value":2}\n{"key":0,"value":1}\n')], {
        unordered: true,
      }),
    ).toBe(null);
  });

  it("[CM13] matches numbers in any order exactly, however many there are", () => {
    const numbers = Array.from({ length: 9_000 }, (_, number) => (number * 7) % 1_000);
    const shifted = (by: number) => numbers.map((number) => number + by).reverse();
    expect(differ(numbers, shifted(0.9), { unordered: true, absolute: 1 })).toBe(null);
    expect(differ(numbers, [...shifted(0.9).slice(1), 5_000], { unordered: true, absolute: 1 })).not.toBe(
      null,
    );
    expect(differ([1, 1.1], [1.1, 1.2], { unordered: true, absolute: 0.101 })).toBe(null);
  });

  it("[CM14] agrees in any order if and only if the items can be paired, as trying all pairings shows", () => {
    const number = fc.integer({ min: -3, max: 3 });
    const item = fc.oneof(number, fc.tuple(number, number), fc.record({ x: number, y: fc.tuple(number) }));
    const items = fc.array(item, { minLength: 1, maxLength: 5 });
    const rules = fc.constantFrom<CompareRule>(
      { absolute: 1, unordered: true },
      { relative: 0.5, unordered: true },
      { unordered: true, paths: { "/*/0": { absolute: 2 }, "/*/x": { absolute: 1 } } },
    );
    fc.assert(
      fc.property(items, fc.array(number, { minLength: 5, maxLength: 5 }), rules, (a, moves, rule) => {
        const b = a.map((each, place) => moved(each, moves[place] ?? 0)).reverse();
        const canPair = pairings(b).some((order) =>
          order.every((each, place) => differ([a[place]], [each], rule) === null),
        );
        expect(differ(a, b, rule) === null).toBe(canPair);
      }),
      { numRuns: 500 },
    );
  });

  it("[CM15] takes no longer than a moment, whatever two outputs are, and with 32 paths", () => {
    const paths = Object.fromEntries(
      Array.from({ length: 32 }, (_, number) => [`/*/m${number}/x`, { absolute: 0.1 }]),
    );
    const rule = { absolute: 1, unordered: true, paths };
    const count = 300;
    const chain = (by: number) => Array.from({ length: count }, (_, number) => count - number - by);
    const pairs = (by: number) => chain(by).map((number, place) => [number / 1_000, place / 1_000, number]);
    for (const make of [chain, pairs]) {
      const task = openTask(copyOf("ada", make(0)));
      const begun = process.cpuUsage();
      classified(task, copyOf("bo", make(0.9)), rule);
      const { user, system } = process.cpuUsage(begun);
      expect((user + system) / 1_000).toBeLessThan(300);
    }
  });

  it("[CM21] tells where outputs differ as far as the effort of comparing them goes, however many arrays in any order they have", () => {
    const names = Array.from({ length: 30 }, (_, number) => `m${number + 10}`);
    const paths = Object.fromEntries(names.map((name) => [`/${name}`, { unordered: true }]));
    const make = (items: number, by: number) => {
      const pairs = Array.from({ length: items }, (_, place) => [(place * 7 + by) % 5, (place * 3 + by) % 5]);
      return { ...Object.fromEntries(names.map((name) => [name, pairs])), z: `${by}` };
    };
    const differAt = (items: number) => differ(make(items, 0), make(items, 1), { absolute: 4, paths });
    expect(differAt(20)).toBe('key 0 at /z: "0" in one, "1" in another');
    expect(differAt(310)).toBe("their records");
  });

  it("[CM16] fails an output that cannot be compared, with what it has and what it may have: all who return it agree on that", () => {
    const many = Array.from({ length: 400 }, () => [0, 0]);
    const message =
      "The output cannot be compared: it has 400 items in any order in one array, which differ in numbers only: " +
      "160000 pairs of them are near enough to be tried, 100000 at most";
    const rule = { absolute: 1, unordered: true };
    expect(classified(openTask(), copyOf("ada", many), rule)).toEqual({
      state: "failed",
      volunteerId: "ada",
      error: { message, stack: "", record: null },
      elapsedMs: 1,
    });
    const apart = many.map((_, place) => [place * 9, 0]);
    expect(classified(openTask(), copyOf("ada", apart), rule)).toMatchObject({ state: "returned" });

    const grid = openTestGrid();
    grid.submit({ compare: rule });
    for (const name of ["ada", "bo", "cy"]) grid.join(name);
    const told = ["ada", "bo", "cy"].map((name) => grid.report(name, [outcomeOf(copyOf(name, many))]));
    expect(told.map((words) => words.includes("job failed"))).toEqual([false, false, true]);
  });

  it("[CM17] does not fall over what is deeper than it reads", () => {
    const deep = (leaf: number) =>
      partOf(`{"key":0,"value":${"[".repeat(20_000)}${leaf}${"]".repeat(20_000)}}\n`);
    expect(differenceOf([deep(1)], [deep(2)], { absolute: 5 })).toContain("cannot be read");
    expect(differenceOf([deep(1)], [deep(2)], null)).toContain("deeper than is compared");
    expect(differenceOf([deep(1)], outputOf([2]), null)).toContain("too deep to be told");
  });

  it("[CM11] compares whole objects by what they hold: numbers in maps, sets, bytes and instances", () => {
    class Point {
      x: number;
      constructor(x: number) {
        this.x = x;
      }
    }
    const wire = (value: unknown) => toWire(value, { Point }, "value");
    const near = { absolute: 0.1 };
    for (const [a, b] of [
      [new Map([["k", 1]]), new Map([["k", 1.05]])],
      [
        { at: new Date(5), all: new Set([1, NaN, 2n]) },
        { at: new Date(5), all: new Set([1.01, NaN, 2n]) },
      ],
      [
        [new Point(3), new Float64Array([1, 2])],
        [new Point(3.05), new Float64Array([1.01, 2])],
      ],
      [new Error("e", { cause: new Point(1) }), Object.assign(new Error("e", { cause: new Point(1.01) }))],
    ]) {
      const ignored = { ...near, paths: { "/stack": { ignore: true } } };
      expect(differ(wire(a), wire(b), ignored)).toBe(null);
      expect(differ(wire(a), wire(b), { absolute: 0, paths: { "/stack": { ignore: true } } })).not.toBe(null);
    }
    const unequal = [
      new Date(5),
      new Date(6),
      2n,
      2,
      NaN,
      undefined,
      new Set(),
      new Map(),
      [new Point(1)],
      [{ x: 1 }],
      [, 1],
    ];
    for (const [place, a] of unequal.entries()) {
      for (const b of unequal.slice(place + 1)) expect(differ(wire(a), wire(b), near)).not.toBe(null);
    }
    expect(differ(wire(new Map([["k", 1]])), wire(new Map([["k", 2]])), near)).toBe(
      "key 0 at /$map/0/1: 1 in one, 2 in another",
    );
    const [set, other] = [wire(new Set([1, 2])), wire(new Set([2.05, 1]))];
    expect(differ(set, other, near)).not.toBe(null);
    expect(differ(set, other, { ...near, paths: { "/$set": { ...near, unordered: true } } })).toBe(null);
  });

  it("[CM12] what cannot be read agrees with nothing when it is compared by a rule, whoever came first", () => {
    const good = outputOf(1);
    const lists = JSON.stringify([-7, 4_000_000_000]);
    for (const text of [
      "lies",
      '{"key":0,"value":{"$tabgrid":"lies"}}',
      `{"key":0,"value":{"$tabgrid":[${lists}]}}`,
    ]) {
      expect(differenceOf(good, [partOf(text)], { absolute: 1 })).toContain("cannot be read");
      expect(differenceOf([partOf(text)], good, { absolute: 1 })).toContain("cannot be read");
    }
  });

  it("[CM5] agrees with itself, whatever it is and however it is compared", () => {
    const rules = fc.constantFrom<CompareRule | null>(
      null,
      { absolute: 0 },
      { relative: 0.1 },
      { unordered: true },
      { paths: { "/*": { absolute: 1 } } },
    );
    fc.assert(
      fc.property(fc.jsonValue(), rules, (value, rule) => {
        expect(differ(value, value, rule)).toBe(null);
      }),
    );
  });

  it("[CM6] is the same either way round", () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.jsonValue(),
        fc.double({ min: 0, max: 5, noNaN: true }),
        (a, b, absolute) => {
          for (const rule of [{ absolute }, { absolute, unordered: true }])
            expect(differ(a, b, rule) === null).toBe(differ(b, a, rule) === null);
        },
      ),
    );
  });
});

function copyOf(name: string, value: unknown): ReturnedCopy {
  const parts = outputOf(value);
  const digest = parts[0]?.digest ?? digestOfText("");
  return { state: "returned", volunteerId: volunteer(name), digest, parts, bytesHere: true, elapsedMs: 1 };
}

function outcomeOf({ digest, parts }: ReturnedCopy): ReportedOutcome {
  return { type: "output", taskId: taskId("map/0"), digest, parts, bytesHere: true, elapsedMs: 1 };
}

function moved(item: unknown, by: number): unknown {
  if (typeof item === "number") return item + by;
  if (Array.isArray(item)) return item.map((each) => moved(each, by));
  return { ...(item as { x: number; y: number[] }), x: (item as { x: number }).x + by };
}

function pairings<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, place) =>
    pairings(items.filter((_, other) => other !== place)).map((rest) => [item, ...rest]),
  );
}

describe("votes within a tolerance", () => {
  const RULE = { absolute: 0.1 };
  function copy(name: string, value: number): ReturnedCopy {
    const [part = partOf("")] = outputOf(value);
    return {
      state: "returned",
      volunteerId: volunteer(name),
      digest: part.digest,
      parts: [part],
      bytesHere: true,
      elapsedMs: 1,
    };
  }
  function outcome(task: string, value: number): ReportedOutcome {
    const { digest, parts } = copy("ada", value);
    return {
      type: "output",
      taskId: `job/${task}` as ReportedOutcome["taskId"],
      digest,
      parts,
      bytesHere: true,
      elapsedMs: 1,
    };
  }

  it("[CM7] go to the first earlier copy that agrees, never through a third", () => {
    const first = copy("ada", 1);
    const second = classified(openTask(first), copy("bo", 1.08), RULE) as ReturnedCopy;
    const third = classified(openTask(first, second), copy("cy", 1.15), RULE) as ReturnedCopy;
    expect(voteOf(second)).toBe(first.digest);
    expect(voteOf(third)).toBe(third.digest);
  });

  it("[CM8] accept the output that came first of those that agree, against the others", () => {
    const grid = openTestGrid();
    grid.submit({ compare: RULE });
    for (const name of ["ada", "bo", "cy"]) grid.join(name);
    grid.report("ada", [outcome("map/0", 7)], 1);
    grid.report("bo", [outcome("map/0", 1)], 1);
    const told = grid.report("cy", [outcome("map/0", 1.05)]);
    expect(told).toContain(`map/0 accepted as ${copy("bo", 1).digest} by bo cy against ada`);
  });

  it("[CM9] are cast again after a restart", () => {
    const votes = [
      { stage: "map" as const, index: 0, count: 1, copy: copy("ada", 1) },
      { stage: "map" as const, index: 0, count: 1, copy: copy("bo", 1.05) },
    ];
    const grid = openTestGrid();
    expect(grid.restore({ compare: RULE }, { startedAt: at(0), votes })).toContain("job completed");
  });

  it("[CM10] that no quorum agrees on fail the job with where they differ, exact ones too", () => {
    for (const compare of [RULE, null]) {
      const grid = openTestGrid();
      grid.submit({ compare, maxCopies: 2 });
      for (const name of ["ada", "bo"]) grid.join(name);
      grid.report("ada", [outcome("map/0", 1)]);
      const effects = grid.report("bo", [outcome("map/0", 2)]);
      expect(effects).toContain("job failed. They differ in key 0: 1 in one, 2 in another");
    }
  });
});
