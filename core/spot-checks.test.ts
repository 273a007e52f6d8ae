import { describe, expect, it } from "vitest";
import { failure, output, volunteer } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";
import { validatorFor } from "./validator";

/** Ada and Bo have agreed on `map/0` to `map/2`; Cy and Di on `map/3` to `map/5`. Whoever `isDue` names is checked. */
function openChecked({ isDue, tasks = 20 }: { isDue: (name: string) => boolean; tasks?: number }) {
  const grid = openTestGrid();
  let isOn = false;
  grid.grid.validatorFor = (...parts) => ({
    ...validatorFor(...parts),
    drawCheck: () => false,
    drawSpotCheck: (id) => isOn && isDue(id),
  });
  grid.submit({ tasks, adaptive: { maxErrorRate: 0.01 } });
  for (const [pair, first] of [
    [["ada", "bo"], 0],
    [["cy", "di"], 3],
  ] as const) {
    for (const name of pair) grid.join(name, { want: 1 });
    for (let index = first; index < first + 3; index++) {
      for (const name of pair) grid.report(name, [output(`map/${index}`, "x")], index < first + 2 ? 1 : 0);
    }
  }
  isOn = true;
  return grid;
}

const checkIn = (effects: readonly string[], name: string) =>
  new RegExp(`^${name} gets (map/\\d+)$`).exec(
    effects.find((words) => words.startsWith(`${name} gets`)) ?? "",
  )?.[1];

describe("spot checks", () => {
  it("[KC1] give a trusted volunteer a task that others have agreed on, in the words of any other; a right answer gets its credit and changes nothing", () => {
    const grid = openChecked({ isDue: (name) => name === "ada" });
    const task = checkIn(grid.join("ada", { want: 1 }), "ada");
    expect(["map/3", "map/4", "map/5"]).toContain(task);
    const effects = grid.report("ada", [output(task ?? "", "x")]);
    expect(effects).toEqual([`ada's copy of ${task} returned valid after all`, "answered done"]);
    expect(grid.grid.jobs.size).toBe(1);
  });

  it("[KC2] catch who answers otherwise: it gets no more tasks, and what it did alone is computed again", () => {
    const grid = openChecked({ isDue: (name) => name === "ada" });
    const before = checkIn(grid.join("ada", { want: 1 }), "ada") ?? "";
    grid.report("ada", [output(before, "x")]);
    const others = openChecked({ isDue: () => false });
    expect(checkIn(others.join("ada", { want: 1 }), "ada")).toBe("map/6");

    let isDue = false;
    const liar = openChecked({ isDue: (name) => isDue && name === "ada" });
    liar.join("ada", { want: 1 });
    expect(liar.report("ada", [output("map/6", "lie")])).toContain("map/6 accepted as lie by ada");
    isDue = true;
    const task = checkIn(liar.join("ada", { want: 1 }), "ada") ?? "";
    expect(["map/3", "map/4", "map/5"]).toContain(task);
    const effects = liar.report("ada", [output(task, "lie")], 1);
    expect(effects).toEqual([
      `ada's copy of ${task} returned invalid, as a check`,
      "ada is a suspect",
      "map/6 doubted: volunteer-caught",
      "answered done",
    ]);
    expect(checkIn(liar.join("ada", { want: 1 }), "ada")).toBeUndefined();
    expect(checkIn(liar.join("bo", { want: 1 }), "bo")).toBe("map/6");
  });

  it("[KC3] take nobody for a liar whose copy fails, breaks its worker, is given back, or is never answered", () => {
    for (const end of [
      (grid: ReturnType<typeof openChecked>, task: string) => grid.report("ada", [failure(task, "no")]),
      (grid: ReturnType<typeof openChecked>, task: string) =>
        grid.report("ada", [{ type: "released", taskId: output(task, "x").taskId, reason: "broke" }]),
      (grid: ReturnType<typeof openChecked>, task: string) =>
        grid.report("ada", [{ type: "released", taskId: output(task, "x").taskId, reason: "stopped" }]),
      (grid: ReturnType<typeof openChecked>) => grid.leave("ada"),
      (grid: ReturnType<typeof openChecked>) => grid.wait(600_000),
      (grid: ReturnType<typeof openChecked>) => grid.pause(),
    ]) {
      const grid = openChecked({ isDue: (name) => name === "ada" });
      const task = checkIn(grid.join("ada", { want: 1 }), "ada") ?? "";
      const effects = end(grid, task);
      expect(effects.join()).not.toMatch(/suspect|doubted/);
      expect(grid.grid.volunteers.get(volunteer("ada"))?.leases.size ?? 0).toBe(0);
    }
  });

  it("[KC4] hold up no stage: it ends without the answer, which gets its credit when it comes", () => {
    const grid = openChecked({ isDue: (name) => name === "ada", tasks: 7 });
    const task = checkIn(grid.join("ada", { want: 1 }), "ada") ?? "";
    expect(checkIn(grid.join("bo", { want: 1 }), "bo")).toBe("map/6");
    const effects = grid.report("bo", [output("map/6", "x")]);
    expect(effects).toContain("map/6 accepted as x by bo");
    const rest = [...effects];
    // What was answered alone may be looked at again first.
    for (const [name, taskId] of [["cy", "map/6"]] as const) {
      if (rest.includes("job completed")) break;
      grid.join(name, { want: 1 });
      rest.push(...grid.report(name, [output(taskId, "x")]));
    }
    expect(rest).toContain("job completed");
    expect(rest.join()).toContain(`ada stops ${task}`);
    expect(grid.grid.volunteers.get(volunteer("ada"))?.leases.size).toBe(0);
  });

  it("[KC5] use no task that the volunteer had a part in, or one at its address, and none of jobs that compare with a tolerance", () => {
    const grid = openChecked({ isDue: (name) => name === "cy" || name === "di" });
    for (let round = 0; round < 3; round++) {
      const task = checkIn(grid.join("cy", { want: 1 }), "cy") ?? "";
      expect(["map/0", "map/1", "map/2"]).toContain(task);
      grid.report("cy", [output(task, "x")]);
    }
    // Each serves once.
    expect(checkIn(grid.join("cy", { want: 1 }), "cy")).toBe("map/6");
  });
});
