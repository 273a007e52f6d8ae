import { describe, expect, it } from "vitest";
import { digest, failure, output, released } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";

/** A job whose tasks take a second: ada has its last one, and the others are done and wait. */
function gridWithTail({ quorum = 1, others = ["bo", "cy"] } = {}) {
  const grid = openTestGrid();
  grid.submit({ tasks: 3, quorum });
  grid.join("ada");
  for (const name of others) grid.join(name);
  grid.wait(1_000);
  return grid;
}

const done = (index: number, elapsedMs = 1_000) => output(`map/${index}`, "x", { elapsedMs });

describe("the tail of a stage", () => {
  it("[TD1] gives a task that is out for one and a half times the mean to a second volunteer", () => {
    const grid = gridWithTail();
    grid.report("bo", [done(1)], 1);
    grid.report("cy", [done(2)], 1);
    expect(grid.wait(499)).toEqual([]);
    expect(grid.wait(1)).toEqual(["bo gets map/0"]);
  });

  it("[TD2] takes the first valid output, and tells the other to stop", () => {
    const grid = gridWithTail();
    grid.report("bo", [done(1)], 1);
    grid.report("cy", [done(2)]);
    grid.wait(500);
    expect(grid.report("bo", [done(0)])).toEqual([
      "bo's copy of map/0 returned",
      "map/0 accepted as x by bo",
      "ada's copy of map/0 lost",
      "ada stops map/0",
      "job completed",
      "answered done",
    ]);
  });

  it("[TD3] gives credit for an honest copy that comes too late, and none for another output", () => {
    for (const [value, words] of [
      ["x", "ada's copy of map/0 returned valid after all"],
      ["y", "ada's copy of map/0 returned late"],
    ] as const) {
      const grid = openTestGrid();
      grid.submit({ tasks: 4, quorum: 1 });
      for (const name of ["ada", "bo"]) grid.join(name);
      grid.wait(1_000);
      for (const index of [1, 2]) grid.report("bo", [done(index, 500)], 1);
      grid.wait(500);
      grid.report("bo", [], 1);
      expect(grid.report("bo", [done(0)])).toContain("ada stops map/0");
      expect(grid.report("ada", [output("map/0", value)])[0]).toBe(words);
    }
  });

  it("[TD20] gives it by the job's own comparison, while what was accepted is at hand", () => {
    const saying = (value: number) => {
      const text = `{"key":0,"value":${value}}\n`;
      const parts = [{ digest: digest(`v${value}`), bytes: text.length, records: 1, text }];
      return { ...output("map/0", `v${value}`), parts };
    };
    for (const [value, words] of [
      [1.02, "cy's copy of map/0 returned valid after all"],
      [1.2, "cy's copy of map/0 returned late"],
    ] as const) {
      const grid = openTestGrid();
      grid.submit({ copies: 3, compare: { absolute: 0.1 } });
      for (const name of ["ada", "bo", "cy"]) grid.join(name);
      grid.report("ada", [saying(1)]);
      expect(grid.report("bo", [saying(1.01)])).toContain("job completed");
      expect(grid.report("cy", [saying(value)])[0]).toBe(words);
    }
  });

  it("[TD12] gives that credit too when the task was the last one of its job", () => {
    const grid = gridWithTail();
    grid.report("bo", [done(1)], 1);
    grid.report("cy", [done(2)]);
    grid.wait(500);
    expect(grid.report("bo", [done(0)])).toContain("job completed");
    expect(grid.report("ada", [done(0)])).toEqual([
      "ada's copy of map/0 returned valid after all",
      "answered done",
    ]);
    expect(grid.report("ada", [done(0)])).toEqual(["answered done"]);
  });

  it("[TD4] asks the fastest of those who wait first", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 3, quorum: 1 });
    for (const name of ["ada", "slow", "fast"]) grid.join(name);
    grid.wait(1_000);
    grid.report("slow", [done(1, 1_000)], 1);
    grid.report("fast", [done(2, 200)], 1);
    expect(grid.wait(500)).toEqual(["fast gets map/0"]);
  });

  it("[TD5] has at most one copy more than are needed at a time", () => {
    const grid = gridWithTail();
    grid.report("bo", [done(1)], 1);
    grid.report("cy", [done(2)], 1);
    grid.wait(500);
    expect(grid.wait(10_000).filter((words) => words.includes("gets"))).toEqual([]);
    expect(grid.report("bo", [released("map/0")])).toContain("bo's copy of map/0 lost");
    expect(grid.wait(500)).toEqual(["cy gets map/0"]);
  });

  it("[TD6] does not wait for a failed copy's successor when one runs already", () => {
    const grid = gridWithTail();
    grid.report("bo", [done(1)], 1);
    grid.report("cy", [done(2)]);
    grid.wait(500);
    expect(grid.report("bo", [failure("map/0", "no")], 1)).toEqual([
      "bo's copy of map/0 failed",
      "answered done",
    ]);
    expect(grid.report("ada", [done(0)])).toContain("job completed");
  });

  it("[TD7] leaves tasks alone while there are fresh ones, and while nothing is known of their cost", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 4, quorum: 1 });
    grid.join("ada");
    grid.join("bo");
    expect(grid.wait(14_000)).toEqual([]);
    grid.report("bo", [done(1, 10)], 1);
    grid.beat("ada", ["map/0"]);
    expect(grid.wait(1_000)).toEqual([]);
  });

  it("[TD8] doubles what is missing to a quorum too, and needs only as many answers", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 1, quorum: 2 });
    for (const name of ["ada", "bo", "cy"]) grid.join(name);
    grid.wait(1_000);
    grid.report("ada", [done(0)]);
    expect(grid.wait(500)).toEqual(["cy gets map/0"]);
    const words = grid.report("cy", [done(0)]);
    expect(words).toContain("map/0 accepted as x by ada cy");
    expect(words).toContain("bo stops map/0");
  });

  it("[TD9] keeps what is overdue for a volunteer that comes later", () => {
    const grid = gridWithTail({ others: [] });
    grid.join("bo", { want: 2 });
    grid.report("bo", [done(1, 0), done(2, 0)]);
    grid.wait(1_000);
    expect(grid.join("cy")).toEqual(["cy gets map/0"]);
  });

  it("[TD10] can be switched off", () => {
    const grid = openTestGrid({ tailPatience: null });
    grid.submit({ tasks: 2, quorum: 1 });
    for (const name of ["ada", "bo"]) grid.join(name);
    grid.wait(1_000);
    grid.report("bo", [done(1)], 1);
    expect(grid.wait(10_000)).toEqual([]);
  });
});

