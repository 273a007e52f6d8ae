import { describe, expect, it } from "vitest";
import { output, volunteer } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";
import { paceFor, smoothed } from "./pace";

const CROWD = 5_000;
const MOST_MS = 4_000;

describe("the pace of reports", () => {
  it("[LD1] is none while the coordinator has time, and grows to its most as the time fills", () => {
    const paces = [0, 0.4, 0.5, 0.6, 0.75, 1].map((busy) => paceFor(busy, CROWD, MOST_MS));
    expect(paces).toEqual([0, 0, 1_143, 2_286, 4_000, 4_000]);
  });

  it("[LD2] is none for so few volunteers that fewer reports would win nothing, and no longer than makes a thousand a second", () => {
    expect([2, 100, 499].map((few) => paceFor(1, few, MOST_MS))).toEqual([0, 0, 0]);
    expect([500, 1_000, 3_000].map((some) => paceFor(1, some, MOST_MS))).toEqual([500, 1_000, 3_000]);
  });

  it("[LD3] follows a load that rises within a second or two, and one that falls ten times as slowly", () => {
    const afterOneSecond = (before: number, busy: number) => smoothed(smoothed(before, busy, 500), busy, 500);
    expect(afterOneSecond(0, 1)).toBeCloseTo(0.63, 2);
    expect(afterOneSecond(1, 0)).toBeCloseTo(0.9, 2);
  });

  it("[LD4] is at least what the operator says", () => {
    const { grid, send } = openTestGrid({ leastPaceMs: 1_500 });
    expect(grid.paceMs).toBe(1_500);
    send({ type: "loaded", busy: 0, overMs: 500 });
    expect(grid.paceMs).toBe(1_500);
  });

  it("[LD5] counts for a volunteer from when it is told: when it joins, reports or says what it holds", () => {
    const { grid, join, report, beat } = openTestGrid();
    const paceOf = (name: string) => grid.volunteers.get(volunteer(name))?.paceMs;
    join("ada");
    grid.paceMs = 1_000;
    expect(paceOf("ada")).toBe(0);
    report("ada", []);
    expect(paceOf("ada")).toBe(1_000);
    grid.paceMs = 2_000;
    beat("ada", []);
    join("bo");
    expect([paceOf("ada"), paceOf("bo")]).toEqual([2_000, 2_000]);
  });
});

describe("a volunteer that gathers", () => {
  /** Ada has done some of many tasks that take a second each. */
  function gridAt(leastPaceMs: number, others: readonly string[] = []) {
    const grid = openTestGrid({ leastPaceMs, heldMs: 2_000 });
    grid.submit({ tasks: 100, quorum: 1 });
    grid.join("ada", { want: 2 });
    for (const name of others) grid.join(name, { want: 0 });
    grid.wait(2_000);
    return grid;
  }
  const done = (...indexes: number[]) =>
    indexes.map((index) => output(`map/${index}`, "x", { elapsedMs: 1_000 }));

  it("[LD6] is given as much more as it works through meanwhile", () => {
    expect(gridAt(0).report("ada", done(0, 1), 20)).toContain("ada gets map/2 map/3");
    expect(gridAt(4_000).report("ada", done(0, 1), 20)).toContain(
      "ada gets map/2 map/3 map/4 map/5 map/6 map/7",
    );
  });

  it("[LD11] has packs that are larger by half of the pace", () => {
    for (const [paceMs, pack] of [
      [0, "map/4"],
      [4_000, "map/4+2"],
    ] as const) {
      const grid = openTestGrid({ leastPaceMs: paceMs, packMs: 400 });
      grid.submit({ tasks: 100, quorum: 1, cuts: [0] });
      grid.join("ada", { want: 4 });
      grid.wait(4_000);
      expect(grid.report("ada", done(0, 1, 2, 3), 1)).toContain(`ada gets ${pack}`);
    }
  });

  it("[LD7] is given that of one job in its turn, so that its outputs of one job go together", () => {
    const grid = gridAt(4_000);
    grid.submit({ id: "other", tasks: 100, quorum: 1 });
    const gets = grid.report("ada", done(0, 1), 20).filter((words) => words.startsWith("ada gets"));
    expect(gets.length).toBeGreaterThan(0);
    // By turns of a second, the two jobs would have alternated.
    expect(gets[0]?.split(" ").length).toBeGreaterThan(4);
  });

  it("[LD8] leaves the last tasks to those who hold less than it", () => {
    const grid = gridAt(4_000, ["bo"]);
    grid.report("ada", done(0, 1), 20);
    expect(grid.grid.volunteers.get(volunteer("ada"))?.leases.size).toBe(6);
    const tail = openTestGrid({ leastPaceMs: 4_000, heldMs: 2_000 });
    tail.submit({ tasks: 6, quorum: 1 });
    tail.join("ada", { want: 2 });
    tail.join("bo", { want: 0 });
    tail.wait(2_000);
    expect(tail.report("ada", done(0, 1), 20)).toContain("ada gets map/2 map/3 map/4");
  });

  it("[LD9] has the pace as time on top before its tasks are given to a second volunteer", () => {
    for (const paceMs of [0, 4_000]) {
      const grid = openTestGrid({ leastPaceMs: paceMs });
      grid.submit({ tasks: 3, quorum: 1 });
      for (const name of ["ada", "bo", "cy"]) grid.join(name);
      grid.wait(1_000);
      grid.report("bo", done(1), 1);
      grid.report("cy", done(2), 1);
      expect(grid.wait(499 + paceMs)).toEqual([]);
      expect(grid.wait(1)).toEqual(["bo gets map/0"]);
    }
  });

  it("[LD10] is not held to be slow because its outputs come late", () => {
    const slownessAt = (paceMs: number) => {
      const grid = openTestGrid({ leastPaceMs: paceMs });
      grid.submit({ tasks: 8, quorum: 1 });
      grid.join("bo", { want: 2 });
      grid.join("ada");
      grid.wait(1_000);
      grid.report("bo", done(0, 1));
      grid.wait(3_000);
      grid.leave("bo");
      grid.report("ada", [{ type: "released", taskId: output("map/2", "x").taskId, reason: "stopped" }]);
      return grid.grid.volunteers.get(volunteer("ada"))?.slowness ?? NaN;
    };
    expect(slownessAt(0)).toBeGreaterThan(1.5);
    expect(slownessAt(4_000)).toBe(1);
  });
});
