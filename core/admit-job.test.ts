import { describe, expect, it } from "vitest";
import { at, failure, output, returnedBy, singly } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";

const map = "map" as const;
const vote = (index: number, copy: ReturnType<typeof returnedBy>) => ({
  stage: map,
  index,
  count: 1,
  copy,
});

describe("the life of a job in the grid", () => {
  it("[JO5] completes a job without tasks at once", () => {
    expect(openTestGrid().submit({ tasks: 0, reducers: 4 })).toEqual(["job completed"]);
  });

  it("[JO6] asks for the next stage's input when a stage is done, and goes on when it is there", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 1, reducers: 2 });
    grid.join("ada");
    expect(grid.report("ada", [output("map/0", "x")], 2)).toContain("reduce is next");
    expect(grid.stageReady()).toEqual(["ada gets reduce/0 reduce/1"]);
    grid.report("ada", [output("reduce/0", "y")]);
    expect(grid.report("ada", [output("reduce/1", "z")])).toContain("job completed");
  });

  it("[JO7] ignores what comes for a stage that is over", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 1, reducers: 1 });
    grid.join("ada");
    grid.report("ada", [output("map/0", "x")]);
    expect(grid.report("ada", [output("map/0", "x")])).toEqual(["answered done"]);
    expect(grid.beat("ada", ["map/0"])).toEqual(["dropped map/0"]);
  });

  it("[JO8] can be cancelled before its start, while it runs, and between its stages; ended jobs stay ended", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 1, reducers: 1 });
    expect(grid.cancel()).toEqual(["job cancelled"]);
    grid.submit({ quorum: 1, reducers: 1 });
    grid.join("ada");
    expect(grid.cancel()).toEqual(["job cancelled", "ada stops map/0"]);
    grid.submit({ quorum: 1, reducers: 1 });
    grid.report("ada", [], 1);
    grid.report("ada", [output("map/0", "x")], 5);
    expect(grid.cancel()).toEqual(["job cancelled"]);
    expect(grid.stageReady()).toEqual([]);
    expect(grid.cancel()).toEqual([]);
  });

  it("[JO9] gives volunteers of a job that has ended other work", () => {
    const grid = openTestGrid({ tasksHeld: 2 });
    grid.submit({ id: "old", tasks: 2 });
    grid.join("ada", { want: 2 });
    grid.submit({ id: "new", tasks: 2 });
    grid.cancel("old");
    expect(grid.report("ada", [], 2)).toContain("ada gets new/map/0 new/map/1");
  });
});

describe("a job after a restart", () => {
  it("[JO10] goes on with what is not accepted yet", () => {
    const grid = openTestGrid();
    grid.restore({ tasks: 4, quorum: 1 }, { startedAt: at(0), accepted: new Map([[map, singly(0, 2)]]) });
    expect(grid.join("ada", { want: 9 })).toEqual(["ada gets map/1 map/3"]);
  });

  it("[JO11] counts the votes that were stored, and does not ask those who voted again", () => {
    const grid = openTestGrid();
    grid.restore({}, { startedAt: at(0), votes: [vote(0, returnedBy("ada", "x"))] });
    expect(grid.join("ada", { want: 9 })).toEqual([]);
    expect(grid.join("bo")).toEqual(["bo gets map/0"]);
    expect(grid.report("bo", [output("map/0", "x")])).toContain("map/0 accepted as x by ada bo");
  });

  it("[JO12] decides a task whose stored votes are a quorum", () => {
    const votes = [vote(0, returnedBy("ada", "x")), vote(0, returnedBy("bo", "x"))];
    expect(openTestGrid().restore({}, { votes })).toEqual(["map/0 accepted as x by ada bo", "job completed"]);
  });

  it("[JO13] counts one vote of a volunteer, though two were stored", () => {
    const votes = [vote(0, returnedBy("ada", "x", { bytesHere: false })), vote(0, returnedBy("ada", "x"))];
    const grid = openTestGrid();
    expect(grid.restore({}, { votes })).toEqual([]);
    expect(grid.join("bo")).toContain("bo gets map/0");
  });

  it("[JO14] lets volunteers keep what they announce and show that they were given, and counts such outputs nobody remembers giving out", () => {
    const grid = openTestGrid();
    const given = { leasedAt: at(0), accepted: null };
    grid.restore({ tasks: 2 }, { startedAt: at(0) });
    expect(grid.join("ada", { want: 0, held: ["map/1"] })).toEqual([]);
    expect(grid.report("ada", [output("map/1", "x"), { ...output("map/0", "y"), given }])).toEqual([
      "ada's copy of map/1 returned",
      "ada's copy of map/0 returned",
      "answered done done",
    ]);
  });

  it("[JO29] gives nobody a say in tasks of their choice: what they do not show that they were given counts for nothing", () => {
    const grid = openTestGrid();
    grid.restore({ tasks: 2, quorum: 1 }, { startedAt: at(0) });
    expect(grid.join("eve", { want: 0, held: ["map/1"], given: [] })).toEqual(["dropped map/1"]);
    expect(grid.beat("eve", ["map/1"])).toEqual(["dropped map/1"]);
    const claims = [output("map/1", "bad"), failure("map/0", "no")];
    expect(grid.report("eve", claims)).toEqual(["answered done done"]);
  });

  it("[JO15] does not grant more copies than are wanted to those who announce them", () => {
    const grid = openTestGrid();
    grid.restore({ quorum: 1 }, { startedAt: at(0) });
    grid.join("ada", { want: 0, held: ["map/0"] });
    expect(grid.join("bo", { want: 1, held: ["map/0"] })).toEqual(["dropped map/0"]);
  });

  it("[JO16] asks for its next stage's input again, or ends, if all was accepted before", () => {
    const accepted = new Map([[map, singly(0)]]);
    expect(openTestGrid().restore({ reducers: 1 }, { accepted })).toEqual(["reduce is next"]);
    expect(openTestGrid().restore({}, { accepted })).toEqual(["job completed"]);
    const all = new Map([...accepted, ["reduce" as const, singly(0)]] as const);
    expect(openTestGrid().restore({ reducers: 1 }, { accepted: all })).toContain("job completed");
  });

  it("[JO17] waits for its stored votes' volunteers to bring the bytes, and completes when one does", () => {
    const votes = ["ada", "bo"].map((name) => vote(0, returnedBy(name, "x", { bytesHere: false })));
    const grid = openTestGrid();
    grid.restore({}, { votes });
    grid.join("bo", { want: 0 });
    expect(grid.report("bo", [output("map/0", "x", { bytesHere: false })])).toContain("answered upload");
    expect(grid.report("bo", [output("map/0", "x")])).toContain("map/0 accepted as x by ada bo");
  });

  it("[JO18] waits for the next stage's input before it hands out that stage, whatever was stored of it", () => {
    const accepted = new Map([[map, singly(0)]]);
    const votes = [{ stage: "reduce" as const, index: 0, count: 1, copy: returnedBy("ada", "x") }];
    const grid = openTestGrid();
    grid.restore({ reducers: 2 }, { accepted, votes });
    expect(grid.join("bo", { want: 5 })).toEqual([]);
    expect(grid.stageReady()).toEqual(["job running", "bo gets reduce/0 reduce/1"]);
  });
});