describe("a late copy of a job with an error bound", () => {
  it("[LT1] is given to another volunteer too when others run beside it, as long as they would not do without it", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 2, adaptive: { maxErrorRate: 0.01 } });
    for (const name of ["ada", "bo"]) grid.join(name);
    for (const name of ["cy", "di"]) expect(grid.join(name)).toEqual([`${name} gets map/1`]);
    grid.wait(2_000);
    grid.report("ada", [done(0, 2_000)], 1);
    grid.report("bo", [done(0, 2_000)], 1);
    expect(grid.wait(999)).toEqual([]);
    expect(grid.wait(1)).toEqual(["ada gets map/1"]);
    expect(grid.wait(4_000)).toEqual([]);
    grid.report("ada", [done(1)]);
    expect(grid.report("cy", [done(1)])).toContain("di stops map/1");
  });
});

describe("the last fresh tasks of a stage", () => {
  /** Each has done one of the tasks, and begun with another; di works on another job, if there is one. */
  function gridNearItsEnd({
    tasks = 7,
    elapsedMs = 2_000,
    names = ["ada", "bo", "cy"],
    other = null as object | null,
  } = {}) {
    const grid = openTestGrid();
    if (other) grid.submit(other);
    if (other) grid.join("di");
    grid.submit({ tasks, quorum: 1 });
    for (const name of names) grid.join(name);
    grid.wait(2_000);
    for (const [index, name] of names.entries()) grid.report(name, [done(index, elapsedMs)], 1);
    return grid;
  }

  it("[LT2] are left by those who have some to do to those who have none", () => {
    const grid = gridNearItsEnd();
    expect(grid.report("ada", [], 1)).toEqual([]);
    expect(grid.report("bo", [done(4, 2_000)], 2)).toContain("bo gets map/6");
    expect(gridNearItsEnd({ tasks: 8 }).report("ada", [], 1)).toEqual(["ada gets map/6"]);
  });

  it("[LT3] are had by those who left them as soon as they have nothing else to do", () => {
    const grid = gridNearItsEnd();
    grid.report("ada", [], 1);
    expect(grid.report("ada", [done(3, 2_000)])).toContain("ada gets map/6");
    const other = gridNearItsEnd();
    other.report("ada", [], 1);
    expect(other.report("ada", [released("map/3")])).toContain("ada gets map/3");
  });

  it("[LT4] are given ahead of time to one who is alone, and when they are short", () => {
    const alone = gridNearItsEnd({ tasks: 3, names: ["ada"] });
    expect(alone.report("ada", [], 1)).toEqual(["ada gets map/2"]);
    expect(gridNearItsEnd({ elapsedMs: 400 }).report("ada", [], 1)).toEqual(["ada gets map/6"]);
  });

  it("[LT5] are given to who has something to do, when that is of other jobs", () => {
    const other = { id: "other", share: { maxInFlight: 1 } };
    const grid = gridNearItsEnd({ other });
    expect(grid.report("di", [], 1)).toEqual(["di gets map/6"]);
  });
});

