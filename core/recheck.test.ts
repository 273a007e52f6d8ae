import { describe, expect, it } from "vitest";
import { digest, jobId, output, returnedBy, singly, T0, volunteer } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";
import type { PastAcceptance, RestoredJob } from "./grid-events";

type RestoredVotes = RestoredJob["votes"];

const TASKS = 3;
const CROWD = ["ada", "bo", "cy", "di", "ed"];

/** By whom a task was accepted as what. */
const past = (index: number, said: string, ...names: string[]): PastAcceptance => ({
  index,
  digest: digest(said),
  votes: names.map((name) => ({ volunteerId: volunteer(name), digest: digest(said) })),
  failed: [],
});

/** A completed job; of its map tasks, Ada answered the first alone. */
function openCompleted({ reducers = 0, votes = [] }: { reducers?: number; votes?: RestoredVotes } = {}) {
  const grid = openTestGrid();
  for (const name of CROWD) grid.join(name, { want: 9 });
  grid.send({
    type: "suspects-known",
    suspects: [{ volunteerId: volunteer("ada"), jobId: jobId("other"), until: (T0 + 1e9) as typeof T0 }],
  });
  const sketch = { id: "old", tasks: TASKS, reducers, adaptive: { maxErrorRate: 0.1 } };
  const known = {
    startedAt: T0,
    endedAt: T0,
    history: new Map([
      [
        "map" as const,
        [past(0, "lie", "ada"), past(1, "x", "bo", "cy", "di"), past(2, "x", "bo", "cy", "di")],
      ],
    ]),
    isRestored: votes.length > 0,
    votes,
    answers: [{ stage: "map" as const, index: 0, digest: digest("lie"), volunteerId: volunteer("ada") }],
  };
  const effects = grid.reopen(sketch, known);
  return { grid, effects };
}

describe("looking again at a completed job", () => {
  it("[RK6] gives out what rests on a suspect alone, and to others than the suspect", () => {
    const { effects } = openCompleted();
    expect(effects).toContain("old/map/0 doubted: volunteer-caught");
    expect(effects).toContain("bo gets old/map/0");
    expect(effects.join()).not.toContain("ada gets");
  });

  it("[RK7] holds back what was found out until all of it is decided, and tells it with the end", () => {
    const { grid } = openCompleted();
    const told = ["bo", "cy", "di"].flatMap((name) => grid.report(name, [output("old/map/0", "x")]));
    const accepted = told.findIndex((words) => words.startsWith("old/map/0 accepted as x"));
    expect(told.slice(accepted)).toEqual([
      expect.stringContaining("against ada"),
      "old rechecked: 0 confirmed, 1 corrected, 0 unresolved",
      "old completed",
      ...told.slice(accepted + 3),
    ]);
    expect(grid.grid.jobs.has(jobId("old"))).toBe(false);
  });

  it("[RK8] confirms what was right", () => {
    const { grid } = openCompleted();
    const told = ["bo", "cy", "di"].flatMap((name) => grid.report(name, [output("old/map/0", "lie")]));
    expect(told).toContain("old rechecked: 1 confirmed, 0 corrected, 0 unresolved");
  });

  it("[RK9] computes those reduce tasks anew whose inputs were corrected, and no others", () => {
    const { grid } = openCompleted({ reducers: 2 });
    const map = ["bo", "cy", "di"].flatMap((name) => grid.report(name, [output("old/map/0", "x")]));
    expect(map).toContain("reduce is next");
    expect(map.join()).not.toContain("accepted");
    const stale = [{ index: 1, digest: digest("old sum") }];
    grid.send({ type: "stage-ready", jobId: jobId("old"), stage: "reduce", stale });
    const reduce = CROWD.slice(1).flatMap((name) => grid.report(name, [output("old/reduce/1", "sum")], 1));
    expect(reduce).toContain("old rechecked: 0 confirmed, 2 corrected, 0 unresolved");
    expect(reduce.join()).not.toContain("reduce/0");
    expect(grid.send({ type: "stage-ready", jobId: jobId("old"), stage: "reduce", stale })).toEqual([]);
  });

  it("[RK15] takes no ticket of a task whose input was corrected since for a vote, nor has its copy gone on with", () => {
    const votes = [{ stage: "map" as const, index: 0, count: 1, copy: returnedBy("bo", "x") }];
    const { grid } = openCompleted({ reducers: 2, votes });
    for (const name of ["cy", "di", "ed"]) grid.report(name, [output("old/map/0", "x")]);
    const stale = [{ index: 1, digest: digest("old sum") }];
    grid.send({ type: "stage-ready", jobId: jobId("old"), stage: "reduce", stale });
    const ticketed = { ...output("old/reduce/1", "old sum"), given: { leasedAt: T0, accepted: null } };
    expect(grid.join("zed", { want: 0, held: ["old/reduce/1"] })).toEqual(["dropped old/reduce/1"]);
    expect(grid.report("zed", [ticketed])[0]).toBe("zed's copy of old/reduce/1 returned late");
    const told = CROWD.slice(1).flatMap((name) => grid.report(name, [output("old/reduce/1", "sum")], 1));
    expect(told).toContain("old rechecked: 0 confirmed, 2 corrected, 0 unresolved");
    expect(told.join()).not.toContain("zed");
    expect(grid.grid.suspects.has(volunteer("zed"))).toBe(false);
  });
});

describe("a volunteer that is outvoted", () => {
  it("[RK10] is a suspect in every job, until the window is over", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 2 });
    for (const name of ["ada", "bo", "cy"]) grid.join(name);
    grid.report("ada", [output("map/0", "lie")]);
    grid.report("bo", [output("map/0", "x")]);
    expect(grid.report("cy", [output("map/0", "x")])).toContain("ada is a suspect");
    expect([...grid.grid.suspects.keys()]).toEqual(["ada"]);
    grid.wait(3 * 24 * 3_600_000);
    expect(grid.grid.suspects.size).toBe(0);
  });

  it("[RK11] is none when a job outvotes more than a third of those it compares: then the program is at fault", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 2, tasks: 3 });
    for (const name of ["ada", "bo", "cy", "di"]) grid.join(name, { want: 3 });
    const said = ["0", "1", "2"].flatMap((index) =>
      ["ada", "bo", "cy", "di"].flatMap((name, place) =>
        // Two agree by chance, the others do not.
        grid.report(name, [output(`map/${index}`, place > 1 ? "x" : `${name} says so`)]),
      ),
    );
    expect(said.join()).not.toContain("is a suspect");
  });

  it("[RK12] is believed alone by no job that runs, and what it answered alone in one is in doubt", () => {
    const grid = openTestGrid();
    const map = [...Array(6).keys()].map((index) => past(index, "x", "ada", "bo"));
    grid.restore(
      { id: "long", tasks: 40, adaptive: { maxErrorRate: 0.01 } },
      {
        startedAt: T0,
        accepted: new Map([["map", singly(0, 1, 2, 3, 4, 5, 6)]]),
        history: new Map([["map", [...map, past(6, "x", "ada")]]]),
      },
    );
    grid.submit({ id: "other", quorum: 2, share: { submitter: "bob" } });
    for (const name of ["ada", "bo", "cy"]) grid.join(name, { want: 60 });
    grid.report("ada", [output("other/map/0", "lie")]);
    grid.report("bo", [output("other/map/0", "x")]);
    expect(grid.report("cy", [output("other/map/0", "x")])).toContain("long/map/6 doubted: volunteer-caught");
    expect(grid.report("ada", [output("long/map/7", "x")]).join()).not.toContain("accepted");
  });
});
