import { describe, expect, it } from "vitest";
import { failure, output, released } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";

const large = { bytesHere: false };

function gridWith(sketch: Parameters<ReturnType<typeof openTestGrid>["submit"]>[0], ...names: string[]) {
  const grid = openTestGrid();
  grid.submit(sketch);
  for (const name of names) grid.join(name);
  return grid;
}

describe("reports", () => {
  it("[RE1] accepts a task when a quorum agrees, and tells those who still run it to stop", () => {
    const grid = gridWith({}, "ada", "bo");
    grid.leave("ada");
    grid.join("cy");
    grid.join("ada", { want: 0 });
    grid.report("ada", [output("map/0", "x")]);
    expect(grid.report("bo", [output("map/0", "x")])).toEqual([
      "bo's copy of map/0 returned",
      "map/0 accepted as x by ada bo",
      "cy's copy of map/0 lost",
      "cy stops map/0",
      "job completed",
      "answered done",
    ]);
  });

  it("[RE2] counts a repeated report once, and answers it all the same", () => {
    const grid = gridWith({}, "ada", "bo");
    grid.report("ada", [output("map/0", "x")]);
    expect(grid.report("ada", [output("map/0", "x")])).toEqual(["answered done"]);
    expect(grid.grid.jobs.size).toBe(1);
  });

  it("[RE3] gives who was never given a task no say in it", () => {
    const grid = gridWith({}, "ada");
    grid.join("eve", { want: 0 });
    expect(grid.report("eve", [output("map/0", "bad")])).toEqual(["answered done"]);
  });

  it("[RE4] takes an answer that comes after its lease has run out, while the task is open", () => {
    const grid = gridWith({}, "ada");
    grid.leave("ada");
    grid.join("ada", { want: 0 });
    expect(grid.report("ada", [output("map/0", "x")])).toContain("ada's copy of map/0 returned");
  });

  it("[RE5] keeps an answer that comes after its task was decided for the audit trail, once", () => {
    const grid = gridWith({ quorum: 1, tasks: 2 }, "ada");
    grid.leave("ada");
    grid.join("bo");
    grid.join("ada", { want: 0 });
    grid.report("ada", [output("map/0", "x")]);
    expect(grid.report("bo", [output("map/0", "x")])).toEqual([
      "bo's copy of map/0 returned valid after all",
      "answered done",
    ]);
    expect(grid.report("bo", [output("map/0", "x")])).toEqual(["answered done"]);
  });

  it("[RE6] answers for a job it does not know that the output may be forgotten", () => {
    const grid = gridWith({}, "ada");
    expect(grid.report("ada", [output("gone/map/0", "x"), failure("gone/map/1", "no")])).toEqual([
      "answered done done",
    ]);
  });

  it("[RE7] holds large outputs until a quorum agrees, then asks one volunteer for the bytes", () => {
    const grid = gridWith({}, "ada", "bo");
    expect(grid.report("ada", [output("map/0", "x", large)])).toContain("answered hold");
    expect(grid.report("bo", [output("map/0", "x", large)])).toContain("answered upload");
    expect(grid.report("bo", [output("map/0", "x")])).toEqual([
      "bo's copy of map/0 returned",
      "map/0 accepted as x by ada bo",
      "ada told done map/0",
      "job completed",
      "answered done",
    ]);
  });

  it("[RE8] asks nobody else for the bytes while one uploads them", () => {
    const grid = gridWith({ quorum: 2 }, "ada", "bo");
    grid.leave("ada");
    grid.join("cy");
    grid.join("ada", { want: 0 });
    for (const name of ["bo", "cy"]) grid.report(name, [output("map/0", "x", large)]);
    expect(grid.report("ada", [output("map/0", "x", large)])).toEqual([
      "ada's copy of map/0 returned",
      "answered hold",
    ]);
  });

  it("[RE9] asks the uploader again when it repeats its report without the bytes", () => {
    const grid = gridWith({ quorum: 1 }, "ada");
    grid.report("ada", [output("map/0", "x", large)]);
    expect(grid.report("ada", [output("map/0", "x", large)])).toEqual(["answered upload"]);
  });

  it("[RE10] drops the vote of a volunteer that is gone when its bytes are the only ones, and says so", () => {
    const grid = gridWith({}, "ada", "bo", "cy");
    grid.report("ada", [output("map/0", "x", large)]);
    grid.leave("ada");
    grid.report("bo", [output("map/0", "x", large)]);
    expect(grid.leave("bo")).toEqual(["bo's copy of map/0 lost", "cy gets map/0"]);
    expect(grid.report("cy", [output("map/0", "x", large)])).toContain("answered upload");
  });

  it("[RE11] tells those who hold outputs of a job that they may forget them when it ends", () => {
    const grid = gridWith({ quorum: 3, tasks: 2 }, "ada", "bo");
    grid.report("ada", [output("map/0", "x", large)]);
    expect(grid.cancel()).toEqual(["job cancelled", "bo stops map/0", "ada told done map/0"]);
  });

  it("[RE12] answers every outcome as things stand after the whole report", () => {
    const grid = gridWith({ quorum: 1, tasks: 2, maxErrors: 1 });
    grid.join("ada", { want: 2 });
    const effects = grid.report("ada", [output("map/0", "x", large), failure("map/1", "no")]);
    expect(effects).toContain("job failed");
    expect(effects).toContain("answered done done");
  });

  it("[RE13] gives a released task to others", () => {
    const grid = gridWith({}, "ada", "bo", "cy");
    expect(grid.report("ada", [released("map/0")])).toEqual([
      "ada's copy of map/0 lost",
      "answered done",
      "cy gets map/0",
    ]);
  });

  it("[RE14] fails the job when its program fails for a quorum of volunteers and nobody else could take the task, and says where", () => {
    const grid = gridWith({}, "ada", "bo");
    grid.report("ada", [failure("map/0", "x is not defined")]);
    expect(grid.report("bo", [failure("map/0", "x is not defined")])).toEqual([
      "bo's copy of map/0 failed",
      "job failed",
      "answered done",
    ]);
  });

  it("[RE15] gives new work in the same turn in which it is asked for", () => {
    const grid = gridWith({ tasks: 2, quorum: 1 }, "ada");
    expect(grid.report("ada", [output("map/0", "x")], 1)).toContain("ada gets map/1");
  });

  it("[RE17] counts an error of a copy that was taken back only while the task still wants a copy", () => {
    const grid = gridWith({ quorum: 1, maxErrors: 2 }, "ada");
    grid.wait(15_000);
    grid.join("bo");
    expect(grid.report("ada", [failure("map/0", "stopped")])).toEqual([
      "ada's copy of map/0 failed late",
      "answered done",
    ]);
    expect(grid.report("bo", [output("map/0", "x")])).toContain("map/0 accepted as x by bo");

    const other = gridWith({ quorum: 1 }, "ada");
    other.wait(15_000);
    expect(other.report("ada", [failure("map/0", "x is not defined")])).toContain("job failed");
  });

  it("[RE18] fails a task when three volunteers see the same error, of those whose copies they are", () => {
    const grid = gridWith({ quorum: 5, maxErrors: 9 }, "ada", "bo", "cy", "di", "eve", "flo");
    grid.leave("ada");
    grid.join("ada", { want: 0 });
    for (const name of ["bo", "cy"]) grid.report(name, [failure("map/0", "no")]);
    expect(grid.report("ada", [failure("map/0", "no")])).not.toContain("job failed");
    expect(grid.report("di", [failure("map/0", "no")])).toContain("job failed");
  });

  it("[RE16] has nothing for a volunteer it does not know", () => {
    expect(openTestGrid().report("ada", [output("map/0", "x")], 5)).toEqual(["answered done"]);
  });
});
