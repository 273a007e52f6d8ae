import { describe, expect, it } from "vitest";
import { failure, jobId, output, released, volunteer } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";
import { exonerated, FULL_QUOTA, quotaAfterError, quotaAfterOutput, type Quota } from "./quota";

describe("a task that fails", () => {
  it("[FC1] is given up when three volunteers saw the same error, however large the quorum", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 5, maxErrors: 9, maxCopies: 20 });
    for (const name of ["ada", "bo", "cy"]) grid.join(name);
    grid.report("ada", [failure("map/0", "no")]);
    expect(grid.report("bo", [failure("map/0", "no")])).not.toContain("job failed");
    expect(grid.report("cy", [failure("map/0", "no")])).toContain("job failed");
  });

  it("[FC2] is gone on without, and counted, when its job skips: its volunteers did what was asked of them", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 2, quorum: 2, reducers: 1, onError: "skip" });
    for (const name of ["ada", "bo"]) grid.join(name, { want: 2 });
    grid.report("ada", [failure("map/0", "no"), output("map/1", "x")]);
    expect(grid.report("bo", [failure("map/0", "no"), output("map/1", "x")])).toEqual([
      "bo's copy of map/0 failed",
      "map/0 skipped",
      "bo's copy of map/1 returned",
      "map/1 accepted as x by ada bo",
      "reduce is next",
      "answered done done",
    ]);
    expect(grid.grid.jobs.get(jobId("job"))?.stages[0]?.skipped).toBe(1);
  });

  it("[FC3] brings its error along when its job collects errors", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 2, quorum: 1, onError: "collect" });
    grid.join("ada", { want: 2 });
    expect(grid.report("ada", [failure("map/0", "no")])).toContain("map/0 skipped: no");
    expect(grid.report("ada", [output("map/1", "x")])).toContain("job completed");
  });

  it("[FC4] fails its job though that skips when volunteers do not agree: that is no error of the program", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 2, maxCopies: 2, onError: "skip" });
    for (const name of ["ada", "bo"]) grid.join(name);
    grid.report("ada", [output("map/0", "x")]);
    expect(grid.report("bo", [output("map/0", "y")])).toContain("job failed");
  });

  it("[FC5] is told to those who still run it when it is gone on without", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 2, quorum: 3, maxErrors: 1, onError: "skip" });
    for (const name of ["ada", "bo"]) grid.join(name);
    expect(grid.report("ada", [failure("map/0", "no")])).toContain("bo stops map/0");
  });
});

describe("a job whose tasks fail", () => {
  it("[FC6] stops by itself when its first 20 tasks all failed", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 100, quorum: 1, onError: "skip" });
    grid.join("ada", { want: 64 });
    for (let index = 0; index < 19; index++) grid.report("ada", [failure(`map/${index}`, "no")], 1);
    expect(grid.report("ada", [failure("map/19", "never")])).toContain("job failed");
  });

  it("[FC26] stops so in each of its stages, also when those before, as split, went well", () => {
    const grid = openTestGrid();
    grid.submit({ splits: 1, reducers: 25, quorum: 1, onError: "skip" });
    grid.join("ada", { want: 64 });
    grid.report("ada", [output("split/0", "s")], 1);
    grid.planned(25, 25);
    for (let index = 0; index < 19; index++) grid.report("ada", [failure(`map/${index}`, "no")], 1);
    for (let index = 19; index < 25; index++) grid.report("ada", [output(`map/${index}`, "x")], 1);
    grid.stageReady();
    for (let index = 0; index < 19; index++) grid.report("ada", [failure(`reduce/${index}`, "no")], 1);
    expect(grid.report("ada", [failure("reduce/19", "never")])).toContain("job failed");
  });

  it("[FC27] stops so when all of a stage's first 20 fail behind a split that went well", () => {
    const grid = openTestGrid();
    grid.submit({ splits: 1, quorum: 1, onError: "skip" });
    grid.join("ada", { want: 64 });
    grid.report("ada", [output("split/0", "s")], 1);
    grid.planned(100);
    for (let index = 0; index < 19; index++) grid.report("ada", [failure(`map/${index}`, "no")], 1);
    expect(grid.report("ada", [failure("map/19", "never")])).toContain("job failed");
  });

  it("[FC7] goes on when one of them did not", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 100, quorum: 1, onError: "skip" });
    grid.join("ada", { want: 64 });
    grid.report("ada", [output("map/50", "x")]);
    for (let index = 0; index < 30; index++) grid.report("ada", [failure(`map/${index}`, "no")], 1);
    expect(grid.grid.jobs.get(jobId("job"))?.stages[0]).toMatchObject({ skipped: 30 });
  });
});

