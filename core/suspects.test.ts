import { describe, expect, it } from "vitest";
import { at, digest, jobId, output, returnedBy, taskId, volunteer } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";
import { validatorFor } from "./validator";

const COLLUDERS = ["cy", "di", "eve", "fred"];
const PROVEN = ["ada", "bo", "gil"];

/** Ed was right about `map/0`, and was outvoted by four who lied alike. Since then others have shown that they are right. */
function openWithOutvoted() {
  const grid = openTestGrid();
  let isOn = false;
  grid.grid.validatorFor = (...parts) => ({
    ...validatorFor(...parts),
    drawCheck: () => false,
    drawSpotCheck: (id) => isOn && id === volunteer("ada"),
  });
  grid.submit({ tasks: 40, adaptive: { maxErrorRate: 0.01 } });
  const say = (name: string, value: string) => [
    ...grid.join(name),
    ...grid.report(name, [output("map/0", value)]),
  ];
  say("ed", "x");
  expect(COLLUDERS.flatMap((name) => say(name, "lie"))).toContain("ed is a suspect");
  const [job] = grid.grid.jobs.values();
  if (!job) throw new Error("The grid has no job");
  const copies = PROVEN.map((name) => returnedBy(name, "x"));
  const task = { state: "accepted", copies, digest: digest("x") } as const;
  const [copy] = copies;
  for (let time = 0; time < 30 && copy; time++)
    job.validator.learn(1, task, { type: "accept", output: copy, valid: copies, invalid: [] });
  isOn = true;
  return { grid, job, say };
}

/** A check puts the task into doubt, and the others say what ed had said. */
function decideAgain({ say }: ReturnType<typeof openWithOutvoted>): string[] {
  return PROVEN.flatMap((name) => say(name, "x"));
}

describe("a volunteer that was outvoted by those who lied together", () => {
  it("[CV1] is cleared when the task comes out as it had said: it is no suspect, and is given tasks of the job again", () => {
    const opened = openWithOutvoted();
    expect(opened.grid.report("ed", [], 1)).toEqual([]);
    const effects = decideAgain(opened);
    expect(effects).toContain("ed was right about map/0, and is no suspect");
    expect(effects.join()).toMatch(/map\/0 accepted as x by [a-z ]+ against cy di eve fred/);
    expect(opened.grid.grid.suspects.has(volunteer("ed"))).toBe(false);
    expect(opened.grid.report("ed", [], 1).join()).toContain("ed gets map/");
  });

  it("[CV2] stays a suspect for what it was caught at elsewhere", () => {
    const opened = openWithOutvoted();
    const elsewhere = { volunteerId: volunteer("ed"), jobId: jobId("other"), until: at(10) };
    opened.grid.send({ type: "suspects-known", suspects: [elsewhere] });
    expect(decideAgain(opened)).toContain("ed was right about map/0");
    expect(opened.grid.grid.suspects.get(volunteer("ed"))?.until).toBe(at(10));
    opened.grid.wait(20);
    expect(opened.grid.grid.suspects.has(volunteer("ed"))).toBe(false);
  });

  it("[CV5] stays a suspect when another job caught it within the hour, before it was cleared", () => {
    const opened = openWithOutvoted();
    opened.grid.submit({ id: "second", quorum: 2 });
    opened.grid.join("ed");
    opened.grid.report("ed", [output("second/map/0", "y")]);
    for (const name of ["ada", "bo"]) {
      opened.grid.join(name);
      opened.grid.report(name, [output("second/map/0", "z")]);
    }
    expect(decideAgain(opened)).toContain("ed was right about map/0");
    expect(opened.grid.grid.suspects.has(volunteer("ed"))).toBe(true);
  });

  it("[CV4] is cleared after a restart too, in the middle of it: it is no suspect, and is given tasks of the job again", () => {
    const grid = openTestGrid();
    const caught = { volunteerId: volunteer("ed"), jobId: jobId("job"), until: at(1e9) };
    grid.send({ type: "suspects-known", suspects: [caught] });
    const vote = (name: string, value: string) => ({ volunteerId: volunteer(name), digest: digest(value) });
    const lies = COLLUDERS.map((name) => vote(name, "lie"));
    const history = Array.from({ length: 31 }, (_, index) => ({
      ...{ index, digest: digest(index === 0 ? "lie" : "x"), failed: [] },
      votes: index === 0 ? [vote("ed", "x"), ...lies] : PROVEN.map((name) => vote(name, "x")),
    }));
    const spans = history.map(({ index }) => ({ index, count: 1 }));
    const check = { stage: "map" as const, index: 0, count: 1, copy: returnedBy("ada", "x") };
    grid.restore(
      { tasks: 40, adaptive: { maxErrorRate: 0.01 } },
      {
        ...{ startedAt: at(0), accepted: new Map([["map", spans]]) },
        ...{ history: new Map([["map", history]]), votes: [check] },
      },
    );
    const effects = ["bo", "gil"].flatMap((name) => [
      ...grid.join(name),
      ...grid.report(name, [output("map/0", "x")]),
    ]);
    expect(effects).toContain("ed was right about map/0, and is no suspect");
    expect(grid.grid.suspects.has(volunteer("ed"))).toBe(false);
    expect(grid.join("ed").join()).toContain("ed gets map/");
  });

  it("[CV3] is not cleared by being right once when it was outvoted on another task as well", () => {
    const opened = openWithOutvoted();
    opened.job.tally.answers.set(taskId("map/1"), [returnedBy("ed", "y")]);
    expect(decideAgain(opened)).toContain("ed was right about map/0");
    expect(opened.job.validator.admits(volunteer("ed"))).toBe(false);
  });
});
