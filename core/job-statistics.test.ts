import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { StageName } from "../protocol/ids";
import { describeStages, skewOf, spreadOf, type JobFigures } from "./job-statistics";

const stage = (name: StageName, tasks: number) =>
  ({ name, state: "completed", tasks, accepted: tasks, skipped: 0, copiesOut: 0, placing: null }) as const;

const NOTHING: JobFigures = { sums: new Map(), costs: new Map(), shuffle: null };

describe("statistics of a job's stages", () => {
  test("[SG1] tell the middle, the 95th of a hundred and the largest of what tasks took, packs counted by their tasks", () => {
    expect(spreadOf([])).toBeNull();
    const each = Array.from({ length: 100 }, (_, n) => ({ ms: 100 - n, tasks: 1 }));
    expect(spreadOf(each)).toEqual({ p50: 50, p95: 95, max: 100 });
    expect(
      spreadOf([
        { ms: 1, tasks: 98 },
        { ms: 70, tasks: 2 },
      ]),
    ).toEqual({ p50: 1, p95: 1, max: 70 });
    fc.assert(
      fc.property(
        fc.array(fc.record({ ms: fc.nat(999), tasks: fc.integer({ min: 1, max: 9 }) }), { minLength: 1 }),
        (buckets) => {
          const all = buckets
            .flatMap(({ ms, tasks }) => Array.from({ length: tasks }, () => ms))
            .sort((a, b) => a - b);
          const rank = (share: number) => all[Math.ceil(share * all.length) - 1];
          expect(spreadOf(buckets)).toEqual({ p50: rank(0.5), p95: rank(0.95), max: all.at(-1) });
        },
      ),
    );
  });

  test("[SG2] call the largest partition over the mean the skew", () => {
    expect(skewOf([{ bytes: 5 }, { bytes: 5 }])).toBe(1);
    expect(skewOf([{ bytes: 30 }, { bytes: 10 }, { bytes: 0 }, { bytes: 0 }])).toBe(3);
    expect(skewOf([{ bytes: 0 }, { bytes: 0 }])).toBe(1);
    expect(skewOf([])).toBe(1);
  });

  test("[SG3] reducers read all that the maps gave, and what was merged in place of what it was made of", () => {
    const partitions = [
      { bytes: 900, records: 90, runs: 8 },
      { bytes: 100, records: 10, runs: 8 },
    ];
    const job = {
      inputRecords: 1_000,
      inputBytes: 5_000,
      stages: [stage("map", 8), stage("merge", 3), stage("reduce", 2)],
    };
    const { stages, shuffle } = describeStages(job, {
      sums: new Map([
        ["map", { records: 100, bytes: 1_000 }],
        ["merge", { records: 5, bytes: 60 }],
        ["reduce", { records: 7, bytes: 70 }],
      ]),
      costs: new Map([["map", [{ ms: 12, tasks: 8 }]]]),
      shuffle: { partitions, heavy: [], merged: { bytes: 800, records: 80, runs: 7 } },
    });
    expect(
      stages.map(({ recordsIn, bytesIn, runs, recordsOut, bytesOut }) => [
        recordsIn,
        bytesIn,
        runs,
        recordsOut,
        bytesOut,
      ]),
    ).toEqual([
      [1_000, 5_000, null, 100, 1_000],
      [80, 800, 7, 5, 60],
      [25, 260, 12, 7, 70],
    ]);
    expect(stages[0]?.taskMs).toEqual({ p50: 12, p95: 12, max: 12 });
    expect(shuffle?.skew).toBe(1.8);
  });

  test("[SG4] say nothing of what is not known yet", () => {
    const job = {
      inputRecords: 10,
      inputBytes: 0,
      stages: [stage("sample", 1), stage("map", 1), stage("reduce", 2)],
    };
    const { stages, shuffle } = describeStages(job, NOTHING);
    expect(shuffle).toBeNull();
    expect(stages.map(({ recordsIn, runs, taskMs }) => [recordsIn, runs, taskMs])).toEqual([
      [null, null, null],
      [10, null, null],
      [null, null, null],
    ]);
  });
});
