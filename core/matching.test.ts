import { describe, expect, it } from "vitest";
import { UNKNOWN_DEVICE, type Device } from "../protocol/device";
import { openTestGrid } from "../testing/test-grid";
import { lacking } from "./matching";
import { explainWaiting } from "./waiting";

const device: Device = {
  memoryGb: 4,
  engine: "v8",
  wasm: ["simd", "exceptions"],
  arithmetic: null,
  tags: ["lab"],
};

describe("matching", () => {
  it("[MA1] says what a volunteer lacks of what a job requires", () => {
    const offered = { device, slotCount: 2 };
    expect(lacking({}, offered)).toEqual([]);
    expect(lacking({ slots: 2, memoryGb: 4, engine: "v8", wasm: ["simd"], tags: ["lab"] }, offered)).toEqual(
      [],
    );
    expect(
      lacking(
        { slots: 3, memoryGb: 8, engine: "spidermonkey", wasm: ["simd", "gc"], tags: ["lab", "gpu"] },
        offered,
      ),
    ).toEqual(["3 slots", "8 GB of memory", "engine spidermonkey", "WebAssembly gc", "tag gpu"]);
  });

  it("[MA2] does not turn away a device that keeps its memory to itself", () => {
    expect(lacking({ memoryGb: 64 }, { device: UNKNOWN_DEVICE, slotCount: 1 })).toEqual([]);
  });

  it("[MA3] gives tasks only to those that suit the job, and other jobs' tasks to the others", () => {
    const grid = openTestGrid();
    grid.submit({ id: "picky", tasks: 2, quorum: 1, requires: { tags: ["lab"] } });
    grid.submit({ id: "plain", tasks: 2, quorum: 1 });
    expect(grid.join("ada", { want: 4 })).toEqual(["plain running", "ada gets plain/map/0 plain/map/1"]);
    expect(grid.join("bo", { want: 4, device })).toEqual([
      "picky running",
      "bo gets picky/map/0 picky/map/1",
    ]);
  });

  it("[MA4] says of a job that nobody suits what they lack", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 1, quorum: 1, requires: { tags: ["lab"], slots: 2 } });
    grid.join("ada", { device: { engine: "v8" } });
    const [job] = grid.grid.jobs.values();
    if (!job) throw new Error("There is a job");
    expect(explainWaiting(grid.grid)(job)).toMatchObject({
      code: "volunteers-unsuited",
      message: expect.stringContaining("(2 slots, tag lab)"),
    });
  });

  it("[MA5] gives a volunteer that comes to suit a job its tasks, by more slots or by new tags", () => {
    const grid = openTestGrid();
    grid.submit({ id: "wide", quorum: 1, requires: { slots: 2 } });
    grid.submit({ id: "lab", quorum: 1, requires: { tags: ["lab"] } });
    expect(grid.join("ada", { want: 2 })).toEqual([]);
    expect(grid.beat("ada", [], 2)).toEqual(["wide running", "ada gets wide/map/0"]);
    expect(grid.join("ada", { want: 1, held: ["wide/map/0"], slotCount: 2, device })).toEqual([
      "lab running",
      "ada gets lab/map/0",
    ]);
  });
});