describe("a task that ends its worker", () => {
  it("[FC8] fails with the third volunteer, who agrees with those before", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 3, maxErrors: 3 });
    for (const name of ["ada", "bo", "cy"]) grid.join(name);
    expect(grid.report("ada", [released("map/0", "broke")])).toContain("ada's copy of map/0 lost");
    grid.report("bo", [released("map/0", "broke")]);
    expect(grid.report("cy", [released("map/0", "broke")])).toContain("job failed");
  });

  it("[FC9] fails at the fifth time with one volunteer, which then is not given it again", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 2 });
    grid.join("ada");
    for (let time = 0; time < 4; time++) {
      expect(grid.report("ada", [released("map/0", "broke")], 1)).toContain("ada gets map/0");
    }
    const words = grid.report("ada", [released("map/0", "broke")], 1);
    expect(words).toContain("ada's copy of map/0 failed");
    expect(words).not.toContain("ada gets map/0");
  });

  it("[FC15] is no different from one that its volunteers have no room for, but for the words and that twice with one is enough", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 2 });
    grid.join("ada");
    expect(grid.report("ada", [released("map/0", "full")], 1)).toContain("ada gets map/0");
    const words = grid.report("ada", [released("map/0", "full")], 1);
    expect(words).toContain("ada's copy of map/0 failed");
    const message = expect.stringContaining("more than volunteers' browsers have room for");
    const { open } = grid.grid.jobs.get(jobId("job"))?.stages[0] ?? expect.unreachable();
    expect(open.get(0)?.task.copies).toMatchObject([{ state: "failed", error: { message } }]);
    grid.join("bo");
    grid.report("bo", [released("map/0", "full")], 1);
    expect(grid.report("bo", [released("map/0", "full")], 1)).toContain("job failed");
  });

  it("[FC16] is no different from one that reads what the coordinator says it does not have, but for the words", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 2 });
    grid.join("ada");
    for (let time = 0; time < 4; time++)
      expect(grid.report("ada", [released("map/0", "unread")], 1)).toContain("ada gets map/0");
    expect(grid.report("ada", [released("map/0", "unread")], 1)).toContain("ada's copy of map/0 failed");
    const message = expect.stringContaining("a block that volunteers cannot have");
    const { open } = grid.grid.jobs.get(jobId("job"))?.stages[0] ?? expect.unreachable();
    expect(open.get(0)?.task.copies).toMatchObject([{ state: "failed", error: { message } }]);
  });

  it("[FC10] does not fail by being given back, however often", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 1 });
    grid.join("ada");
    for (let time = 0; time < 20; time++) {
      expect(grid.report("ada", [released("map/0")], 1)).toContain("ada gets map/0");
    }
  });
});

