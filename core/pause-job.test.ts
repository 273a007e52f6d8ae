import { describe, expect, it } from "vitest";
import { at, jobId, output } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";
import { explainWaiting } from "./waiting";

describe("pausing a job", () => {
  it("[JO20] takes back at once what runs of it, and hands out nothing of it", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 4, quorum: 1 });
    grid.join("ada", { want: 2 });
    expect(grid.pause()).toEqual([
      "job paused",
      "ada's copy of map/0 lost",
      "ada's copy of map/1 lost",
      "ada stops map/0 map/1",
    ]);
    expect(grid.join("bo", { want: 2 })).toEqual([]);
    expect(grid.report("ada", [], 2)).toEqual([]);
  });

  it("[JO21] leaves other jobs alone", () => {
    const grid = openTestGrid();
    grid.submit({ id: "one", quorum: 1 });
    grid.join("ada", { want: 2 });
    grid.submit({ id: "two", quorum: 1, tasks: 2 });
    expect(grid.pause("one")).toEqual(["one paused", "ada's copy of one/map/0 lost", "ada stops one/map/0"]);
    expect(grid.report("ada", [], 1)).toEqual(["ada gets two/map/1"]);
  });

  it("[JO22] hands out again when it is resumed, at once, to those who wait", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 1 });
    grid.join("ada");
    grid.pause();
    grid.join("bo");
    expect(grid.resume()).toEqual(["job running", "bo gets map/0"]);
  });

  it("[JO23] counts an answer that was on its way, and may end by it", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 1 });
    grid.join("ada");
    grid.pause();
    expect(grid.report("ada", [output("map/0", "x")])).toContain("job completed");
  });

  it("[JO24] lets an upload that was asked for go on", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 1 });
    grid.join("ada");
    grid.report("ada", [output("map/0", "x", { bytesHere: false })]);
    expect(grid.pause()).toEqual(["job paused"]);
    expect(grid.report("ada", [output("map/0", "x")])).toContain("job completed");
  });

  it("[JO25] can be asked for again without harm, and so can resuming", () => {
    const grid = openTestGrid();
    grid.submit();
    expect(grid.resume()).toEqual([]);
    expect(grid.pause()).toEqual(["job paused"]);
    expect(grid.pause()).toEqual([]);
    expect(grid.resume()).toEqual(["job queued"]);
    expect(grid.resume()).toEqual([]);
  });

  it("[JO26] does not let a volunteer keep what it still holds of it", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 1 });
    grid.join("ada");
    grid.pause();
    expect(grid.beat("ada", ["map/0"])).toEqual(["dropped map/0"]);
    grid.disconnect("ada");
    expect(grid.join("ada", { want: 0, held: ["map/0"] })).toEqual(["dropped map/0"]);
  });

  it("[JO27] stays paused over a restart, started or not", () => {
    const grid = openTestGrid();
    grid.restore({ id: "old" }, { startedAt: at(0), isPaused: true });
    grid.restore({ id: "new" }, { isPaused: true });
    expect(grid.join("ada", { want: 2, held: ["old/map/0"] })).toEqual(["dropped old/map/0"]);
    expect(grid.resume("new")).toEqual(["new queued", "new running", "ada gets new/map/0"]);
    expect(grid.resume("old")).toEqual(["old running", "ada gets old/map/0"]);
  });

  it("[JO28] prepares its next stage, and hands it out once it is resumed", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 1, reducers: 1 });
    grid.join("ada", { want: 2 });
    grid.pause();
    grid.report("ada", [output("map/0", "x")]);
    expect(grid.stageReady()).toEqual([]);
    expect(grid.resume()).toEqual(["job running", "ada gets reduce/0"]);
  });

  it("[WA6] is what a paused job waits for, whoever is connected", () => {
    const grid = openTestGrid();
    grid.submit();
    grid.pause();
    const job = grid.grid.jobs.get(jobId("job"));
    expect(job && explainWaiting(grid.grid)(job)?.code).toBe("paused");
  });
});
