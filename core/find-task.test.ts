import { describe, expect, it } from "vitest";
import { output, taskId } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";
import { findTask } from "./find-task";

describe("findTask", () => {
  it("[SC17] finds a task of the stage that runs, and none of another stage, job or number", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 1, tasks: 1, reducers: 1 });
    const isFound = (name: string) => findTask(grid.grid, taskId(name)) !== null;
    expect(["map/0", "map/1", "reduce/0", "gone/map/0"].filter(isFound)).toEqual(["map/0"]);
    grid.join("ada");
    grid.report("ada", [output("map/0", "x")]);
    expect(["map/0", "reduce/0"].filter(isFound)).toEqual(["reduce/0"]);
  });
});
