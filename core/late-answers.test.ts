import { describe, expect, it } from "vitest";
import { at, failure, GRID_POLICY, output, released, returnedBy, volunteer } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";

type TestGrid = ReturnType<typeof openTestGrid>;
const [HOME, OFFICE] = [{ address: "home" }, { address: "office" }];
const V8 = { device: { arithmetic: "aaaaaaaaaaaaaaaa" } };
const OTHER = { device: { arithmetic: "bbbbbbbbbbbbbbbb" } };
const said = (value: string) => [output("map/0", value)];

/** Ways in which Ada loses her copy of `map/0`; Bo sits at the same address and waits for work. */
const LOSSES: Record<string, (grid: TestGrid) => void> = {
  "is given back": (grid) => grid.report("ada", [released("map/0")]),
  "is left behind with a goodbye": (grid) => grid.leave("ada"),
  "is lost with the line": (grid) => {
    grid.disconnect("ada");
    grid.wait(GRID_POLICY.graceMs);
  },
  "is not mentioned in time": (grid) => grid.wait(GRID_POLICY.silenceMs),
};

function openLost(lose: (grid: TestGrid) => void, quorum = 2) {
  const grid = openTestGrid();
  grid.submit({ quorum });
  grid.join("ada", HOME);
  grid.join("bo", HOME);
  lose(grid);
  expect(grid.grid.volunteers.get(volunteer("bo"))?.leases.size).toBe(1);
  return grid;
}

describe("an answer of a copy that was lost", () => {
  it.each(Object.entries(LOSSES))(
    "[PA20] is no vote while one at the same address has the task, when it %s; it gets its credit if it is right",
    (_, lose) => {
      const grid = openLost(lose);
      grid.join("ada", { ...HOME, want: 0 });
      expect(grid.report("ada", said("x"))).toEqual(["ada's copy of map/0 returned late", "answered done"]);
      expect(grid.report("ada", said("y"))).toEqual(["answered done"]);
      expect(grid.report("bo", said("x"))).toEqual(["bo's copy of map/0 returned", "answered done"]);
      grid.join("cy", OFFICE);
      expect(grid.report("cy", said("x"))).toEqual([
        "cy's copy of map/0 returned",
        "map/0 accepted as x by bo cy",
        "ada's copy of map/0 returned valid after all",
        "job completed",
        "answered done",
      ]);
    },
  );

  it("[PA21] gets no credit if it is not what is accepted, and none if it is an error", () => {
    for (const answer of [output("map/0", "y"), failure("map/0", "no")]) {
      const grid = openLost((each) => each.leave("ada"));
      grid.join("ada", { ...HOME, want: 0 });
      grid.report("ada", [answer]);
      grid.report("bo", said("x"));
      grid.join("cy", OFFICE);
      const effects = grid.report("cy", said("x"));
      expect(effects).toContain("map/0 accepted as x by bo cy");
      expect(effects.join()).not.toContain("ada");
    }
  });

  it("[PA22] counts where nobody at its address has the task, and then the others' do not, however many they are", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 3 });
    const names = ["ada", "bo", "cy"];
    for (const name of names) {
      grid.join(name, HOME);
      grid.leave(name);
    }
    for (const name of names) grid.join(name, { ...HOME, want: 0 });
    expect(names.map((name) => grid.report(name, said("lie"))[0])).toEqual([
      "ada's copy of map/0 returned",
      "bo's copy of map/0 returned late",
      "cy's copy of map/0 returned late",
    ]);
  });

  it("[PA23] may count where the operator allows copies to share an address", () => {
    const grid = openTestGrid({ onePerAddress: false });
    grid.submit();
    for (const name of ["ada", "bo"]) grid.join(name, HOME);
    grid.leave("ada");
    grid.join("ada", { ...HOME, want: 0 });
    grid.report("ada", said("x"));
    expect(grid.report("bo", said("x"))).toContain("map/0 accepted as x by ada bo");
  });

  it("[PA24] is no vote beside those of another engine, in a job that compares within one", () => {
    const grid = openTestGrid();
    grid.submit({ sameEngine: true });
    for (const name of ["ada", "al"]) grid.join(name, { ...V8, want: name === "ada" ? 1 : 0 });
    for (const name of ["ada", "al"]) grid.leave(name);
    for (const name of ["bo", "ben"]) grid.join(name, OTHER);
    grid.join("ada", { ...V8, want: 0 });
    expect(grid.report("ada", said("x"))[0]).toBe("ada's copy of map/0 returned late");
    expect(grid.report("bo", said("x")).join()).not.toContain("accepted");
    expect(grid.report("ben", said("x"))).toContain("map/0 accepted as x by bo ben");
  });

  it("[PA25] is the answer to the copy that its volunteer was given since, if it was given one", () => {
    const grid = openLost((each) => each.leave("ada"));
    grid.join("ada", { ...HOME, want: 0 });
    grid.report("ada", said("y"));
    grid.leave("bo");
    expect(grid.report("ada", [], 1)).toContain("ada gets map/0");
    expect(grid.report("ada", said("x"))).toContain("ada's copy of map/0 returned");
    grid.join("cy", OFFICE);
    expect(grid.report("cy", said("x"))).toEqual([
      "cy's copy of map/0 returned",
      "map/0 accepted as x by ada cy",
      "job completed",
      "answered done",
    ]);
  });
});

