import { describe, expect, it } from "vitest";
import { failure, output, released } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";

describe("handing out work", () => {
  it("[SC1] gives a task to as many different volunteers as its quorum", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 2 });
    expect(grid.join("ada")).toEqual(["job running", "ada gets map/0"]);
    expect(grid.join("bo")).toEqual(["bo gets map/0"]);
    expect(grid.join("cy")).toEqual([]);
  });

  it("[SC2] gives nobody more tasks than it asked for", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 10 });
    expect(grid.join("ada", { want: 3 })).toContain("ada gets map/0 map/1 map/2");
    expect(grid.join("bo", { want: 0 })).toEqual([]);
  });

  it("[SC3] gives tasks that others have begun before fresh ones", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 4 });
    grid.join("ada", { want: 2 });
    expect(grid.join("bo", { want: 3 })).toEqual(["bo gets map/0 map/1 map/2"]);
  });

  it("[SC4] serves the oldest first of jobs that have had as much, and the next one with what is still asked for", () => {
    const grid = openTestGrid();
    grid.submit({ id: "old", tasks: 1 });
    grid.submit({ id: "new", tasks: 5 });
    expect(grid.join("ada", { want: 3 })).toEqual([
      "old running",
      "ada gets old/map/0",
      "new running",
      "ada gets new/map/0 new/map/1",
    ]);
  });

  it("[SC5] offers new work at once to those who wait for it, longest waiting first", () => {
    const grid = openTestGrid();
    for (const name of ["ada", "bo", "cy"]) grid.join(name);
    expect(grid.submit({ tasks: 1 })).toEqual(["job running", "ada gets map/0", "bo gets map/0"]);
  });

  it("[SC6] offers a task again at once when a copy of it is lost", () => {
    const grid = openTestGrid();
    grid.submit();
    for (const name of ["ada", "bo", "cy"]) grid.join(name);
    expect(grid.leave("ada")).toEqual(["ada's copy of map/0 lost", "cy gets map/0"]);
  });

  it("[SC7] asks for one more copy when answers disagree", () => {
    const grid = openTestGrid();
    grid.submit();
    for (const name of ["ada", "bo", "cy"]) grid.join(name);
    grid.report("ada", [output("map/0", "x")]);
    expect(grid.report("bo", [output("map/0", "y")])).toContain("cy gets map/0");
  });

  it("[SC8] gives a volunteer that lost its copy the task again, if nobody else is there", () => {
    const grid = openTestGrid();
    grid.submit();
    grid.join("ada");
    expect(grid.report("ada", [released("map/0")], 1)).toContain("ada gets map/0");
  });

  it("[SC9] never gives a volunteer a task again that it has answered", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 3 });
    grid.join("ada");
    grid.join("bo");
    grid.report("bo", [failure("map/0", "no")]);
    expect(grid.report("ada", [output("map/0", "x")], 5)).toEqual([
      "ada's copy of map/0 returned",
      "answered done",
    ]);
    expect(grid.join("bo", { want: 5 })).toEqual([]);
  });

  it("[SC10] finds, for a volunteer that lost its copy, also the copies that were asked for before", () => {
    const grid = openTestGrid();
    grid.submit();
    grid.join("ada", { want: 5 });
    grid.join("bo");
    grid.leave("bo");
    grid.join("bo", { want: 0, held: [] });
    // An answer nobody waited for any more leaves the log with an entry too many, which ada has read past.
    grid.report("bo", [output("map/0", "x")]);
    expect(grid.report("ada", [released("map/0")])).toEqual([
      "ada's copy of map/0 lost",
      "answered done",
      "ada gets map/0",
    ]);
  });

  it("[SC11] takes an entry too many for a lost copy only while the task lacks one", () => {
    const grid = openTestGrid();
    grid.submit();
    grid.join("ada");
    grid.join("bo");
    grid.leave("bo");
    grid.join("bo", { want: 0 });
    grid.report("bo", [output("map/0", "x")]);
    expect(grid.join("cy")).toEqual([]);
  });

  it("[SC12] counts what a volunteer holds and what it asks for against the limit", () => {
    const grid = openTestGrid({ tasksHeld: 4 });
    grid.submit({ id: "old", tasks: 3, quorum: 1 });
    grid.join("ada", { want: 3 });
    grid.report("ada", [], 3);
    expect(grid.submit({ id: "new", tasks: 9 })).toEqual(["new running", "ada gets new/map/0"]);
  });

  it("[SC13] gives a volunteer that is away nothing", () => {
    const grid = openTestGrid();
    grid.join("ada");
    grid.disconnect("ada");
    expect(grid.submit()).toEqual([]);
    expect(grid.join("ada")).toContain("ada gets map/0");
  });

  it("[SC14] marks a job as running when its first task is given out, once", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 2 });
    expect(grid.join("ada")).toContain("job running");
    expect(grid.join("bo", { want: 2 })).not.toContain("job running");
  });
});
