import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareKeys, type EncodedKey } from "../protocol/key-order";
import { boundsOf, sampleCount, sampledTask } from "./sampling";
import { indexSplits } from "./split";

const keyed = (key: unknown): EncodedKey => ({ key, keyText: null });
const splitsOf = (tasks: number, recordsPerTask: number) =>
  indexSplits({ type: "range", start: 0, step: 1, count: tasks * recordsPerTask, recordsPerTask });

describe("sampling", () => {
  it("[SM1] looks at few tasks, at more when they are small, and at each at most once", () => {
    expect(sampleCount(splitsOf(1_000, 10_000))).toBe(32);
    expect(sampleCount(splitsOf(5, 10_000))).toBe(5);
    expect(sampleCount(splitsOf(100_000, 1))).toBe(512);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 500 }), (tasks, perTask) => {
        const splits = splitsOf(tasks, perTask);
        const sampled = Array.from({ length: sampleCount(splits) }, (_, place) => sampledTask(splits, place));
        expect(new Set(sampled).size).toBe(sampled.length);
        expect(Math.max(...sampled)).toBeLessThan(tasks);
      }),
    );
  });

  it("[SM2] cuts the keys into ranges of the same size", () => {
    const keys = Array.from({ length: 1_000 }, (_, place) => keyed((place * 7) % 1_000));
    expect(boundsOf(keys, 4).map(({ key }) => key)).toEqual([250, 500, 750]);
    expect(boundsOf([], 4)).toEqual([]);
  });

  it("[SM3] gives bounds in order, none twice, and never more than ranges need", () => {
    const keys = fc.array(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.string()).map(keyed));
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 40 }), (some, reducers) => {
        const bounds = boundsOf(some, reducers);
        expect(bounds.length).toBeLessThan(reducers);
        for (const [place, bound] of bounds.entries()) {
          const next = bounds[place + 1];
          if (next) expect(compareKeys(bound, next)).toBeLessThan(0);
        }
      }),
    );
  });
});
