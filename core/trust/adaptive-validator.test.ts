import { describe, expect, it } from "vitest";
import { failure, output, returnedBy, T0, volunteer } from "../../testing/builders";
import { openTestGrid } from "../../testing/test-grid";
import { currentStage } from "../grid";
import { reopen } from "../reopen-tasks";

const adaptive = { maxErrorRate: 0.01 };

/** A grid where Ada and Bo have agreed on the first three tasks, and hold `map/3` and `map/4`. */
function openProven({ tasks = 11, maxErrorRate = adaptive.maxErrorRate } = {}) {
  const grid = openTestGrid();
  grid.submit({ tasks, adaptive: { maxErrorRate } });
  grid.join("ada");
  grid.join("bo");
  for (let index = 0; index < 3; index++) {
    for (const name of ["ada", "bo"]) grid.report(name, [output(`map/${index}`, "x")], 1);
  }
  return grid;
}

/** Ada has answered `map/3` and `map/5` alone when Cy, Bo and Di outvote her on `map/6`. */
function catchAda() {
  const grid = openProven();
  grid.report("ada", [output("map/3", "lie")], 1);
  grid.join("cy");
  grid.report("ada", [output("map/5", "x")], 1);
  grid.report("cy", [output("map/6", "x")]);
  grid.report("ada", [output("map/6", "lie")], 1);
  grid.report("bo", [output("map/4", "x")], 1);
  grid.report("bo", [output("map/6", "x")]);
  grid.join("di");
  const effects = grid.report("di", [output("map/6", "x")]);
  return { grid, effects };
}

