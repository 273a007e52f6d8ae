import { describe, expect, it } from "vitest";
import { GRID_POLICY, output } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";

const { silenceMs, graceMs, uploadMs } = GRID_POLICY;

function gridWith(...names: string[]) {
  const grid = openTestGrid();
  grid.submit();
  for (const name of names) grid.join(name);
  return grid;
}

describe("leases", () => {
  it("[LE1] ends a lease that its volunteer has not mentioned in time, and says so", () => {
    const grid = gridWith("ada");
    expect(grid.wait(silenceMs - 1)).toEqual([]);
    expect(grid.wait(1)).toEqual(["ada's copy of map/0 lost", "ada stops map/0"]);
  });

  it("[LE2] renews with a heartbeat the leases of what it names", () => {
    const grid = gridWith("ada");
    grid.wait(silenceMs - 1);
    grid.beat("ada", ["map/0"]);
    expect(grid.wait(silenceMs - 1)).toEqual([]);
    expect(grid.wait(1)).toEqual(["ada's copy of map/0 lost", "ada stops map/0"]);
  });

  it("[LE3] gives a volunteer whose line broke a moment to come back to what it held", () => {
    const grid = gridWith("ada");
    grid.disconnect("ada");
    expect(grid.wait(graceMs - 1)).toEqual([]);
    expect(grid.join("ada", { want: 0, held: ["map/0"] })).toEqual([]);
    expect(grid.wait(graceMs)).toEqual([]);
  });

  it("[LE4] takes back everything from a volunteer that does not come back", () => {
    const grid = gridWith("ada");
    grid.disconnect("ada");
    expect(grid.wait(graceMs)).toEqual(["ada's copy of map/0 lost"]);
    expect(grid.grid.volunteers.size).toBe(0);
  });

  it("[LE5] takes back at once what a volunteer held that says goodbye", () => {
    expect(gridWith("ada").leave("ada")).toEqual(["ada's copy of map/0 lost"]);
  });

  it("[LE6] takes back what a volunteer no longer has when it connects again", () => {
    const grid = gridWith("ada");
    expect(grid.join("ada", { want: 0, held: [] })).toEqual(["ada's copy of map/0 lost"]);
  });

  it("[LE7] grants a lost lease anew when its volunteer still runs the task and a copy is wanted", () => {
    const grid = gridWith("ada");
    grid.leave("ada");
    expect(grid.join("ada", { want: 0, held: ["map/0"] })).toEqual([]);
    expect(grid.report("ada", [output("map/0", "x")])).toContain("ada's copy of map/0 returned");
  });

  it("[LE8] lets a volunteer drop a task that nobody waits for: accepted, ended, or in others' hands", () => {
    const grid = gridWith("ada", "bo", "cy");
    grid.leave("ada");
    expect(grid.join("ada", { want: 0, held: ["map/0"] })).toEqual(["dropped map/0"]);
    grid.cancel();
    expect(grid.beat("bo", ["map/0"])).toEqual(["dropped map/0"]);
  });

  it("[LE9] does not let a volunteer hold a task that it was never given", () => {
    const grid = openTestGrid();
    grid.submit();
    expect(grid.join("ada", { want: 0, held: ["map/0"] })).toEqual(["dropped map/0"]);
  });

  it("[LE10] takes the copy from an uploader that does not upload in time, and looks for another", () => {
    const grid = gridWith("ada", "bo", "cy");
    for (const name of ["ada", "bo"]) grid.report(name, [output("map/0", "x", { bytesHere: false })]);
    expect(grid.wait(uploadMs + 1)).toEqual(["bo's copy of map/0 lost", "bo stops map/0", "cy gets map/0"]);
  });

  it("[LE11] does not drop an output whose bytes may be asked for, or have been", () => {
    const grid = gridWith("ada", "bo");
    for (const name of ["ada", "bo"]) {
      grid.report(name, [output("map/0", "x", { bytesHere: false })]);
      expect(grid.beat(name, ["map/0"])).toEqual([]);
    }
    expect(grid.join("ada", { want: 0, held: ["map/0"] })).toEqual([]);
  });

  it("[LE12] tells a volunteer it does not know that nobody waits for what it holds", () => {
    const grid = openTestGrid();
    expect(grid.beat("ada", ["map/0"])).toEqual(["dropped map/0"]);
    expect(grid.disconnect("ada")).toEqual([]);
    expect(grid.leave("ada")).toEqual([]);
  });

  it("[LE13] forgets deadlines whose leases have ended", () => {
    const grid = gridWith("ada", "bo");
    for (const name of ["ada", "bo"]) grid.report(name, [output("map/0", "x")]);
    expect(grid.wait(silenceMs)).toEqual([]);
    expect(grid.grid.deadlines.size).toBe(0);
  });

  it("[LE14] lets go of a volunteer that is away once, however often its line broke", () => {
    const grid = gridWith("ada");
    grid.disconnect("ada");
    grid.wait(graceMs - 1);
    grid.disconnect("ada");
    expect(grid.wait(graceMs - 1)).toEqual([]);
    expect(grid.wait(1)).toEqual(["ada's copy of map/0 lost"]);
  });

  it("[LE21] who slept for an hour goes on with what nobody else has done, and hears what to forget", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 2, quorum: 1 });
    grid.join("ada", { want: 2 });
    // The lid is closed: the connection breaks, and the copies go to others.
    grid.disconnect("ada");
    grid.wait(3_600_000);
    expect(grid.join("bo", { want: 1 })).toEqual(["bo gets map/0"]);
    grid.report("bo", [output("map/0", "x")]);
    expect(grid.join("ada", { held: ["map/0", "map/1"], want: 0 })).toEqual(["dropped map/0"]);
    expect(grid.report("ada", [output("map/1", "x")])).toContain("map/1 accepted as x by ada");
  });
});
