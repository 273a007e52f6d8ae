import { describe, expect, it } from "vitest";
import { digest, jobId, output, T0, volunteer } from "../../testing/builders";
import { openTestGrid } from "../../testing/test-grid";
import { ProgramRecords } from "./program-records";

const NAMES = ["ada", "bo", "cy", "di", "ed"];
const [WORDS, PRIMES] = [digest("words"), digest("primes")];

/** Five volunteers that have agreed in a job of a program on 40 tasks. */
function openAfterJob() {
  const grid = openTestGrid();
  const adaptive = { maxErrorRate: 1e-4 };
  const submit = (id: string, program: typeof WORDS, tasks: number) =>
    grid.submit({ id, program, tasks, adaptive });
  const answer = (name: string, id: string, tasks: number, text = "x") =>
    grid.report(
      name,
      Array.from({ length: tasks }, (_, index) => output(`${id}/map/${index}`, text)),
      60,
    );
  for (const name of NAMES) grid.join(name, { want: 60 });
  submit("first", WORDS, 40);
  for (const name of NAMES) answer(name, "first", 40);
  expect(grid.grid.jobs.has(jobId("first"))).toBe(false);
  return { grid, submit, answer };
}

describe("a volunteer's record", () => {
  it("[TR24] goes on in the next job of the program, and in no job of another one", () => {
    const { grid, submit, answer } = openAfterJob();
    submit("again", WORDS, 1);
    submit("other", PRIMES, 1);
    const newcomers = grid.grid.jobs.get(jobId("other"))?.validator.newcomersNeeded() ?? 0;
    expect(newcomers).toBeGreaterThan(2);
    answer("ada", "other", 1);
    expect(answer("bo", "other", 1)).not.toContain("other/map/0 accepted as x by ada bo");
    // Believed alone for the moment, which nobody is in a first job; then one other is enough, where newcomers need three or four.
    expect(answer("ada", "again", 1)).toContain("again/map/0 accepted as x by ada");
    answer("bo", "again", 1);
    expect(grid.grid.jobs.has(jobId("again"))).toBe(false);
    expect(grid.grid.jobs.has(jobId("other"))).toBe(true);
  });

  it("[TR25] ends with its being caught, in whatever job", () => {
    const { grid, answer } = openAfterJob();
    expect(grid.grid.records.of(WORDS).get(volunteer("ada"))).toBeGreaterThan(30);
    grid.submit({ id: "other", program: PRIMES, quorum: 2 });
    answer("ada", "other", 1, "lie");
    for (const name of NAMES.slice(1)) answer(name, "other", 1);
    expect(grid.grid.suspects.has(volunteer("ada"))).toBe(true);
    expect(grid.grid.records.of(WORDS).has(volunteer("ada"))).toBe(false);
    expect(grid.grid.records.of(WORDS).has(volunteer("bo"))).toBe(true);
  });

  it("[TR71] is told to be stored with the end of the job, and is what the next coordinator begins with", () => {
    const { grid } = openAfterJob();
    const agreed = [...grid.grid.records.of(WORDS)];
    const next = openTestGrid();
    next.send({ type: "records-known", records: { program: WORDS, agreed } });
    next.submit({ program: WORDS, adaptive: { maxErrorRate: 1e-4 } });
    next.join("ada");
    expect(next.report("ada", [output("map/0", "x")])).toContain("map/0 accepted as x by ada");
  });

  it("[TR72] does not grow by a job that is looked at again", () => {
    const { grid } = openAfterJob();
    const before = [...grid.grid.records.of(WORDS)];
    const past = (index: number, name: string) => ({
      ...{ index, digest: digest("x"), failed: [] },
      votes: [name, "bo", "cy"].map((voter) => ({ volunteerId: volunteer(voter), digest: digest("x") })),
    });
    const history = new Map([["map" as const, [past(0, "di"), past(1, "ed")]]]);
    const sketch = { id: "again", program: WORDS, tasks: 2, adaptive: { maxErrorRate: 1e-4 } };
    grid.reopen(sketch, { startedAt: T0, endedAt: T0, history, isRestored: false, votes: [], answers: [] });
    expect(grid.grid.jobs.has(jobId("again"))).toBe(false);
    expect([...grid.grid.records.of(WORDS)]).toEqual(before);
  });
});

it("[TR26] forgets the programs whose jobs ended longest ago when there are too many records", () => {
  const records = new ProgramRecords(3);
  records.keep(WORDS, [
    [volunteer("ada"), 4],
    [volunteer("bo"), 1],
  ]);
  records.keep(PRIMES, [[volunteer("ada"), 2]]);
  records.keep(WORDS, [[volunteer("ada"), 3]]);
  expect([...records.of(WORDS)]).toEqual([
    ["ada", 4],
    ["bo", 1],
  ]);
  records.keep(digest("third"), [[volunteer("cy"), 1]]);
  expect([records.of(PRIMES).size, records.of(WORDS).size, records.of(digest("third")).size]).toEqual([
    0, 2, 1,
  ]);
  records.keep(null, [[volunteer("cy"), 1]]);
  expect(records.of(null).size).toBe(0);
});