describe("adaptive replication", () => {
  it("[TR9] believes nobody alone whose outputs were not compared", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 5, adaptive });
    grid.join("ada");
    grid.report("ada", [output("map/0", "x")], 1);
    grid.join("bo");
    expect(grid.report("bo", [output("map/0", "x")])).toContain("map/0 accepted as x by ada bo");
  });

  it("[TR10] accepts an agreement once as many agree as the bound needs", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 2, adaptive: { maxErrorRate: 1e-4 } });
    const names = ["ada", "bo", "cy", "di", "ed"];
    for (const name of names) grid.join(name, { want: 2 });
    const acceptances = names.flatMap((name) =>
      grid.report(name, [output("map/0", "x"), output("map/1", "x")]),
    );
    expect(acceptances.filter((words) => words.includes("accepted"))).toEqual([
      "map/0 accepted as x by ada bo cy di",
      "map/1 accepted as x by ada bo cy di",
    ]);
  });

  it("[TR11] believes a volunteer alone whose compared outputs all agreed", () => {
    const grid = openProven();
    expect(grid.report("ada", [output("map/3", "x")])).toContain("map/3 accepted as x by ada");
  });

  it("[TR12] lets nobody decide alone against another one", () => {
    const grid = openProven();
    grid.join("cy");
    grid.report("cy", [output("map/5", "lie")]);
    const effects = grid.report("ada", [output("map/3", "x"), output("map/5", "x")], 1);
    expect(effects).not.toContain("map/5 accepted as x by ada");
  });

  it("[TR13] opens again what a caught volunteer did alone", () => {
    const { effects } = catchAda();
    expect(effects).toContain("map/6 accepted as x by cy bo di against ada");
    expect(effects).toContain("map/3 doubted: volunteer-caught");
    expect(effects).toContain("map/5 doubted: volunteer-caught");
  });

  it("[KC15] gives what is in doubt to nobody at the address where it was answered, nor to another engine where outputs depend on it", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 8, adaptive, sameEngine: true });
    const device = { arithmetic: "v8" };
    grid.join("ada", { address: "home", device });
    grid.join("bo", { device });
    for (let index = 0; index < 3; index++) {
      for (const name of ["ada", "bo"]) grid.report(name, [output(`map/${index}`, "x")], 1);
    }
    grid.leave("bo");
    grid.join("ada", { address: "home", device, want: 0, held: ["map/3"] });
    expect(grid.report("ada", [output("map/3", "x")])).toContain("map/3 accepted as x by ada");
    const [job] = grid.grid.jobs.values();
    if (job) reopen(grid.grid, job, currentStage(job), job.validator.distrust(volunteer("ada")), T0);
    expect(grid.join("cy", { address: "home", device }).join()).not.toContain("gets map/3");
    expect(grid.join("di", { device: { arithmetic: "other" } }).join()).not.toContain("gets map/3");
    expect(grid.join("ed", { device })).toEqual(["ed gets map/3"]);
  });

  it("[KC16] gives what is in doubt to nobody who has a verdict on it already: one that failed where others did not", () => {
    const grid = openProven();
    grid.join("cy", { want: 1 });
    grid.report("cy", [failure("map/5", "out of memory")]);
    for (const [name, task] of [
      ["ada", "map/3"],
      ["bo", "map/4"],
    ] as const) {
      grid.report(name, [output(task, "x")], 1);
      grid.report(name, [output("map/5", "x")]);
    }
    const [job] = grid.grid.jobs.values();
    const copy = returnedBy("ada", "x");
    if (job) reopen(grid.grid, job, currentStage(job), [job.validator.contradict(5, [copy])], T0);
    expect(grid.join("cy", { want: 2 }).join()).not.toContain("map/5");
    expect(grid.report("cy", [output("map/5", "x")])).toEqual(["answered done"]);
    expect(grid.join("di", { want: 2 }).join()).toContain("di gets map/5");
  });

  it("[TR14] confirms what was doubted when others say the same, and puts right what was wrong", () => {
    const { grid } = catchAda();
    expect(grid.join("bo", { want: 2, held: ["map/8"] })).toContain("bo gets map/3 map/5");
    const effects = grid.report("bo", [output("map/3", "x"), output("map/5", "x")]);
    expect(effects).toContain("map/3 accepted as x by bo against ada");
    expect(effects).toContain("map/5 confirmed by bo");
  });

  it("[TR15] gives a caught volunteer no more tasks of the job, and its answers no weight", () => {
    const { grid } = catchAda();
    expect(grid.join("ada", { want: 3, held: ["map/7"] })).toEqual([]);
    expect(grid.report("ada", [output("map/7", "x")])).not.toContain("map/7 accepted as x by ada");
  });

  it("[TR16] takes nobody for a liar whose copy failed", () => {
    const grid = openProven();
    grid.join("cy");
    grid.report("cy", [output("map/5", "x")]);
    grid.report("ada", [output("map/3", "x")], 1);
    grid.report("ada", [failure("map/5", "out of memory")], 1);
    grid.report("bo", [output("map/4", "x")], 1);
    expect(grid.report("bo", [output("map/5", "x")])).toContain("map/5 accepted as x by cy bo against ada");
    expect(grid.report("ada", [output("map/6", "x")])).toContain("map/6 accepted as x by ada");
  });

  it("[TR17] ends no stage before the wrong outputs expected in it are within the bound, and draws more to check", () => {
    const grid = openProven({ tasks: 30 });
    const effects = workToTheEnd(grid, ["ada", "bo"]);
    const firstAudit = effects.findIndex((words) => words.endsWith("doubted: audit"));
    expect(firstAudit).toBeGreaterThan(0);
    expect(effects.indexOf("job completed")).toBeGreaterThan(firstAudit);
    expect(effects.filter((words) => words.includes("confirmed by")).length).toBeGreaterThan(0);
  });
});

/** Both answer rightly what they are given, in turns, until nothing more comes. */
function workToTheEnd(grid: ReturnType<typeof openProven>, names: readonly string[]): string[] {
  const all: string[] = names.flatMap((name) => grid.join(name, { want: 1, held: ["map/3", "map/4"] }));
  const held = new Map([
    ["ada", ["map/3"]],
    ["bo", ["map/4"]],
  ]);
  const take = (effects: readonly string[]) => {
    all.push(...effects);
    for (const words of effects) {
      const [name = "", verb, ...tasks] = words.split(" ");
      if (verb === "gets") held.get(name)?.push(...tasks);
    }
  };
  take([...all]);
  for (let idle = 0; idle < names.length;) {
    for (const name of names) {
      const tasks = held.get(name)?.splice(0) ?? [];
      idle = tasks.length === 0 ? idle + 1 : 0;
      take(
        grid.report(
          name,
          tasks.map((task) => output(task, "x")),
          tasks.length,
        ),
      );
    }
  }
  return all;
}