/** Four tasks of 20 s are done; ada and bo have one each, and there are more. */
function gridInTheMiddle({ quorum = 1 } = {}) {
  const grid = openTestGrid();
  grid.submit({ tasks: 100, quorum });
  grid.join("cy", { want: 4 });
  const held = [0, 1, 2, 3].map((index) => `map/${index}`);
  for (let seconds = 0; seconds < 20; seconds += 5) {
    grid.wait(5_000);
    grid.beat("cy", held);
  }
  grid.report(
    "cy",
    [0, 1, 2, 3].map((index) => done(index, 20_000)),
  );
  grid.join("ada", { want: 1 });
  return grid;
}

/** Time passes, and ada says what she holds. */
function waitWithAda(grid: ReturnType<typeof openTestGrid>, seconds: number, held = ["map/4"]): string[] {
  return Array.from({ length: seconds / 5 }, () => [grid.wait(5_000), grid.beat("ada", held)]).flat(2);
}

describe("a copy that takes long while its stage has fresh tasks", () => {
  it("[LE18] is left alone for as long as such tasks may take, and then given to another as well", () => {
    const grid = gridInTheMiddle();
    expect(waitWithAda(grid, 25)).toEqual([]);
    expect(grid.report("cy", [], 1)).toEqual(["cy gets map/5"]);
    expect(waitWithAda(grid, 10)).toEqual([]);
    expect(grid.report("cy", [], 2)).toEqual(["cy gets map/4 map/6"]);
    expect(grid.report("ada", [done(4, 35_000)])).toContain("cy stops map/4");
  });

  it("[LE19] is taken away when it takes several times as long, though its volunteer mentions it; the next has twice the time", () => {
    const grid = gridInTheMiddle();
    expect(waitWithAda(grid, 115)).toEqual([]);
    expect(grid.wait(5_000)).toEqual(["ada's copy of map/4 lost", "ada stops map/4"]);
    const task = grid.grid.jobs.values().next().value?.stages[0]?.open.get(4);
    expect(task?.overran).toBe(1);
    expect(grid.report("ada", [], 1)).toEqual(["ada gets map/4"]);
    expect(waitWithAda(grid, 200)).toEqual([]);
  });

  it("[LE20] has at least leastLeaseMs, however little such tasks cost", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 100, quorum: 1 });
    grid.join("cy", { want: 4 });
    grid.report(
      "cy",
      [0, 1, 2, 3].map((index) => done(index, 1)),
    );
    grid.join("ada", { want: 1 });
    expect(waitWithAda(grid, 35)).toEqual([]);
    expect(waitWithAda(grid, 10)).toContain("ada's copy of map/4 lost");
  });
});
