import { describe, expect, it } from "vitest";
import { at, failure, output, released, returnedBy } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";

/** Ada has done four of the job's tasks, which took a millisecond each, and asks for more. */
function gridWithSmallTasks({ tasks = 1_000, quorum = 1, cuts = [0], ...sketch } = {}) {
  const grid = openTestGrid({ packMs: 100, packTasks: 50 });
  grid.submit({ tasks, quorum, cuts, ...sketch });
  grid.join("ada", { want: 4 });
  grid.wait(1_000);
  return grid;
}

const done = (task: string, value = "x", elapsedMs = 1) => output(task, value, { elapsedMs });
const FIRST = [0, 1, 2, 3].map((index) => done(`map/${index}`));
/** As many tasks as the first packs may have. */
const learn = (grid: ReturnType<typeof openTestGrid>) => {
  grid.report("ada", FIRST, 1);
  grid.wait(1_000);
};

describe("packs", () => {
  it("[PK1] are made once a stage's tasks are known to be small, and grow with what was returned", () => {
    const grid = gridWithSmallTasks();
    expect(grid.report("ada", FIRST.slice(0, 3), 1)).toContain("ada gets map/4");
    grid.wait(1_000);
    expect(grid.report("ada", [done("map/3")], 1)).toContain("ada gets map/5+8");
    grid.wait(1_000);
    expect(grid.report("ada", [done("map/5+8", "x", 8)], 1)).toContain("ada gets map/13+50");
  });

  it("[PK2] are accepted with all of their tasks, which count once each", () => {
    const grid = gridWithSmallTasks({ tasks: 44 });
    learn(grid);
    expect(grid.report("ada", [done("map/4+8")])).toContain("map/4+8 accepted as x by ada");
    const [stage] = [...grid.grid.jobs.values()].flatMap(({ stages }) => stages);
    expect(stage?.accepted.size).toBe(12);
    expect(grid.report("ada", [done("map/4+8")])).toEqual(["answered done"]);
    expect(stage?.accepted.size).toBe(12);
  });

  it("[PK3] are worth packMs at most, on a volunteer as slow as the one they are for", () => {
    const grid = gridWithSmallTasks();
    grid.report(
      "ada",
      FIRST.map((outcome) => ({ ...outcome, elapsedMs: 40 })),
      1,
    );
    expect(grid.report("ada", [], 1)).toEqual(["ada gets map/6+2"]);
    grid.join("bo", { want: 1 });
    grid.wait(1_000);
    const slow = done("map/8+2", "x", 800);
    expect(grid.report("bo", [slow], 1)).toContain("bo gets map/10");
  });

  it("[PK4] lie in one block, and leave some for the others when a stage ends", () => {
    const grid = gridWithSmallTasks({ cuts: [0, 7, 500] });
    expect(grid.report("ada", FIRST, 1)).toContain("ada gets map/4+3");
    expect(grid.report("ada", [], 1)).toEqual(["ada gets map/7+8"]);
    const few = gridWithSmallTasks({ tasks: 16 });
    expect(few.report("ada", FIRST, 1)).toContain("ada gets map/4+3");
  });

  it("[PK5] are given to as many volunteers as a task, and decided by their votes", () => {
    const grid = gridWithSmallTasks({ quorum: 2 });
    grid.join("bo", { want: 4 });
    grid.wait(1_000);
    for (const name of ["ada", "bo"]) grid.report(name, FIRST);
    expect(grid.report("ada", [], 1)).toEqual(["ada gets map/4+8"]);
    expect(grid.report("bo", [], 1)).toEqual(["bo gets map/4+8"]);
    expect(grid.report("ada", [done("map/4+8")])).toEqual([
      "ada's copy of map/4+8 returned",
      "answered done",
    ]);
    expect(grid.report("bo", [done("map/4+8")])).toContain("map/4+8 accepted as x by ada bo");
  });

  it("[PK6] that fail are taken apart: only the task that fails by itself has failed", () => {
    const grid = gridWithSmallTasks({ onError: "skip" } as object);
    learn(grid);
    const told = grid.report("ada", [failure("map/4+8", "no")], 9);
    expect(told).toContain("ada gets map/4 map/5 map/6 map/7 map/8 map/9 map/10 map/11 map/12+8");
    const rest = [4, 5, 6, 8, 9, 10, 11].map((index) => done(`map/${index}`));
    expect(grid.report("ada", [...rest, failure("map/7", "no")])).toContain("map/7 skipped");
  });

  it("[PK7] that end their worker are taken apart at once", () => {
    const grid = gridWithSmallTasks();
    learn(grid);
    const told = grid.report("ada", [released("map/4+8", "broke")], 1);
    expect(told).toEqual(["ada's copy of map/4+8 lost", "answered done", "ada gets map/4"]);
  });

  it("[PK8] that are lost are given out again as they were", () => {
    const grid = gridWithSmallTasks();
    learn(grid);
    grid.leave("ada");
    expect(grid.join("bo", { want: 1 })).toEqual(["bo gets map/4+8"]);
  });

  it("[PK9] are kept by who announces them after a restart, unless one of their tasks is out or decided", () => {
    const grid = openTestGrid();
    grid.restore(
      { tasks: 100, quorum: 1, cuts: [0] },
      { startedAt: at(0), accepted: new Map([["map", [{ index: 0, count: 10 }]]]) },
    );
    expect(grid.join("ada", { want: 0, held: ["map/20+5", "map/9+3"] })).toEqual(["dropped map/9+3"]);
    expect(grid.join("bo", { want: 11 })).toEqual([
      "bo gets map/10 map/11 map/12 map/13 map/14 map/15 map/16 map/17 map/18 map/19 map/25",
    ]);
    expect(grid.report("ada", [output("map/20+5", "x"), output("map/25+2", "y")])).toEqual([
      "ada's copy of map/20+5 returned",
      "map/20+5 accepted as x by ada",
      "answered done done",
    ]);
  });

  it("[PK10] keep the votes that were stored", () => {
    const votes = [{ stage: "map" as const, index: 3, count: 4, copy: returnedBy("ada", "x") }];
    const grid = openTestGrid();
    grid.restore({ tasks: 20, cuts: [0] }, { startedAt: at(0), votes });
    grid.join("bo", { want: 1 });
    expect(grid.report("bo", [output("map/3+4", "x")])).toContain("map/3+4 accepted as x by ada bo");
  });

  it("[PK12] leave some for the other slots of a tab as well when a stage ends", () => {
    const grid = openTestGrid({ packMs: 1_000 });
    grid.submit({ tasks: 36, quorum: 1, cuts: [0] });
    grid.join("ada", { want: 4, slotCount: 4 });
    grid.wait(1_000);
    expect(grid.report("ada", FIRST, 8)).toContain(
      "ada gets map/4+2 map/6 map/7 map/8 map/9 map/10 map/11 map/12",
    );
  });

  it("[PK11] are not made for jobs with an error bound, nor larger than the copies a job may have out", () => {
    const bound = gridWithSmallTasks({ adaptive: { maxErrorRate: 0.01 } } as object);
    bound.report("ada", FIRST, 1);
    expect(bound.grid.jobs.values().next().value?.stages[0]?.packed.size).toBe(0);
    const limited = gridWithSmallTasks({ share: { maxInFlight: 4 } } as object);
    expect(limited.report("ada", FIRST, 1)).toContain("ada gets map/4+4");
  });
});

describe("what a volunteer may hold", () => {
  it("[HO1] is two tasks a slot, and beyond that as much work as lasts a while, whatever it asks for", () => {
    const grid = openTestGrid({ heldMs: 1_200 });
    grid.submit({ tasks: 100, quorum: 1 });
    expect(grid.join("ada", { want: 50, slotCount: 2 })).toEqual([
      "job running",
      "ada gets map/0 map/1 map/2 map/3",
    ]);
    grid.wait(1_000);
    const answered = grid.report("ada", [done("map/0", "x", 400)]);
    expect(answered.at(-1)).toBe("ada gets map/4");
  });

  it("[HO2] grows again when a copy is taken back, without a word from the volunteer", () => {
    const grid = openTestGrid({ heldMs: 1_200 });
    grid.submit({ id: "old", tasks: 2, quorum: 1 });
    grid.submit({ id: "new", tasks: 9, quorum: 1 });
    grid.join("ada", { want: 5 });
    expect(grid.cancel("old")).toContain("ada gets new/map/1");
  });
});
