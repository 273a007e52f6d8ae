import { describe, expect, it } from "vitest";
import { at, digest, GRID_POLICY, output, taskId, volunteer } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";
import type { ReportedOutcome } from "./grid-events";
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
    expect(revoked?.taskIds()[0]).toBe(taskId("map/99"));
  });

  it("[LE16] forgets them two minutes later, when it is told to stop another one", () => {
    const { grid, submit, join, leave, report, wait } = openTestGrid({ tasksHeld: 4, silenceMs: 1_000_000 });
    submit({ tasks: 4, quorum: 1 });
    join("ada", { want: 4 });
    leave("ada");
    join("bo", { want: 4 });
    join("ada", { want: 0 });
    const told = () => grid.volunteers.get(volunteer("bo"))?.revoked?.taskIds() ?? [];
    report("ada", [output("map/0", "x")]);
    wait(120_000);
    report("ada", [output("map/1", "x")]);
    expect(told()).toEqual([taskId("map/0"), taskId("map/1")]);
    wait(1);
    report("ada", [output("map/2", "x")]);
    expect(told()).toEqual([taskId("map/1"), taskId("map/2")]);
  });

  it("[LE23] forgets them as well when it says something later than that, with the outputs that were kept for them", () => {
    for (const say of ["beat", "report"] as const) {
      const { grid, wait, ...each } = openRevoked(3, 60_000);
      const kept = () => grid.volunteers.get(volunteer("bo"))?.revoked;
      expect([kept()?.size, kept()?.bytes]).toEqual([3, 180_000]);
      wait(120_000);
      each[say]("bo", []);
      expect(kept()?.size).toBe(3);
      wait(1);
      each[say]("bo", []);
      expect(kept()).toBeNull();
    }
  });

  it("[LE24] keeps 1 MiB of the outputs that late ones are compared with, the latest ones, and of the others the digest", () => {
    const { grid, report } = openRevoked(30, 60_000);
    const revoked = grid.volunteers.get(volunteer("bo"))?.revoked;
    expect([revoked?.size, revoked?.bytes]).toEqual([30, 17 * 60_000]);
    // As near as the rule asks for, but not the same: only what is kept tells.
    const near = (index: number) => report("bo", [numberOf(index, 60_000, 1.1)])[0];
    expect(near(12)).toBe("bo's copy of map/12 returned late");
    expect(near(13)).toBe("bo's copy of map/13 returned valid after all");
    expect(report("bo", [numberOf(0, 60_000, 1)])[0]).toBe("bo's copy of map/0 returned valid after all");
    expect(revoked?.bytes).toBe(16 * 60_000);
  });
});

/** Bo is told to stop tasks whose outputs are compared by a rule, of so many bytes each. */
function openRevoked(tasks: number, bytes: number) {
  const each = openTestGrid({ tasksHeld: 64, silenceMs: 1_000_000 });
  each.submit({ tasks, quorum: 1, compare: { absolute: 0.5 } });
  each.join("ada", { want: tasks });
  each.leave("ada");
  each.join("bo", { want: tasks });
  each.join("ada", { want: 0 });
  // The last one's end is the job's.
  each.submit({ id: "other" });
  each.report(
    "ada",
    Array.from({ length: tasks }, (_, index) => numberOf(index, bytes, 1)),
  );
  return each;
}

function numberOf(index: number, bytes: number, value: number): ReportedOutcome {
  const text = JSON.stringify({ key: "x".repeat(bytes), value });
  const name = `${index}: ${value}`;
  return { ...output(`map/${index}`, name), parts: [{ digest: digest(name), bytes, records: 1, text }] };
}
