import { describe, expect, it } from "vitest";
import { GRID_POLICY } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";

const HOUR_MS = 3_600_000;
const { silenceMs, graceMs } = GRID_POLICY;

describe("a clock that jumps", () => {
  it.each([HOUR_MS, -HOUR_MS])("[LE17] by %i ms ends no lease early, and none late", (byMs) => {
    const grid = openTestGrid();
    grid.submit();
    grid.join("ada");
    grid.wait(silenceMs / 2);
    expect(grid.jumpClock(byMs)).toEqual([]);
    expect(grid.wait(silenceMs / 2 - 1)).toEqual([]);
    expect(grid.wait(1)).toEqual(["ada's copy of map/0 lost", "ada stops map/0"]);
  });

  it.each([HOUR_MS, -HOUR_MS])("[LE17] by %i ms leaves the absent their whole grace, and no more", (byMs) => {
    const grid = openTestGrid();
    grid.submit();
    grid.join("ada");
    grid.disconnect("ada");
    expect(grid.jumpClock(byMs)).toEqual([]);
    expect(grid.wait(graceMs - 1)).toEqual([]);
    expect(grid.wait(1)).toEqual(["ada's copy of map/0 lost"]);
  });
});