describe("a copy that its volunteer still runs after it was lost", () => {
  it("[PA26] is not taken up again while one at the same address has the task: who has the lease goes on", () => {
    const grid = openLost((each) => each.leave("ada"));
    expect(grid.join("ada", { ...HOME, want: 0, held: ["map/0"] })).toEqual(["dropped map/0"]);
    expect(grid.beat("bo", ["map/0"])).toEqual([]);
    grid.leave("bo");
    expect(grid.join("ada", { ...HOME, want: 0, held: ["map/0"] })).toEqual([]);
    expect(grid.report("ada", said("x"))).toContain("ada's copy of map/0 returned");
  });
});

describe("after a restart, an answer of a copy that was out before", () => {
  /** With its ticket. */
  const shown = (value: string) => [
    { ...output("map/0", value), given: { leasedAt: at(0), accepted: null } },
  ];
  const restored = (
    sketch: Parameters<TestGrid["restore"]>[0],
    known: Parameters<TestGrid["restore"]>[1] = {},
  ) => {
    const grid = openTestGrid();
    grid.restore(sketch, { startedAt: at(0), ...known });
    return grid;
  };

  it("[PA27] is a vote by the rules by which it would be given out: one for each address, and of one engine", () => {
    const grid = restored({ tasks: 2 });
    for (const name of ["ada", "bo"]) grid.join(name, { ...HOME, want: 0 });
    expect(grid.report("ada", shown("lie"))[0]).toBe("ada's copy of map/0 returned");
    expect(grid.report("bo", shown("lie"))).toEqual(["bo's copy of map/0 returned late", "answered done"]);
    expect(grid.join("cy", { ...HOME, want: 0, held: ["map/0"] })).toEqual(["dropped map/0"]);

    const engines = restored({ sameEngine: true });
    engines.join("ada", { ...V8, want: 0 });
    for (const [name, device] of Object.entries({ bo: OTHER, cy: {} }))
      engines.join(name, { ...device, want: 0 });
    engines.report("ada", shown("x"));
    for (const name of ["bo", "cy"])
      expect(engines.report(name, shown("x"))[0]).toBe(`${name}'s copy of map/0 returned late`);
  });

  it("[PA28] is none of a volunteer that does not suit the job, and its copy is not taken up again", () => {
    const grid = restored({ quorum: 1, tasks: 2, requires: { tags: ["lab"] } });
    expect(grid.join("ada", { want: 0, held: ["map/1"] })).toEqual(["dropped map/1"]);
    expect(grid.report("ada", shown("x"))).toEqual(["ada's copy of map/0 returned late", "answered done"]);
    grid.join("bo", { want: 0, device: { tags: ["lab"] }, held: ["map/1"] });
    expect(grid.report("bo", shown("x"))).toContain("map/0 accepted as x by bo");
  });

  it("[PA29] of one that was no vote before the restart is none after it, and has its credit when it is right", () => {
    const late = { ...returnedBy("ada", "x"), place: { address: "home", account: null, arithmetic: null } };
    const vote = { ...returnedBy("bo", "x"), place: { address: "home", account: null, arithmetic: null } };
    const grid = restored(
      {},
      {
        uncounted: [{ stage: "map", index: 0, count: 1, copy: late }],
        votes: [{ stage: "map", index: 0, count: 1, copy: vote }],
      },
    );
    grid.join("cy", OFFICE);
    expect(grid.report("cy", shown("x"))).toEqual([
      "cy's copy of map/0 returned",
      "map/0 accepted as x by bo cy",
      "ada's copy of map/0 returned valid after all",
      "job completed",
      "answered done",
    ]);
  });
});
