import { describe, expect, it } from "vitest";
import { failure, jobId, output, released } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";
import { explainWaiting } from "./waiting";

type TestGrid = ReturnType<typeof openTestGrid>;
const fail = (grid: TestGrid, name: string, want = 0) => grid.report(name, [failure("map/0", "no")], want);
const waitingIn = ({ grid }: TestGrid) => {
  const job = grid.jobs.get(jobId("job"));
  return job ? explainWaiting(grid)(job) : null;
};

describe("an error", () => {
  it.each([
    ["quorum 1", { quorum: 1 }],
    ["quorum 2", { quorum: 2 }],
    ["a bound", { adaptive: { maxErrorRate: 1e-4 } }],
  ])("[FC17] with %s is the program's fault once three volunteers have seen it, and not before", (_, how) => {
    const grid = openTestGrid();
    grid.submit({ ...how, maxErrors: 9 });
    for (const name of ["ada", "bo", "cy", "di", "ed"]) grid.join(name);
    const errors = ["ada", "bo", "cy"].map((name) => fail(grid, name).includes("job failed"));
    expect(errors).toEqual([false, false, true]);
  });

  it("[FC18] of one volunteer drops no record of a job that skips, and its task is another's, who may be right", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 1, onError: "skip" });
    grid.join("ada");
    grid.join("bo");
    expect(fail(grid, "ada", 1)).toEqual(["ada's copy of map/0 failed", "answered done", "bo gets map/0"]);
    expect(grid.report("bo", [output("map/0", "x")])).toContain("map/0 accepted as x by bo against ada");
  });

  it("[FC19] is the program's fault at once with as many volunteers as could have the task, and at least a quorum of them", () => {
    const cases = [
      { others: [], quorum: 1, doesEnd: true },
      { others: [], quorum: 2, doesEnd: false },
      { others: [{ address: "home" }], quorum: 1, doesEnd: true },
      { others: [{ device: { tags: ["other"] } }], quorum: 1, doesEnd: true },
      { others: [{ address: "elsewhere" }], quorum: 1, doesEnd: false },
    ];
    for (const { others, quorum, doesEnd } of cases) {
      const grid = openTestGrid();
      grid.submit({ quorum, requires: { tags: ["lab"] } });
      const device = { tags: ["lab"] };
      grid.join("ada", { address: "home", device });
      others.forEach((other, number) => grid.join(`other${number}`, { device, ...other }));
      expect(fail(grid, "ada").includes("job failed")).toBe(doesEnd);
    }
  });

  it("[FC20] waits for a volunteer that is busy, however long, and says so", () => {
    const grid = openTestGrid();
    grid.submit({ id: "other", quorum: 1 });
    grid.join("bo");
    grid.submit({ quorum: 1 });
    grid.join("ada");
    fail(grid, "ada");
    for (let ms = 0; ms < 60_000; ms += 5_000) {
      grid.beat("bo", ["other/map/0"]);
      expect(grid.wait(5_000)).toEqual([]);
    }
    expect(waitingIn(grid)).toEqual({
      code: "error-unconfirmed",
      message:
        "Task map/0 failed with 1 volunteer (no). Before that is held to be the program's fault, the job waits for 2 other volunteers " +
        "to confirm it; should nobody else be there who could, it ends without.",
    });
    expect(grid.report("bo", [output("other/map/0", "x")], 1)).toContain("bo gets map/0");
    expect(waitingIn(grid)).toBeNull();
    expect(fail(grid, "bo")).toContain("job failed");
  });

  it("[FC21] waits ten seconds for a volunteer that neither asks nor works, and as long after the last other one has left", () => {
    for (const doesLeave of [false, true]) {
      const grid = openTestGrid();
      grid.submit({ quorum: 1 });
      grid.join("ada");
      grid.join("bo", { want: 0 });
      expect(fail(grid, "ada")).not.toContain("job failed");
      if (doesLeave) grid.leave("bo");
      expect(grid.wait(9_999)).toEqual([]);
      expect(waitingIn(grid)?.code).toBe("error-unconfirmed");
      expect(grid.wait(1)).toEqual(["job failed"]);
    }
  });

  it.each([3_600_000, -3_600_000])(
    "[FC30] waits no longer and no shorter when the clock jumps by %i ms",
    (byMs) => {
      const grid = openTestGrid();
      grid.submit({ quorum: 1 });
      grid.join("ada");
      grid.join("bo", { want: 0 });
      fail(grid, "ada");
      expect(grid.jumpClock(byMs)).toEqual([]);
      expect(grid.wait(9_999)).toEqual([]);
      expect(grid.wait(1)).toEqual(["job failed"]);
    },
  );

  it("[FC22] is looked at again after a restart", () => {
    const grid = openTestGrid();
    const copy = {
      state: "failed",
      volunteerId: "ada",
      error: { message: "no", stack: "", record: null },
    } as const;
    const votes = [{ stage: "map", index: 0, count: 1, copy: { ...copy, elapsedMs: 1 } }] as never;
    expect(grid.restore({ quorum: 1 }, { votes })).toEqual([]);
    const gone = openTestGrid();
    gone.restore({ quorum: 1 }, { votes });
    expect(gone.wait(10_000)).toEqual(["job failed"]);
    expect(grid.join("bo")).toContain("bo gets map/0");
    expect(grid.report("bo", [output("map/0", "x")]).join()).toContain("map/0 accepted as x by bo");
  });

  it("[FC32] waits for those whose line is broken at the moment", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 1 });
    grid.join("ada");
    grid.join("bo", { want: 0 });
    grid.disconnect("bo");
    expect(fail(grid, "ada")).not.toContain("job failed");
    expect(grid.wait(10_000)).toContain("job failed");
  });

  it("[FC23] that ten thousand volunteers could not see costs a look at a thousand of them", () => {
    const grid = openTestGrid({}, false);
    for (let number = 0; number < 10_000; number++) grid.join(`v${number}`, { want: 0 });
    grid.submit({ quorum: 1, requires: { tags: ["lab"] } });
    grid.join("ada", { device: { tags: ["lab"] } });
    const begun = performance.now();
    expect(fail(grid, "ada")).not.toContain("job failed");
    expect(grid.wait(10_000)).toContain("job failed");
    expect(performance.now() - begun).toBeLessThan(200);
  });
});

describe("a task that ends its worker", () => {
  it.each(["broke", "full", "unread"] as const)(
    "[FC24] (%s) is tried by another volunteer that waits before the same one has it again, though that asks first",
    (reason) => {
      const grid = openTestGrid();
      grid.submit({ quorum: 1 });
      grid.join("ada", { want: 2 });
      grid.join("bo");
      expect(grid.report("ada", [released("map/0", reason)], 1)).toEqual([
        "ada's copy of map/0 lost",
        "answered done",
        "bo gets map/0",
      ]);
    },
  );

  it("[FC25] does not end its job by one volunteer at quorum 1, as long as another could try it", () => {
    const grid = openTestGrid();
    grid.submit({ id: "other", quorum: 1 });
    grid.join("bo");
    grid.submit({ quorum: 1 });
    grid.join("ada");
    for (let time = 0; time < 5; time++)
      expect(grid.report("ada", [released("map/0", "broke")], 1)).not.toContain("job failed");
    expect(grid.report("bo", [output("other/map/0", "x")], 1)).toContain("bo gets map/0");
    expect(grid.report("bo", [output("map/0", "x")])).toContain("job completed");
  });
});
