import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failure, output, policy, singly } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";
import { countStages, policyFor } from "./split-stage";
import { indexSplits } from "./split";
import { explainWaiting } from "./waiting";

const jobIn = ({ grid }: ReturnType<typeof openTestGrid>) => [...grid.jobs.values()][0];

describe("a job whose program splits its input", () => {
  it("[US1] runs split first, then as many map tasks as were planned of it, each once", () => {
    const grid = openTestGrid();
    grid.submit({ splits: 1, quorum: 1 });
    expect(grid.join("ada", { want: 9 })).toEqual(["job running", "ada gets split/0"]);
    expect(grid.report("ada", [output("split/0", "items")])).toContain("map is next");
    expect(jobIn(grid)?.stages.map(({ taskCount }) => taskCount)).toEqual([1, 0]);
    expect(grid.report("ada", [], 9)).toEqual([]);
    expect(grid.planned(3)).toEqual(["ada gets map/0 map/1 map/2"]);
    expect(grid.planned(5)).toEqual([]);
    const done = [0, 1, 2].map((index) => output(`map/${index}`, `x${index}`));
    expect(grid.report("ada", done)).toContain("job completed");
  });

  it("[US2] takes what a quorum says of the items, and no less where volunteers are believed by what they have shown", () => {
    const grid = openTestGrid();
    grid.submit({ splits: 1, quorum: 2 });
    grid.join("ada");
    grid.join("bo");
    grid.join("cy");
    expect(grid.report("ada", [output("split/0", "lie")]).join()).not.toContain("next");
    expect(grid.report("bo", [output("split/0", "items")], 1).join()).not.toContain("next");
    grid.report("cy", [], 1);
    expect(grid.report("cy", [output("split/0", "items")])).toContain("map is next");
    const adaptive = policy({ quorum: 1, adaptive: { maxErrorRate: 0.01 } });
    expect(policyFor("split", adaptive)).toMatchObject({ quorum: 2, adaptive: null });
    expect(policyFor("map", adaptive)).toBe(adaptive);
    expect(policyFor("split", policy({ quorum: 3, compare: { relative: 0.1 } }))).toMatchObject({
      quorum: 3,
      compare: null,
    });
  });

  it("[US3] judges the other stages by the job's own policy, also after a restart", () => {
    const sketch = { splits: 1, quorum: 1, adaptive: { maxErrorRate: 0.1 } };
    const grid = openTestGrid();
    grid.submit(sketch);
    grid.join("ada");
    grid.join("bo");
    grid.report("ada", [output("split/0", "items")]);
    expect(jobIn(grid)?.policy.adaptive).toBeNull();
    grid.report("bo", [output("split/0", "items")]);
    expect(jobIn(grid)?.policy.adaptive).toEqual({ maxErrorRate: 0.1 });
    expect(jobIn(grid)?.validator.standing()).not.toBeNull();
    const restarted = openTestGrid();
    restarted.restore(sketch, { accepted: new Map([["split", singly(0)]]) });
    expect(jobIn(restarted)?.policy.adaptive).toEqual({ maxErrorRate: 0.1 });
  });

  it("[US4] has what was split planned again after a restart, and does not split it twice", () => {
    const grid = openTestGrid();
    const accepted = new Map([["split" as const, singly(0)]]);
    expect(grid.restore({ splits: 1, quorum: 1 }, { accepted })).toContain("map is next");
    expect(grid.join("ada", { want: 4 })).toEqual([]);
    expect(grid.planned(2)).toEqual(["job running", "ada gets map/0 map/1"]);
  });

  it("[US5] ends at once when split gives nothing, also when that is all that was planned before a restart", () => {
    const grid = openTestGrid();
    grid.submit({ splits: 1, quorum: 1, reducers: 2 });
    grid.join("ada");
    grid.report("ada", [output("split/0", "nothing")]);
    expect(grid.planned(0)).toEqual(["job completed"]);
    const restarted = openTestGrid();
    restarted.restore({ splits: 1, quorum: 1 }, { accepted: new Map([["split", singly(0)]]) });
    expect(
      restarted.send({ type: "stage-ready", jobId: jobIn(restarted)?.id ?? fail(), stage: "map" }),
    ).toEqual(["job completed"]);
  });

  it("[US6] fails when split throws, whatever the job does about other tasks, and says that it was split", () => {
    const grid = openTestGrid();
    grid.submit({ splits: 1, quorum: 1, onError: "skip", maxErrors: 1 });
    grid.join("ada");
    grid.report("ada", [failure("split/0", "Error: no")]);
    expect(jobIn(grid)).toBeUndefined();
  });

  it("[US7] says that it waits for split, while it runs and while its items are being cut", () => {
    const grid = openTestGrid();
    grid.submit({ splits: 1, quorum: 1 });
    grid.join("ada");
    const reason = () => {
      const job = jobIn(grid);
      return job ? explainWaiting(grid.grid)(job) : null;
    };
    expect(reason()?.code).toBe("splitting");
    expect(reason()?.message).toContain("waits for split");
    grid.report("ada", [output("split/0", "items")], 1);
    expect(reason()?.code).toBe("splitting");
    grid.planned(1);
    expect(reason()).toBeNull();
  });

  it("[US8] is paused, resumed and cancelled in its split stage as in any other", () => {
    const grid = openTestGrid();
    grid.submit({ splits: 1, quorum: 1 });
    grid.join("ada");
    expect(grid.pause()).toContain("ada stops split/0");
    expect(grid.report("ada", [], 1)).toEqual([]);
    expect(grid.resume()).toContain("ada gets split/0");
    expect(grid.cancel()).toContain("ada stops split/0");
    expect(grid.planned(3)).toEqual([]);
  });
});

it("[US9] stages have as many tasks as their input gives them, and none after an input without any", () => {
  const splitsOf = (count: number) =>
    indexSplits({ type: "range", start: 0, step: 1, count, recordsPerTask: 2 });
  const names = ["split", "sample", "map", "reduce"] as const;
  const counts = (source: number, map: number | null) =>
    countStages(names, {
      source: splitsOf(source),
      map: map === null ? null : splitsOf(map),
      reducers: 4,
    }).map(({ taskCount }) => taskCount);
  expect(counts(2, null)).toEqual([1, 0, 0, 4]);
  expect(counts(2, 0)).toEqual([1, 0, 0, 0]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), (map) => {
      expect(counts(2, map)[2]).toBe(Math.ceil(map / 2));
    }),
  );
});

function fail(): never {
  throw new Error("there is no job");
}
