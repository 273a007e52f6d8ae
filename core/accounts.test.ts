import { describe, expect, it } from "vitest";
import { accountId, at, digest, jobId, output, returnedBy, T0, volunteer } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";
import { explainIdle } from "./idling";
import { explainWaiting } from "./waiting";

type TestGrid = ReturnType<typeof openTestGrid>;

function why({ grid }: TestGrid) {
  const [job] = grid.jobs.values();
  return job ? explainWaiting(grid)(job) : null;
}

function whyIdle({ grid }: TestGrid, name: string) {
  const one = grid.volunteers.get(volunteer(name));
  return one ? explainIdle(grid)(one) : null;
}

/** Ada and Bo are devices of one account. */
function openLinked(policy: Parameters<typeof openTestGrid>[0] = {}) {
  const grid = openTestGrid(policy);
  for (const name of ["ada", "bo"]) grid.link(name, "ann");
  return grid;
}

describe("copies with volunteers of one account", () => {
  it.each([true, false])(
    "[AC1] are of different tasks, whatever the operator says of addresses (one per address: %s)",
    (onePerAddress) => {
      const grid = openLinked({ onePerAddress });
      grid.submit();
      expect(grid.join("ada", { address: "home" })).toContain("ada gets map/0");
      expect(grid.join("bo", { address: "office" })).toEqual([]);
      expect(grid.join("cy", { address: null })).toContain("cy gets map/0");
    },
  );

  it("[AC2] stay what they were when their volunteer joins the account or leaves it", () => {
    const grid = openLinked();
    grid.submit();
    grid.join("ada");
    expect(grid.link("ada", null)).toEqual([]);
    expect(grid.join("bo")).toEqual([]);
    grid.report("ada", [output("map/0", "x")]);
    expect(grid.link("ada", "ann")).toEqual([]);
    const [open] = [...grid.grid.jobs.values()].flatMap(({ stages }) => [
      ...(stages[0]?.open.values() ?? []),
    ]);
    expect(open?.task.copies).toMatchObject([{ volunteerId: "ada", place: { account: "ann" } }]);
    expect(grid.join("cy")).toContain("cy gets map/0");
    expect(grid.report("cy", [output("map/0", "x")])).toContain("map/0 accepted as x by ada cy");
  });

  it("[AC3] hold nothing back from who leaves the account: it is given at once what it had been passed over for", () => {
    const grid = openLinked();
    grid.submit({ tasks: 2 });
    grid.join("ada", { want: 2, slotCount: 2 });
    expect(grid.join("bo", { want: 2, slotCount: 2 })).toEqual([]);
    expect(grid.link("bo", null)).toEqual(["bo gets map/0 map/1"]);
  });

  it("[AC4] are not taken up again by who lost one, nor answered, while the other is at it", () => {
    const grid = openLinked();
    grid.submit();
    grid.join("ada", { want: 1 });
    grid.leave("ada");
    expect(grid.join("bo")).toContain("bo gets map/0");
    grid.link("ada", null);
    expect(grid.join("ada", { held: ["map/0"] })).toEqual(["dropped map/0"]);
    expect(grid.report("ada", [output("map/0", "x")])).toEqual([
      "ada's copy of map/0 returned late",
      "answered done",
    ]);
    grid.join("cy");
    expect(grid.report("bo", [output("map/0", "x")])).toEqual([
      "bo's copy of map/0 returned",
      "answered done",
    ]);
  });

  it("[AC5] are known after a restart", () => {
    const place = { address: null, account: accountId("ann"), arithmetic: null };
    const copy = { ...returnedBy("ada", "x"), place };
    const grid = openTestGrid({ onePerAddress: false });
    const members = [{ volunteerId: volunteer("bo"), account: accountId("ann") }];
    grid.send({ type: "accounts-known", members });
    grid.restore({}, { startedAt: at(0), votes: [{ stage: "map", index: 0, count: 1, copy }] });
    expect(grid.join("bo")).toEqual([]);
    expect(grid.join("cy")).toContain("cy gets map/0");
  });

  it("[AC6] are why a job waits, and why a volunteer is given nothing: both say so", () => {
    const grid = openLinked();
    grid.submit();
    for (const name of ["ada", "bo"]) grid.join(name, { address: name });
    expect(why(grid)).toMatchObject({ code: "same-account" });
    expect(why(grid)?.message).toContain("the 2 that are connected are devices of one account");
    expect(whyIdle(grid, "bo")?.code).toBe("same-account");
    // Cy is of nobody's account and at Bo's address: Ada and Cy would do.
    expect(grid.join("cy", { address: "bo", want: 0 })).toEqual([]);
    grid.report("ada", [output("map/0", "x")]);
    expect(why(grid)).toMatchObject({ code: "same-account" });
    expect(why(grid)?.message).toContain("another device of the same account has");
    expect(grid.report("cy", [], 1)).toContain("cy gets map/0");
    expect(why(grid)).toBe(null);
  });

  it("[AC9] are so too where one shares the account and another one the address", () => {
    const grid = openLinked();
    grid.submit({ quorum: 3 });
    grid.join("ada", { address: "home" });
    grid.join("bo", { address: "office" });
    grid.join("cy", { address: "office" });
    expect(why(grid)).toMatchObject({ code: "same-account" });
    expect(why(grid)?.message).toContain("3 volunteers of different people must agree");
    grid.join("di", { address: "elsewhere" });
    expect(why(grid)?.message).toBe(undefined);
  });

  it("[AC7] are none of the tail, and none of what is computed again, even if the first one has left", () => {
    const tail = openLinked();
    tail.submit({ tasks: 2, quorum: 1 });
    for (const name of ["ada", "bo"]) tail.join(name);
    tail.wait(1_000);
    tail.report("bo", [output("map/1", "x", { elapsedMs: 1_000 })], 1);
    expect(tail.wait(600)).toEqual([]);
    expect(tail.join("cy")).toContain("cy gets map/0");

    const again = openLinked();
    for (const name of ["bo", "cy", "di"]) again.join(name, { want: 9 });
    again.send({
      type: "suspects-known",
      suspects: [
        { volunteerId: volunteer("ada"), jobId: jobId("elsewhere"), until: (T0 + 1e9) as typeof T0 },
      ],
    });
    const votes = [{ volunteerId: volunteer("ada"), digest: digest("lie") }];
    const effects = again.reopen(
      { tasks: 1, adaptive: { maxErrorRate: 0.1 } },
      {
        startedAt: T0,
        endedAt: T0,
        history: new Map([["map" as const, [{ index: 0, digest: digest("lie"), votes, failed: [] }]]]),
        isRestored: false,
        votes: [],
        answers: [{ stage: "map", index: 0, digest: digest("lie"), volunteerId: volunteer("ada") }],
      },
    );
    expect(effects).toContain("map/0 doubted: volunteer-caught");
    expect(effects).toContain("cy gets map/0");
    expect(effects.join()).not.toContain("bo gets");
  });
});
