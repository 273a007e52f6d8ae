import { describe, expect, it } from "vitest";
import { at, output, released, returnedBy } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";
import { explainIdle } from "./idling";
import { explainWaiting } from "./waiting";

const V8 = { arithmetic: "aaaaaaaaaaaaaaaa" };
const OTHER = { arithmetic: "bbbbbbbbbbbbbbbb" };

function why(grid: ReturnType<typeof openTestGrid>) {
  const [job] = grid.grid.jobs.values();
  return job ? explainWaiting(grid.grid)(job) : null;
}

describe("copies at one network address", () => {
  it("[PA1] are of different tasks: a volunteer at the same address is passed over, and told why", () => {
    const grid = openTestGrid();
    grid.submit();
    expect(grid.join("ada", { address: "home" })).toContain("ada gets map/0");
    expect(grid.join("bo", { address: "home" })).toEqual([]);
    expect(why(grid)).toMatchObject({ code: "more-volunteers" });
    expect(why(grid)?.message).toContain("the 2 that are connected come from one address");
    const [, bo] = [...grid.grid.volunteers.values()];
    expect(bo && explainIdle(grid.grid)(bo)?.code).toBe("none-for-it");
    expect(grid.join("cy", { address: "office" })).toContain("cy gets map/0");
  });

  it("[PA2] count as long as they may be answered, and no longer", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 2 });
    grid.join("ada", { address: "home" });
    grid.join("bo", { address: "home" });
    expect(grid.leave("ada")).toContain("bo gets map/0");
  });

  it("[PA3] may be of one task where the address does not count, or the operator allows it", () => {
    const grid = openTestGrid();
    grid.submit();
    grid.join("ada", { address: null });
    expect(grid.join("bo", { address: null })).toContain("bo gets map/0");
    const lab = openTestGrid({ onePerAddress: false });
    lab.submit();
    lab.join("ada", { address: "lab" });
    expect(lab.join("bo", { address: "lab" })).toContain("bo gets map/0");
  });

  it("[PA4] are remembered over a restart", () => {
    const place = { address: "home", account: null, arithmetic: null };
    const copy = { ...returnedBy("ada", "x"), place };
    const grid = openTestGrid();
    grid.restore({}, { startedAt: at(0), votes: [{ stage: "map", index: 0, count: 1, copy }] });
    expect(grid.join("bo", { address: "home" })).toEqual([]);
    expect(grid.join("cy", { address: "office" })).toContain("cy gets map/0");
  });
});

describe("a volunteer that goes elsewhere", () => {
  it("[PA8] finds what it had passed over at its old address", () => {
    const grid = openTestGrid();
    grid.submit();
    grid.join("ada", { address: "home" });
    grid.join("bo", { address: "home" });
    expect(grid.join("bo", { address: "office" })).toContain("bo gets map/0");
  });

  it("[PA9] with a copy has it counted where it was given out, so that nobody has to look at the task again", () => {
    const grid = openTestGrid();
    grid.submit();
    grid.join("ada", { address: "home" });
    grid.join("bo", { address: "home" });
    grid.join("ada", { address: "office", held: ["map/0"], want: 0 });
    grid.report("ada", [output("map/0", "x")]);
    expect(grid.report("bo", [], 1)).toEqual([]);
    expect(grid.join("cy", { address: "office" })).toContain("cy gets map/0");
  });

  it("[PA10] that ended its worker again and again has failed where it was given out", () => {
    const grid = openTestGrid();
    grid.submit();
    grid.join("ada", { address: "home" });
    for (let times = 0; times < 5; times++) grid.report("ada", [released("map/0", "broke")], 1);
    expect(grid.join("bo", { address: "home" })).toEqual([]);
    expect(grid.join("cy", { address: "office" })).toContain("cy gets map/0");
  });
});

describe("a job that compares outputs of one engine", () => {
  it("[PA5] gives a task to volunteers that compute alike, whoever asks first", () => {
    const grid = openTestGrid();
    grid.submit({ sameEngine: true });
    grid.join("ada", { device: V8 });
    grid.join("ben", { device: OTHER });
    expect(grid.join("cy", { device: OTHER })).toContain("ben gets map/0");
    expect(grid.join("dee", { device: V8 })).toEqual([]);
    grid.report("ben", [output("map/0", "x")]);
    expect(grid.report("cy", [output("map/0", "x")])).toContain("map/0 accepted as x by ben cy");
  });

  it("[PA6] begins nothing with a volunteer whose like are too few for its quorum, nor with one that does not tell", () => {
    const grid = openTestGrid();
    grid.submit({ sameEngine: true });
    grid.join("ada", { device: V8 });
    grid.join("ben", { device: OTHER });
    expect(grid.join("cy")).toEqual([]);
    expect(why(grid)).toMatchObject({ code: "volunteers-unsuited" });
    expect(why(grid)?.message).toContain("outputs of one engine only");
    const [ada] = [...grid.grid.volunteers.values()];
    expect(ada && explainIdle(grid.grid)(ada)?.code).toBe("engine-alone");
    expect(grid.join("dee", { device: V8 }).join()).toContain("gets map/0");
  });

  it("[PA11] is offered to a volunteer by how many compute alike now, whoever had the same profile when they were fewer", () => {
    const grid = openTestGrid();
    grid.join("zed");
    grid.join("ada", { device: V8, slotCount: 2 });
    grid.submit({ sameEngine: true, requires: { slots: 2 } });
    grid.leave("ada");
    grid.join("bo", { device: V8 });
    grid.join("cy", { device: V8, want: 0 });
    expect(grid.beat("bo", [], 2)).toContain("bo gets map/0");
  });

  it("[PA7] goes on with those that are left when some leave", () => {
    const grid = openTestGrid();
    grid.submit({ sameEngine: true, tasks: 2 });
    for (const name of ["ada", "bo"]) grid.join(name, { device: V8, want: 1 });
    grid.leave("bo");
    expect(grid.report("ada", [output("map/0", "x")], 1)).toEqual([
      "ada's copy of map/0 returned",
      "answered done",
    ]);
    expect(grid.join("cy", { device: V8 })).toContain("cy gets map/0");
    expect(grid.grid.kin.size).toBe(1);
    for (const name of ["ada", "cy"]) grid.leave(name);
    expect(grid.grid.kin.size).toBe(0);
  });
});
