import { describe, expect, it, vi } from "vitest";
import { jobId, output, volunteer } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";
import { explainIdle, obstacleFor } from "./idling";
import { explainWaiting } from "./waiting";

/** At this bound nobody is ever believed alone. */
const STRICT = 1e-9;

/** A grid of volunteers that each want a task, and of one that answers at once. */
function openHurried({ others = 19, tasks = 5_000, maxErrorRate = STRICT } = {}) {
  const grid = openTestGrid({}, false);
  const names = Array.from({ length: others }, (_, number) => `v${number}`);
  const held = new Map<string, string>();
  const given = new Map<string, number>();
  /** Of these, what others had been given before. */
  const begun = new Map<string, number>();
  const seen = new Set<string>();
  const note = (words: readonly string[]) => {
    for (const each of words) {
      const [, name = "", task = ""] = /^(\w+) gets (\S+)$/.exec(each) ?? [];
      if (name === "") continue;
      held.set(name, task);
      given.set(name, (given.get(name) ?? 0) + 1);
      if (seen.has(task)) begun.set(name, (begun.get(name) ?? 0) + 1);
      seen.add(task);
    }
  };
  const answer = (name: string) => {
    const task = held.get(name);
    held.delete(name);
    if (task !== undefined) note(grid.report(name, [output(task, "x")], 1));
  };
  const hurry = () => {
    while (held.has("zip")) answer("zip");
  };
  note(grid.submit({ tasks, adaptive: { maxErrorRate } }));
  for (const name of [...names, "zip"]) note(grid.join(name));
  return { grid, names, held, given, begun, note, answer, hurry, wait: (ms: number) => note(grid.wait(ms)) };
}

describe("of a job with an error bound", () => {
  it("[AL1] who answers at once is given about twice as much as the others, and no more", () => {
    const { names, given, answer, hurry, wait } = openHurried();
    hurry();
    expect(given.get("zip")).toBe(4);
    for (let round = 0; round < 40; round++) {
      names.forEach(answer);
      for (let second = 0; second < 4; second++) {
        wait(1_000);
        hurry();
      }
    }
    expect(given.get("v0")).toBe(41);
    expect(given.get("zip")).toBeGreaterThan(60);
    expect(given.get("zip")).toBeLessThan(100);
  });

  it("[AL2] who is proven is given more, but nothing of that was begun by others", () => {
    const { grid, names, held, given, begun, note, answer, wait } = openHurried({ maxErrorRate: 0.01 });
    for (let round = 0; round < 5; round++) {
      names.forEach(answer);
      wait(1_000);
      for (let count = 0; count < 20; count++) answer("zip");
    }
    for (let count = 0; count < 20; count++) answer("zip");
    // Of the newcomers no two agree, so that their tasks want another answer.
    for (let number = 0; number < 60; number++) {
      note(grid.join(`new${number}`, { want: 1 }));
      grid.report(`new${number}`, [output(held.get(`new${number}`) ?? "none", `lie${number}`)]);
    }
    const before = { given: given.get("zip") ?? 0, begun: begun.get("zip") ?? 0 };
    expect(grid.grid.jobs.get(jobId("job"))?.validator.isProven(volunteer("zip"))).toBe(true);
    for (let count = 0; count < 200; count++) answer("zip");
    expect(given.get("zip")).toBe(before.given + 200);
    // Of every hundred, one is a spot check.
    expect((begun.get("zip") ?? 0) - before.begun).toBeLessThan(8);
  });

  it("[AL3] who is held back is given more when nobody else was for half a minute", () => {
    const { grid, names, held, given, note, hurry, wait } = openHurried();
    hurry();
    const before = given.get("zip") ?? 0;
    for (let second = 0; second < 32; second++) {
      for (const name of names) note(grid.beat(name, [held.get(name) ?? "none"]));
      wait(1_000);
      hurry();
    }
    expect(given.get("zip")).toBeGreaterThan(before);
  });

  it("[AL4] who is held back is told so, and so is the submitter when nothing runs for it", () => {
    const { grid, names, hurry } = openHurried();
    hurry();
    const zip = grid.grid.volunteers.get(volunteer("zip"));
    expect(zip && explainIdle(grid.grid)(zip)?.code).toBe("held-back");
    for (const name of names) grid.leave(name);
    const job = grid.grid.jobs.get(jobId("job"));
    expect(job && explainWaiting(grid.grid)(job)?.code).toBe("volunteers-held-back");
  });

  it("[AL5] nobody is held back among a few", () => {
    const { given, answer } = openHurried({ others: 9 });
    for (let count = 0; count < 100; count++) answer("zip");
    expect(given.get("zip")).toBe(101);
  });

  it("[AL6] who is held back in many jobs works on the others", () => {
    const { grid, given, hurry, note } = openHurried();
    for (const id of ["b", "c", "d", "e"])
      note(grid.submit({ id, tasks: 5_000, adaptive: { maxErrorRate: STRICT } }));
    // Others work on all of them.
    for (let number = 0; number < 80; number++) note(grid.join(`w${number}`, { want: 1 }));
    note(grid.submit({ id: "plain", tasks: 500, quorum: 1, share: { priority: -10 } }));
    hurry();
    expect(grid.grid.volunteers.get(volunteer("zip"))?.heldBack?.jobIds.size).toBe(5);
    expect(given.get("zip")).toBe(5 * 4 + 500);
  });

  it("[AL7] who is held back is given what comes of another job at once", () => {
    const { grid, hurry } = openHurried();
    hurry();
    expect(grid.submit({ id: "plain", quorum: 1 })).toContain("zip gets plain/map/0");
  });

  it("[AL8] is said to be held back by those only in which it has had its share", () => {
    const { grid, hurry } = openHurried();
    hurry();
    grid.submit({ id: "other", tasks: 1, adaptive: { maxErrorRate: STRICT } });
    grid.report("zip", [output("other/map/0", "x")], 1);
    const zip = grid.grid.volunteers.get(volunteer("zip"));
    const obstacles = ["job", "other"].map((id) => {
      const job = grid.grid.jobs.get(jobId(id));
      return zip && job && obstacleFor(grid.grid, job, zip);
    });
    expect(obstacles).toEqual(["held-back", "none-for-it"]);
  });

  it("[AL9] who is held back looks again once in a quarter of a second, however often it has left and come back", () => {
    const { grid, hurry, note, wait } = openHurried();
    hurry();
    for (let count = 0; count < 50; count++) {
      grid.leave("zip");
      note(grid.join("zip"));
    }
    const hungry = vi.spyOn(grid.grid.hungry, "set");
    wait(250);
    expect(hungry.mock.calls.filter(([id]) => id === volunteer("zip"))).toHaveLength(1);
  });
});
