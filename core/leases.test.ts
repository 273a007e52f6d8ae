import { describe, expect, it } from "vitest";
import { at, GRID_POLICY, output, taskId, volunteer } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";
import { takePassedDeadlines } from "./leases";

const { silenceMs } = GRID_POLICY;

describe("deadlines", () => {
  it("[LE15] come up once a lease has run out, not when it was renewed", () => {
    const { grid, submit, join, wait, beat } = openTestGrid();
    submit();
    join("ada");
    wait(10);
    beat("ada", ["map/0"]);
    expect(takePassedDeadlines(grid, at(silenceMs))).toEqual([]);
    expect(takePassedDeadlines(grid, at(silenceMs + 10))).toMatchObject([
      { type: "run", volunteerId: "ada", taskId: taskId("map/0") },
    ]);
  });

  it("[LE16] remembers which copies a volunteer was told to stop, the latest thousand", () => {
    const { grid, submit, join, leave, report } = openTestGrid({ tasksHeld: 2_000 });
    submit({ tasks: 1_100, quorum: 1 });
    const all = Array.from({ length: 1_100 }, (_, index) => `map/${index}`);
    join("ada", { want: 1_100 });
    leave("ada");
    join("bo", { want: 1_100 });
    join("ada", { want: 0 });
    report(
      "ada",
      all.slice(0, 1_099).map((name) => output(name, "x")),
    );
    const revoked = grid.volunteers.get(volunteer("bo"))?.revoked;
    expect(revoked?.size).toBe(1_000);
    expect([revoked?.has(taskId("map/98")), revoked?.has(taskId("map/99"))]).toEqual([false, true]);
  });

  it("[LE16] forgets them two minutes later, when it is told to stop another one", () => {
    const { grid, submit, join, leave, report, wait } = openTestGrid({ tasksHeld: 4, silenceMs: 1_000_000 });
    submit({ tasks: 4, quorum: 1 });
    join("ada", { want: 4 });
    leave("ada");
    join("bo", { want: 4 });
    join("ada", { want: 0 });
    const told = () => [...(grid.volunteers.get(volunteer("bo"))?.revoked?.keys() ?? [])];
    report("ada", [output("map/0", "x")]);
    wait(120_000);
    report("ada", [output("map/1", "x")]);
    expect(told()).toEqual([taskId("map/0"), taskId("map/1")]);
    wait(1);
    report("ada", [output("map/2", "x")]);
    expect(told()).toEqual([taskId("map/1"), taskId("map/2")]);
  });
});
