import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cutRuns, heavyAmong, HEAVY_BYTES, MOST_PIECES, planPieces, type RunSize } from "./heavy-partitions";
import { openPieces } from "./piece-order";

const MIB = 1024 * 1024;
const partitions = (...mib: number[]) => mib.map((size) => ({ bytes: size * MIB, records: size, runs: 1 }));

/** Runs of tasks with gaps between them, as packs and maps without output leave. */
const runs = fc
  .array(fc.record({ gap: fc.integer({ min: 1, max: 3 }), bytes: fc.integer({ min: 1, max: 8 * MIB }) }), {
    maxLength: 60,
  })
  .map((steps) => {
    let task = -1;
    return steps.map(({ gap, bytes }): RunSize => ({ task: (task += gap), bytes, records: 1 }));
  });

describe("heavy partitions", () => {
  test("[HV1] are those that have more than twice what the others have on average, and 4 MiB", () => {
    expect(heavyAmong(partitions(10, 2, 2, 2))).toEqual([0]);
    expect(heavyAmong(partitions(2, 6, 2, 6))).toEqual([]);
    expect(heavyAmong(partitions(1, 10, 1, 10, 1, 1))).toEqual([1, 3]);
    expect(heavyAmong(partitions(3, 0, 0, 0))).toEqual([]);
    expect(heavyAmong(partitions(HEAVY_BYTES / MIB, 0))).toEqual([0]);
    expect(heavyAmong(partitions(100))).toEqual([]);
  });

  test("[HV2] are cut into pieces of neighbours that share no run, few of them, each with two runs or more", () => {
    fc.assert(
      fc.property(runs, fc.integer({ min: 0, max: 64 * MIB }), (sizes, others) => {
        const pieces = cutRuns(3, sizes, others);
        expect(pieces.length).toBeLessThanOrEqual(MOST_PIECES);
        for (const [place, { partition, from, to }] of pieces.entries()) {
          expect(partition).toBe(3);
          expect(from).toBeGreaterThanOrEqual(pieces[place - 1]?.to ?? 0);
          expect(sizes.filter(({ task }) => from <= task && task < to).length).toBeGreaterThan(1);
        }
      }),
    );
  });

  test("[HV3] are cut evenly when their runs are small", () => {
    const sizes = Array.from({ length: 400 }, (_, task) => ({ task, bytes: 64 * 1024, records: 1 }));
    const pieces = cutRuns(0, sizes, 2 * MIB);
    expect(pieces).toHaveLength(13);
    for (const { from, to } of pieces) expect(Math.abs(to - from - 400 / 13)).toBeLessThan(1.5);
  });

  test("[HV4] every run is read once: by the reducer, or by the piece it lies in, whose run is read in its place", () => {
    fc.assert(
      fc.property(runs, runs, (heavy, light) => {
        const pieces = cutRuns(1, heavy, MIB);
        const read: (string | number)[] = [];
        const merged = pieces.map((): number[] => []);
        const open = openPieces(pieces, (place) => read.push(`piece ${place}`));
        const all = [
          ...heavy.map((run) => ({ ...run, partition: 1 })),
          ...light.map((run) => ({ ...run, partition: 0 })),
        ];
        all.sort((a, b) => a.task - b.task);
        for (const { task, partition } of all) {
          const place = open.pieceOf(partition, task);
          if (partition === 0) expect(place).toBeNull();
          else if (place === null) read.push(task);
          else merged[place]?.push(task);
        }
        open.finish();
        const order = read.flatMap((each) =>
          typeof each === "number" ? [each] : (merged[Number(each.slice(6))] ?? []),
        );
        expect(order).toEqual(heavy.map(({ task }) => task));
        expect(new Set(read).size).toBe(read.length);
      }),
    );
  });

  test("[HV5] a piece none of whose runs is there any more still has its place", () => {
    const pieces = [
      { partition: 0, from: 0, to: 4 },
      { partition: 0, from: 6, to: 9 },
    ];
    const entered: number[] = [];
    const open = openPieces(pieces, (place) => entered.push(place));
    expect(open.pieceOf(0, 5)).toBeNull();
    expect(entered).toEqual([0]);
    open.finish();
    expect(entered).toEqual([0, 1]);
  });

  test("[HV6] are left whole, with the reason, where there is no combine or nothing to cut", () => {
    const sizes = partitions(10, 1);
    const one = new Map([[0, [{ task: 4, bytes: 10 * MIB, records: 1 }]]]);
    const many = new Map([
      [0, Array.from({ length: 20 }, (_, task) => ({ task, bytes: MIB / 2, records: 3 }))],
    ]);
    expect(planPieces(sizes, [0], many, "no-combine")).toMatchObject({
      heavy: [{ partition: 0, pieces: 0, leftWhole: "no-combine", message: /exports no combine/ }].map(
        (heavy) => ({
          ...heavy,
          message: expect.stringMatching(heavy.message) as string,
        }),
      ),
      pieces: [],
    });
    expect(planPieces(sizes, [0], one, null).heavy).toMatchObject([{ pieces: 0, leftWhole: "few-runs" }]);
    const split = planPieces(sizes, [0], many, null);
    expect(split.heavy).toMatchObject([{ pieces: 10, leftWhole: null, bytes: 10 * MIB }]);
    expect(split.merged).toEqual({ bytes: 10 * MIB, records: 60, runs: 20 });
    expect(split.heavy[0]?.message).toMatch(
      /10485760 bytes, the others 1048576 on average.*combined in 10 pieces/,
    );
  });
});
