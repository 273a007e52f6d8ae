/** What those who wait for work cost the scheduler, when what is on offer is not for them. */
import { describe, expect, it, vi } from "vitest";
import { output, volunteer } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";

const GPU = { device: { tags: ["gpu"] } };
const requires = { tags: ["gpu"] };
const MANY = 10_000;

/** A grid with many volunteers that wait for work, of two kinds, and without the tag. */
function openCrowdedGrid() {
  const grid = openTestGrid({}, false);
  for (let number = 0; number < MANY; number++)
    grid.join(`idle${number}`, { device: { engine: number % 2 === 0 ? "v8" : "spidermonkey" } });
  return grid;
}

/** How often volunteers are looked up during an event: once at least for each that is asked. */
function countLooks({ grid }: ReturnType<typeof openTestGrid>, act: () => string[]) {
  const looks = vi.spyOn(grid.volunteers, "get");
  const effects = act();
  const count = looks.mock.calls.length;
  looks.mockRestore();
  return { effects, count };
}

describe("those who wait for work", () => {
  it("[SC18] are not asked one by one about a job that none of them suits", () => {
    const grid = openCrowdedGrid();
    grid.submit({ tasks: 200, requires });
    for (const name of ["ada", "bo"]) grid.join(name, GPU);
    for (const name of ["ada", "bo", "bo", "ada", "ada", "ada"]) {
      const held = [...(grid.grid.volunteers.get(volunteer(name))?.leases.keys() ?? [])];
      const outputs = held.map((id) => output(id, "x"));
      const { effects, count } = countLooks(grid, () => grid.report(name, outputs, 1));
      expect(effects.join()).toContain(`${name} gets map/`);
      expect(count).toBeLessThan(50);
    }
    expect(grid.grid.hungry.size).toBe(MANY);
  });

  it("[SC22] are told apart only by what jobs require: to ask among many devices that are all different costs what it costs among alike ones", () => {
    const grid = openTestGrid({}, false);
    grid.submit({ id: "picky", tasks: 200, requires, sameEngine: true });
    for (let number = 0; number < MANY; number++)
      grid.join(`idle${number}`, { device: { tags: [`tag${number}`], arithmetic: `${number}` } });
    for (const name of ["ada", "bo"]) {
      const { count } = countLooks(grid, () =>
        grid.join(name, { device: { tags: ["gpu"], arithmetic: "a" } }),
      );
      expect(count).toBeLessThan(50);
    }
    const { effects, count } = countLooks(grid, () => grid.leave("ada"));
    expect(effects.join()).toContain("lost");
    expect(count).toBeLessThan(50);
    expect(grid.grid.hungry.size).toBe(MANY);
    // What is required for the first time tells them apart anew, and they keep their places.
    expect(grid.submit({ id: "new", quorum: 1, requires: { tags: ["tag7777"] } })).toContain(
      "idle7777 gets new/map/0",
    );
    expect(grid.submit({ id: "any", quorum: 1 })).toContain("idle0 gets any/map/0");
  });

  it("[SC19] are not asked one by one about a task that is overdue", () => {
    const grid = openCrowdedGrid();
    grid.submit({ id: "past", tasks: 2, quorum: 1, requires });
    grid.join("bo", GPU);
    // All others seem to be faster, and come first.
    for (const [index, elapsedMs] of [500, 1_000].entries()) {
      grid.wait(elapsedMs);
      grid.report("bo", [output(`past/map/${index}`, "x", { elapsedMs })], 1 - index);
    }
    grid.submit({ tasks: 2, quorum: 1, requires });
    grid.join("ada", GPU);
    grid.report("bo", [], 1);
    grid.wait(1_000);
    grid.report("bo", [output("map/1", "x", { elapsedMs: 1_000 })], 1);
    const { effects, count } = countLooks(grid, () => grid.wait(500));
    expect(effects).toEqual(["bo gets map/0"]);
    expect(count).toBeLessThan(50);
    expect(grid.grid.hungry.size).toBe(MANY);
  });

  it("[SC20] are asked in their order, whoever waits among them that a job is not for", () => {
    const grid = openTestGrid();
    for (const name of ["ada", "bo", "cy", "di"]) grid.join(name, name === "bo" || name === "di" ? GPU : {});
    expect(grid.submit({ quorum: 1, tasks: 3, requires })).toEqual([
      "job running",
      "bo gets map/0",
      "di gets map/1",
    ]);
    // Whose device has changed is asked as what it is now.
    expect(grid.join("cy", GPU)).toContain("cy gets map/2");
    expect(grid.submit({ id: "any", quorum: 1 })).toEqual(["any running", "ada gets any/map/0"]);
  });
});
