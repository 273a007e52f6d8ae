import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BlockKey } from "../protocol/block-key";
import { output, taskId, volunteer } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";
import { Catalog } from "./catalog";
import { currentStage } from "./grid";
import { StageBlocks } from "./stage-blocks";

const key = (place: number) => (1_000 + place) as BlockKey;
const places = (count: number) => Array.from({ length: count }, (_, place) => place);

/** A block for each `perBlock` tasks. */
function blocks(count: number, perBlock = 1) {
  return {
    keys: places(count).map(key),
    bytes: places(count).map(() => 100),
    firstTasks: places(count).map((place) => place * perBlock),
  };
}

describe("locality", () => {
  it("[PL1] a task goes to the volunteer that holds its block, though others come first in the order of tasks", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 4, quorum: 1, blocks: blocks(4) });
    expect(grid.join("ada", { blocks: [key(2)] })).toEqual(["job running", "ada gets map/2"]);
    expect(grid.join("bob", { blocks: [key(0)] })).toEqual(["bob gets map/0"]);
    expect(grid.join("cleo", { want: 2 })).toEqual(["cleo gets map/1 map/3"]);
  });

  it("[PL2] a volunteer with enough to do leaves a block to its holder, and has it once that had its time", () => {
    const grid = openTestGrid({ localityMs: 500 });
    grid.join("ada", { want: 0, blocks: [key(0), key(1), key(2), key(3)] });
    grid.submit({ id: "long", tasks: 9, quorum: 1 });
    grid.join("bob", { want: 2 });
    grid.submit({ tasks: 4, quorum: 1, blocks: blocks(4) });
    const bored = () => grid.report("bob", [], 5);
    expect(bored().join()).toContain("bob gets long/map/2 long/map/3 long/map/4 long/map/5 long/map/6");
    expect(bored().join()).not.toContain("bob gets map/");
    grid.wait(500);
    expect(bored().join()).toContain("bob gets map/0");
  });

  it("[PL3] a slot never idles for want of a local task", () => {
    const grid = openTestGrid();
    grid.join("ada", { want: 0, blocks: [key(0), key(1)] });
    grid.submit({ tasks: 2, quorum: 1, blocks: blocks(2) });
    expect(grid.join("bob", { want: 1 }).join()).toContain("bob gets map/0");
  });

  it("[PL4] the second copy of a task goes to another holder of its block first", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 2, quorum: 2, blocks: blocks(2) });
    grid.join("bob", { want: 0, blocks: [key(0)] });
    expect(grid.join("ada", { want: 1, blocks: [key(0)] }).join()).toContain("ada gets map/0");
    // It holds neither, and there is a block that nobody holds.
    expect(grid.join("cleo", { want: 1 })).toEqual(["cleo gets map/1"]);
    expect(grid.report("bob", [], 1).join()).toContain("bob gets map/0");
    const stage = currentStage(grid.grid.jobs.values().next().value ?? fail());
    expect(stage.locality).toMatchObject({ placedTasks: 3, localTasks: 2, movedBytes: 100 });
  });

  it("[PL5] a block counts as held by whom its tasks were given to, until it says otherwise", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 6, quorum: 1, blocks: blocks(2, 3) });
    expect(grid.join("ada").join()).toContain("ada gets map/0");
    expect(grid.join("bob").join()).toContain("bob gets map/3");
    expect(grid.report("ada", [output("map/0", "x")], 1).join()).toContain("ada gets map/1");
    grid.send({
      type: "beat",
      volunteerId: volunteer("ada"),
      slotCount: 1,
      held: [taskId("map/1")],
      blocks: { added: [], dropped: [key(0)] },
    });
    expect(grid.grid.catalog.holdersOf(key(0))).toEqual([]);
    grid.leave("bob");
    expect(grid.grid.catalog.size).toBe(0);
  });

  it("[PL6] who claims blocks that it has not only gets tasks it has to fetch them for", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 3, quorum: 1, blocks: blocks(3) });
    const all = places(3).map(key);
    expect(
      grid.join("liar", { want: 0, blocks: [...all, ...places(50).map((n) => (9_000 + n) as BlockKey)] }),
    ).toEqual([]);
    expect(grid.join("ada", { want: 1 }).join()).toContain("ada gets map/0");
    expect(grid.report("ada", [output("map/0", "x")], 1).join()).toContain("ada gets map/1");
    expect(grid.report("ada", [output("map/1", "x")], 1).join()).toContain("ada gets map/2");
    expect(grid.report("ada", [output("map/2", "x")]).join()).toContain("job completed");
  });

  it("[PL7] a clock that is set back keeps nothing back for longer", () => {
    const grid = openTestGrid({ localityMs: 500 });
    grid.join("ada", { want: 0, blocks: [key(0), key(1)] });
    grid.submit({ id: "long", tasks: 2, quorum: 1 });
    grid.join("bob", { want: 2 });
    grid.submit({ tasks: 2, quorum: 1, blocks: blocks(2) });
    grid.report("bob", [], 1);
    grid.jumpClock(-60_000);
    expect(grid.report("bob", [], 1).join()).toContain("bob gets map/0");
  });
});

describe("Catalog", () => {
  it("[PL8] knows who holds what, whatever is added, dropped and forgotten, within its bounds", () => {
    const step = fc.record({
      act: fc.constantFrom("add", "drop", "replace", "forget"),
      who: fc.nat({ max: 4 }),
      keys: fc.array(fc.nat({ max: 12 }), { maxLength: 6 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const catalog = new Catalog(20);
        for (const { act, who, keys } of steps) {
          const id = volunteer(`v${who}`);
          if (act === "replace") catalog.replace(id, keys.map(key));
          else if (act === "forget") catalog.forget(id);
          else for (const each of keys) catalog[act === "add" ? "add" : "drop"](id, key(each));
          const held = places(5).map((n) => [...(catalog.holdingsOf(volunteer(`v${n}`))?.keys ?? [])]);
          expect(catalog.size).toBe(held.flat().length);
          expect(catalog.size).toBeLessThanOrEqual(20);
          for (const each of places(13)) {
            const holders = places(5).filter((n) => held[n]?.includes(key(each)));
            expect([...catalog.holdersOf(key(each))].sort()).toEqual(holders.map((n) => `v${n}`));
          }
        }
      }),
    );
  });
});

describe("StageBlocks", () => {
  it("[PL9] finds a task's block, a block's tasks, and every place of a block that is there twice", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ key: fc.nat({ max: 9 }), tasks: fc.integer({ min: 1, max: 4 }) }), {
          minLength: 1,
        }),
        (cut) => {
          let taskCount = 0;
          const firstTasks = cut.map(({ tasks }) => (taskCount += tasks) - tasks);
          const index = new StageBlocks(
            { keys: cut.map((one) => key(one.key)), bytes: cut.map(() => 1), firstTasks },
            taskCount,
          );
          cut.forEach((one, place) => {
            expect(index.placeOf(firstTasks[place] ?? -1)).toBe(place);
            expect(index.placeOf(index.endOf(place) - 1)).toBe(place);
            const same = cut.flatMap((other, at) => (other.key === one.key ? [at] : []));
            expect([...index.placesOf(key(one.key))].sort((a, b) => a - b)).toEqual(same);
          });
          expect([...index.placesOf(key(99))]).toEqual([]);
        },
      ),
    );
  });
});

function fail(): never {
  throw new Error("There is no job");
}
