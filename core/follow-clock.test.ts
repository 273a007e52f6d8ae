import { describe, expect, it } from "vitest";
import { GRID_POLICY, output } from "../testing/builders";
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

  /** Tasks take a second here, ada's first one too; then its second is out. What is said in each second, from the jump on. */
  function saidAfter(byMs: number, seconds: number): string[][] {
    const grid = openTestGrid();
    grid.submit({ tasks: 4, quorum: 1 });
    grid.join("ada");
    for (let index = 0; index < 3; index++) {
      grid.wait(1_000);
      grid.report("ada", [output(`map/${index}`, "x", { elapsedMs: 1_000 })], 1);
    }
    grid.join("bo");
    if (byMs !== 0) expect(grid.jumpClock(byMs)).toEqual([]);
    return Array.from({ length: seconds }, () => {
      const said = grid.wait(1_000);
      grid.beat("ada", ["map/3"]);
      grid.beat("bo", ["map/3"]);
      return said;
    });
  }

  it.each([HOUR_MS, -HOUR_MS])(
    "[LE22] by %i ms neither hastens nor delays the second copy of a task that takes long, nor the end of a lease that takes far too long",
    (byMs) => {
      const said = saidAfter(0, 90);
      expect(said.flat()).toContain("bo gets map/3");
      expect(said.flat()).toContain("ada's copy of map/3 lost");
      expect(saidAfter(byMs, 90)).toEqual(said);
    },
  );
});
