import { describe, expect, it } from "vitest";
import { output, volunteer } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";
import type { PastAcceptance } from "./grid-events";
import type { Digest } from "../protocol/ids";

const adaptive = { maxErrorRate: 0.01 };

/** `past(0, "x", { ada: "x", bo: "y" })`: accepted as x; Ada said so, and Bo otherwise. */
function past(index: number, digest: string, votes: Record<string, string>): PastAcceptance {
  const entries = Object.entries(votes);
  return {
    index,
    digest: digest as Digest,
    votes: entries.map(([name, said]) => ({ volunteerId: volunteer(name), digest: said as Digest })),
  };
}

const PROVEN = [0, 1, 2, 3].map((index) => past(index, "x", { ada: "x", bo: "x" }));

function restored(history: readonly PastAcceptance[], tasks = 12) {
  const grid = openTestGrid();
  const accepted = new Map([["map", history.map(({ index }) => ({ index, count: 1 }))] as const]);
  const effects = grid.restore(
    { tasks, adaptive },
    { accepted, history: new Map([["map", history]]), startedAt: null },
  );
  return { grid, effects };
}

describe("a job with an error bound, after the coordinator was started again", () => {
  it("[TR30] still believes alone who had shown itself reliable", () => {
    const { grid } = restored(PROVEN);
    grid.join("ada", { want: 1 });
    expect(grid.report("ada", [output("map/4", "x")])).toContain("map/4 accepted as x by ada");
  });

  it("[TR31] opens again what a volunteer did alone that was caught, unless others have answered it since", () => {
    const { grid, effects } = restored([
      ...PROVEN,
      past(4, "lie", { ada: "lie" }),
      past(5, "x", { ada: "lie", bo: "x", cy: "x" }),
      past(6, "x", { ada: "x", bo: "x", cy: "x" }),
    ]);
    expect(effects).toEqual(["map/4 doubted: volunteer-caught"]);
    expect(grid.join("ada", { want: 3 })).toEqual([]);
    expect(grid.join("bo", { want: 1 })).toContain("bo gets map/4");
    expect(grid.report("bo", [output("map/4", "x")])).toContain("map/4 accepted as x by bo against ada");
  });

  it("[TR32] does not end with more than its bound allows", () => {
    const alone = Array.from({ length: 56 }, (_, more) => past(4 + more, "x", { ada: "x" }));
    const { effects } = restored([...PROVEN, ...alone], 60);
    expect(effects.some((words) => words.endsWith("doubted: audit"))).toBe(true);
    expect(effects).not.toContain("job completed");
  });
});
