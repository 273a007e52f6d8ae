import { expect, it } from "vitest";
import { output } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";
import { createStage } from "./create-stage";
import { takeMixed } from "./mixing";

/** @returns Of the tasks that one of two colluders was given, how many both were, when they always ask one right after the other. */
function shareOfPair(honest: number, rounds: number) {
  const grid = openTestGrid({}, false);
  const names = [...Array.from({ length: honest }, (_, number) => `honest${number}`), "ada", "bo"];
  const held = new Map<string, string>();
  const given = new Map(["ada", "bo"].map((name) => [name, new Set<string>()]));
  const note = (words: readonly string[]) => {
    for (const each of words) {
      const [, name = "", task = ""] = /^(\w+) gets (map\/\d+)$/.exec(each) ?? [];
      if (name === "") continue;
      held.set(name, task);
      given.get(name)?.add(task);
    }
  };
  note(grid.submit({ tasks: names.length * rounds, quorum: 2 }));
  for (const name of names) note(grid.join(name));
  for (let round = 0; round < rounds; round++)
    for (const name of names) note(grid.report(name, [output(held.get(name) ?? "none", "x")], 1));
  const [ada, bo] = [...given.values()];
  return { tasks: ada?.size ?? 0, shared: [...(ada ?? [])].filter((task) => bo?.has(task)).length };
}

it("[MX1] two that ask right after each other share no more tasks than chance gives them, among many volunteers", () => {
  const { tasks, shared } = shareOfPair(200, 100);
  expect(tasks).toBeGreaterThan(80);
  expect(shared / tasks).toBeLessThan(0.05);
});

it("[MX2] a few volunteers are given what others have begun before anything else", () => {
  const grid = openTestGrid();
  grid.submit({ tasks: 9, quorum: 2 });
  for (const name of ["ada", "bo", "cy"]) grid.join(name, { want: 1 });
  expect(grid.grid.jobs.values().next().value?.stages[0]?.mixing).toEqual([]);
  expect(grid.report("ada", [output("map/0", "x")], 1)).toContain("ada gets map/1");
});

it("[MX3] what is being mixed is handed out before anybody is idle, and all of it is done in the end", () => {
  const grid = openTestGrid();
  const names = Array.from({ length: 40 }, (_, number) => `v${number}`);
  grid.submit({ tasks: 30, quorum: 2 });
  const held = names.flatMap((name) =>
    grid.join(name, { want: 2 }).flatMap((words) => /gets (.*)$/.exec(words)?.[1]?.split(" ") ?? []),
  );
  expect(held).toHaveLength(60);
  expect(new Set(held).size).toBe(30);
});

it("[MX4] among what is being mixed, finds what a volunteer may have, however much of the rest nobody needs any more", () => {
  const { grid } = openTestGrid();
  for (let wanted = 0; wanted < 20; wanted++) {
    const stage = createStage({ name: "map", taskCount: 20 }, {}, true);
    for (let index = 0; index < 20; index++) stage.mixing.push({ index, round: 0 });
    const looks: number[] = [];
    const taken = takeMixed(grid, stage, (index) => {
      looks.push(index);
      if (index === wanted) return "take";
      return index % 2 === 0 ? "drop" : "skip";
    });
    expect(taken).toBe(wanted);
    expect(new Set(looks).size).toBe(looks.length);
  }
});
