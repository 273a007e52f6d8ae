import { describe, expect, it } from "vitest";
import { digest, output, returnedBy, volunteer } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";
import type { PastAcceptance, RestoredJob } from "./grid-events";
import type { Digest } from "../protocol/ids";

const adaptive = { maxErrorRate: 0.01 };

/** `past(0, "x", { ada: "x", bo: "y" })`: accepted as x; Ada said so, and Bo otherwise. */
function past(index: number, digest: string, votes: Record<string, string>): PastAcceptance {
  const entries = Object.entries(votes);
  return {
    index,
    digest: digest as Digest,
    votes: entries.map(([name, said]) => ({ volunteerId: volunteer(name), digest: said as Digest })),
    failed: [],
  };
}

const PROVEN = [0, 1, 2, 3].map((index) => past(index, "x", { ada: "x", bo: "x" }));

function restored(
  history: readonly PastAcceptance[],
  tasks = 12,
  votes: RestoredJob["votes"] = [],
  unanswered: RestoredJob["unanswered"] = [],
) {
  const grid = openTestGrid();
  const accepted = new Map([["map", history.map(({ index }) => ({ index, count: 1 }))] as const]);
  const effects = grid.restore(
    { tasks, adaptive },
    { accepted, history: new Map([["map", history]]), startedAt: null, votes, unanswered },
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

  it("[KC10] doubts again what a check had put in doubt, with the answer that did", () => {
    const others = [4, 5, 6, 7].map((index) => past(index, "x", { cy: "x", di: "x" }));
    const { grid, effects } = restored([...PROVEN, ...others], 12, [
      { stage: "map", index: 0, count: 1, copy: returnedBy("cy", "y") },
    ]);
    expect(effects).toEqual(["map/0 doubted: contradicted"]);
    expect(grid.join("cy", { want: 1 })).not.toContain("cy gets map/0");
    expect(grid.join("di", { want: 1 })).toContain("di gets map/0");
    expect(grid.report("di", [output("map/0", "x")])).toContain("map/0 confirmed by di");
  });

  it("[KC11] gives what was out when it stopped its credit, though others had done the task: once, and to nobody that was not given it", () => {
    const unanswered = ["ada", "cy", "di"].map((name) => ({
      ...{ stage: "map" as const, index: 4, count: 1 },
      volunteerId: volunteer(name),
      accepted: digest("x"),
    }));
    const { grid } = restored([...PROVEN, past(4, "x", { bo: "x", ed: "x" })], 12, [], unanswered);
    expect(grid.join("ada", { want: 0, held: ["map/4", "map/3"] })).toEqual(["dropped map/3"]);
    expect(grid.beat("ada", ["map/4"])).toEqual([]);
    const report = (name: string, value: string) => grid.report(name, [output("map/4", value)]);
    expect(report("ada", "x")).toEqual(["ada's copy of map/4 returned valid after all", "answered done"]);
    expect(report("ada", "x")).toEqual(["answered done"]);
    expect(grid.beat("ada", ["map/4"])).toEqual(["dropped map/4"]);
    for (const name of ["cy", "fay"]) grid.join(name, { want: 0 });
    expect(report("cy", "y")).toEqual(["cy's copy of map/4 returned late", "answered done"]);
    expect(report("cy", "x")).toEqual(["answered done"]);
    expect(report("fay", "x")).toEqual(["answered done"]);
  });
});