describe("a volunteer that fails", () => {
  function failIn(names: readonly string[]) {
    const grid = openTestGrid();
    for (const id of names) grid.submit({ id, tasks: 50, quorum: 3, maxErrors: 3 });
    grid.join("ada", { want: 12 });
    for (const id of names) grid.report("ada", [failure(`${id}/map/0`, "no")]);
    return { grid, quota: () => grid.grid.volunteers.get(volunteer("ada"))?.quota.tasks };
  }

  it("[FC11] may hold half as many tasks once it failed in three jobs, and one more with each output", () => {
    const { grid, quota } = failIn(["a", "b", "c"]);
    expect(quota()).toBe(5);
    grid.report("ada", [output("a/map/1", "x")]);
    expect(quota()).toBe(6);
    expect(grid.report("ada", [], 60).filter((words) => words.includes("gets"))).toEqual([]);
  });

  it("[FC12] is not blamed for failing in two jobs, or in a third after an output, which makes up for one", () => {
    expect(failIn(["a", "b"]).quota()).toBeNull();
    const { grid, quota } = failIn(["a", "b"]);
    grid.report("ada", [output("a/map/1", "x")]);
    grid.submit({ id: "c", quorum: 3 });
    grid.report("ada", [], 60);
    grid.report("ada", [failure("c/map/0", "no")]);
    expect(quota()).toBeNull();
  });

  it("[FC28] is found out when it fails most of its tasks in many jobs, though single outputs come between", () => {
    const names = Array.from({ length: 9 }, (_, number) => `j${number}`);
    const grid = openTestGrid();
    for (const id of names) grid.submit({ id, tasks: 9, quorum: 3, maxErrors: 9 });
    grid.join("ada", { want: 64 });
    for (let round = 0; round < 3; round++) {
      const [one, two, three] = names.slice(3 * round);
      grid.report("ada", [
        failure(`${one}/map/0`, "no"),
        failure(`${two}/map/0`, "no"),
        output(`${three}/map/0`, "x"),
      ]);
    }
    const { tasks } = grid.grid.volunteers.get(volunteer("ada"))?.quota ?? expect.unreachable();
    expect(tasks).toBeLessThanOrEqual(32);
  });

  it.each([true, false])(
    "[FC29] has its quota back when the errors that halved it turn out to be the programs', here or gone (%s)",
    (isHere) => {
      const grid = openTestGrid();
      const names = ["a", "b", "c"];
      for (const id of names) grid.submit({ id, tasks: 4, quorum: 1, maxErrors: 9, onError: "skip" });
      grid.join("ada", { want: 12 });
      grid.join("bo", { want: 0 });
      grid.report(
        "ada",
        names.map((id) => failure(`${id}/map/0`, "no")),
      );
      expect(grid.grid.volunteers.get(volunteer("ada"))?.quota.tasks).toBe(5);
      if (!isHere) grid.leave("ada");
      for (const name of ["bo", "cy"]) {
        grid.join(name, { want: 12, slotCount: 12 });
        grid.report(
          name,
          names.map((id) => failure(`${id}/map/0`, "no")),
        );
      }
      grid.join("ada", { want: 0 });
      expect(grid.grid.volunteers.get(volunteer("ada"))?.quota).toEqual(FULL_QUOTA);
    },
  );

  it("[FC13] is not blamed for an error that others see too: that is the program's", () => {
    const grid = openTestGrid();
    for (const id of ["a", "b", "c", "d"]) {
      grid.submit({ id, quorum: 2 });
      for (const name of ["ada", "bo"]) grid.join(name);
      for (const name of ["ada", "bo"]) grid.report(name, [failure(`${id}/map/0`, "no")], 1);
    }
    for (const name of ["ada", "bo"]) {
      expect(grid.grid.volunteers.get(volunteer(name))?.quota.tasks).toBeNull();
    }
  });

  it("[FC31] of a volunteer that goes on failing in between, only the last 16 halvings can be taken back", () => {
    let quota: Quota = FULL_QUOTA;
    for (let round = 0; round < 1_000; round++) {
      for (const name of ["a", "b", "c"]) quota = quotaAfterError(quota, jobId(`${name}${round}`), 8);
      quota = quotaAfterOutput(quota, 64);
    }
    expect(quota.halvings.length).toBe(16);
    expect(exonerated(quota, jobId("a983"), 64).tasks).toBe(quota.tasks);
    expect(exonerated(quota, jobId("a984"), 64).tasks).toBeGreaterThan(quota.tasks ?? 64);
  });

  it.each(["disconnect", "leave"] as const)("[FC14] keeps its quota over a new connection", (end) => {
    const { grid, quota } = failIn(["a", "b", "c"]);
    grid[end]("ada");
    grid.join("ada", { want: 60 });
    expect(quota()).toBe(5);
    expect(grid.grid.volunteers.get(volunteer("ada"))?.leases.size).toBe(5);
  });
});
