import { createClient } from "@libsql/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { settled, until } from "../../testing/await";
import { accepted, AT, JOB, returned, storedJob, taskId, volunteerId } from "../../testing/facts";
import { openTestStore, type TestStore } from "../../testing/open-store";
import type { Digest, EpochMs, JobId, VolunteerId } from "../../protocol/ids";
import { digestOfText } from "../../protocol/digest";
import { log } from "../log";
import type { Fact } from "./facts";
import { insertJob } from "./jobs";
import { openLedger, type Ledger } from "./ledger";
import { findPrograms, forgetOldRecords, readRecords } from "./records";

const RUNNING = { jobId: JOB, state: "running", startedAt: 7 as EpochMs, endedAt: null, failureJson: null };

describe("openLedger", () => {
  let store: TestStore;
  let ledger: Ledger;

  beforeEach(async () => {
    store = await openTestStore();
    ledger = openLedger(store.database, { ...OPTIONS, retryMs: { first: 5, most: 5 } });
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    await ledger.close();
    await store.close();
  });

  const record = (...facts: Fact[]) => ledger.record(facts, []);
  const copies = () => store.database.copy.findMany({ orderBy: { taskIndex: "asc" } });
  const credit = async (name: string) =>
    store.database.volunteer.findUnique({ where: { id: volunteerId(name) } });

  it("[LG1] writes facts that are recorded close together in one transaction", async () => {
    const transactions = vi.spyOn(store.database, "$transaction");
    await Promise.all(Array.from({ length: 500 }, (_, index) => record(returned("ada", index))));
    expect(await copies()).toHaveLength(500);
    expect(transactions).toHaveBeenCalledTimes(1);
  });

  it("[LG2] writes facts in the order they are recorded, whatever commit they fall into", async () => {
    await insertJob(store.database, storedJob(), null);
    const all = [
      ledger.record([], [RUNNING]),
      ledger.record([returned("ada", 0)], []),
      ledger.record([], [{ ...RUNNING, state: "completed", endedAt: 9 as EpochMs }]),
    ];
    await Promise.all(all);
    expect(await store.database.job.findFirst()).toMatchObject({
      state: "completed",
      startedAt: 7,
      endedAt: 9,
    });
  });

  it("[LG3] says that facts are durable only when another opening of the database finds them", async () => {
    await record(returned("ada", 0));
    const later = await store.afterCrash();
    expect(await later.database.copy.count()).toBe(1);
    await later.close();
  });

  it("[LG4] without facts, waits for the earlier ones and not for later ones", async () => {
    const first = record(returned("ada", 0));
    const barrier = ledger.record([], []);
    let laterDone = false;
    const later = barrier.then(() => record(returned("ada", 1))).then(() => (laterDone = true));
    await barrier;
    await first;
    expect(laterDone).toBe(false);
    expect(await copies()).toHaveLength(1);
    await later;
    await ledger.record([], []);
  });

  it("[LG5] replaces a copy's row by a later one, but for when it was leased", async () => {
    await record(returned("ada", 0, { leasedAt: 3 }));
    await record(lost("ada", 0));
    expect(await copies()).toMatchObject([{ state: "lost", verdict: "none", leasedAt: 3, partsJson: null }]);
    await record(returned("ada", 0));
    expect(await copies()).toMatchObject([{ state: "returned", verdict: "pending", leasedAt: 3 }]);
  });

  it("[LG6] never replaces a verdict, in one commit or in several", async () => {
    await record(returned("ada", 0), accepted(0, { valid: ["ada"] }), lost("ada", 0));
    expect(await copies()).toMatchObject([{ state: "returned", verdict: "valid", partsJson: null }]);
    await record(lost("ada", 0));
    await record(accepted(0, { valid: [], invalid: ["ada"] }));
    expect(await copies()).toMatchObject([{ state: "returned", verdict: "valid", partsJson: null }]);
  });

  it("[LG7] gives its verdict to a vote that an earlier commit holds", async () => {
    await record(returned("ada", 0), returned("bo", 0, { output: "y" }));
    await record(returned("cy", 0), accepted(0, { valid: ["ada", "cy"], invalid: ["bo"] }));
    const verdicts = (await copies()).map(({ volunteerId: id, verdict }) => [id, verdict]);
    expect(Object.fromEntries(verdicts)).toEqual({
      [volunteerId("ada")]: "valid",
      [volunteerId("bo")]: "invalid",
      [volunteerId("cy")]: "valid",
    });
  });

  it("[LG8] changes nothing by a second acceptance, neither what was accepted nor credit", async () => {
    await record(returned("ada", 0), returned("ada", 1), accepted(0, { valid: ["ada"], output: "x" }));
    await record(accepted(0, { valid: ["ada"], output: "y" }));
    await record(accepted(1, { valid: ["ada"], output: "x" }), accepted(1, { valid: ["ada"], output: "x" }));
    const rows = await store.database.acceptance.findMany({ orderBy: { taskIndex: "asc" } });
    expect(rows.map(({ digest }) => digest)).toEqual([accepted(0, { output: "x" }).digest, rows[0]?.digest]);
    expect(await credit("ada")).toMatchObject({ acceptedTasks: 2, computeMs: 10 });
  });

  it("[LG16] puts right what was accepted wrongly, verdicts and credit with it, once, however often it is written", async () => {
    await record(returned("ada", 0, { output: "lie" }), accepted(0, { valid: ["ada"], output: "lie" }));
    const replaces = { digest: accepted(0, { output: "lie" }).digest, volunteerIds: [volunteerId("ada")] };
    const corrected = accepted(0, { valid: ["bo", "cy"], invalid: ["ada"], output: "x" });
    for (let time = 0; time < 2; time++)
      await record(returned("bo", 0), returned("cy", 0), { ...corrected, replaces });
    const [row] = await store.database.acceptance.findMany();
    expect(row).toMatchObject({ digest: corrected.digest });
    expect(await credit("ada")).toMatchObject({ acceptedTasks: 0, invalidTasks: 1 });
    expect(await credit("bo")).toMatchObject({ acceptedTasks: 1, invalidTasks: 0, computeMs: 5 });
    const verdicts = (await copies()).map(({ volunteerId: id, verdict }) => [id, verdict]);
    expect(Object.fromEntries(verdicts)).toMatchObject({
      [volunteerId("ada")]: "invalid",
      [volunteerId("cy")]: "valid",
    });
  });

  it("[KC13] takes credit back from all who had agreed on what was wrong", async () => {
    const wrong = { output: "lie" };
    await record(
      returned("ada", 0, wrong),
      returned("bo", 0, wrong),
      accepted(0, { valid: ["ada", "bo"], ...wrong }),
    );
    const replaces = { digest: accepted(0, wrong).digest, volunteerIds: ["ada", "bo"].map(volunteerId) };
    const corrected = accepted(0, { valid: ["cy", "di", "ed"], invalid: ["ada", "bo"], output: "x" });
    for (let time = 0; time < 2; time++)
      await record(...["cy", "di", "ed"].map((name) => returned(name, 0)), { ...corrected, replaces });
    for (const name of ["ada", "bo"])
      expect(await credit(name)).toMatchObject({ acceptedTasks: 0, invalidTasks: 1 });
    expect(await credit("cy")).toMatchObject({ acceptedTasks: 1 });
  });

  it("[LG17] gives credit to those who confirm what was accepted, and not again to who was believed alone", async () => {
    await record(returned("ada", 0), accepted(0, { valid: ["ada"] }));
    const { taskId, at } = accepted(0, {});
    const valid = [{ volunteerId: volunteerId("bo"), elapsedMs: 5 }];
    for (let time = 0; time < 2; time++)
      await record(returned("bo", 0), { type: "task-confirmed", taskId, valid, invalid: [], at });
    expect(await credit("ada")).toMatchObject({ acceptedTasks: 1 });
    expect(await credit("bo")).toMatchObject({ acceptedTasks: 1, computeMs: 5 });
  });

  it("[LG12] gives credit for a copy that was valid after its task had been accepted, once, however often it is written", async () => {
    const late = { ...returned("bo", 0), verdict: "valid" } as const;
    await record(returned("ada", 0), accepted(0, { valid: ["ada"] }));
    for (let time = 0; time < 2; time++) await record(late);
    expect(await credit("bo")).toMatchObject({ acceptedTasks: 1, computeMs: 5 });
    expect((await copies()).map(({ verdict }) => verdict)).toEqual(["valid", "valid"]);
  });

  it("[LG9] adds up credit over tasks and commits", async () => {
    await record(accepted(0, { valid: ["ada", "bo"] }), accepted(1, { valid: ["ada"], invalid: ["bo"] }));
    await record(accepted(2, { valid: ["ada"] }));
    expect(await credit("ada")).toMatchObject({ acceptedTasks: 3, invalidTasks: 0, computeMs: 15 });
    expect(await credit("bo")).toMatchObject({ acceptedTasks: 1, invalidTasks: 1, computeMs: 5 });
  });

  it("[LG21] clears who was outvoted and was right: its verdict, its credit and its catch, once, and no later catch", async () => {
    const ada = volunteerId("ada");
    const caught = { type: "volunteer-caught", volunteerId: ada, jobId: JOB, isNews: true } as const;
    await record(returned("ada", 0), returned("bo", 0), accepted(0, { valid: ["bo"], invalid: ["ada"] }));
    await record({ ...caught, at: AT });
    expect(await credit("ada")).toMatchObject({ acceptedTasks: 0, invalidTasks: 1 });
    const onTask = { type: "volunteer-cleared", volunteerId: ada, taskId: taskId(0), elapsedMs: 5 } as const;
    const cleared = { ...onTask, isHonest: true, isNoSuspect: true, at: (AT + 1) as EpochMs };
    for (let time = 0; time < 2; time++) await record(cleared);
    expect(await credit("ada")).toMatchObject({ acceptedTasks: 1, invalidTasks: 0, computeMs: 5 });
    expect(await store.database.copy.count({ where: { verdict: "valid" } })).toBe(2);
    expect(await store.database.catch.count()).toBe(0);
    await record({ ...caught, at: (AT + 2) as EpochMs });
    await record(cleared);
    await record({ ...cleared, isHonest: false, isNoSuspect: false, at: (AT + 3) as EpochMs });
    expect(await store.database.catch.count()).toBe(1);
  });

  it("[LG22] keeps what each job caught a volunteer for: cleared in one, it stays caught in the other", async () => {
    const ada = volunteerId("ada");
    const caught = { type: "volunteer-caught", volunteerId: ada, at: AT } as const;
    const other = { ...caught, jobId: "other" as JobId, isNews: false };
    await record({ ...caught, jobId: JOB, isNews: true });
    for (let time = 0; time < 2; time++) await record(other);
    expect(await store.database.catch.findMany({ orderBy: { jobId: "asc" } })).toMatchObject([
      { jobId: JOB, isHandled: false },
      { jobId: "other", isHandled: true },
    ]);
    const cleared = { type: "volunteer-cleared", volunteerId: ada, taskId: taskId(0), elapsedMs: 5 } as const;
    await record({ ...cleared, isHonest: true, isNoSuspect: false, at: (AT + 1) as EpochMs });
    expect(await store.database.catch.findMany()).toMatchObject([{ jobId: "other" }]);
  });

  it("[LG23] keeps what volunteers have shown with the end of the job, however often that is committed; who is caught has nothing left", async () => {
    await insertJob(store.database, storedJob(), null);
    const [ada, bo] = [volunteerId("ada"), volunteerId("bo")];
    const program = digestOfText("words");
    const end = (
      endedAt: number,
      agreed: [VolunteerId, number][],
      of = program,
      forgotten: Digest[] = [],
    ) => ({
      ...{ ...RUNNING, state: "completed", endedAt: endedAt as EpochMs },
      records: { program: of, agreed, forgotten },
    });
    for (let time = 0; time < 2; time++)
      await ledger.record(
        [],
        [
          end(9, [
            [ada, 5],
            [bo, 3],
          ]),
        ],
      );
    await ledger.record([], [end(11, [[bo, 2]])]);
    const rows = () => store.database.programRecord.findMany({ orderBy: { agreed: "desc" } });
    expect(await rows()).toMatchObject([
      { program, volunteerId: ada, agreed: 5, keptAt: 9 },
      { volunteerId: bo, agreed: 3, keptAt: 11 },
    ]);
    const caught = { type: "volunteer-caught", volunteerId: bo, jobId: JOB, isNews: true, at: AT } as const;
    await ledger.record([caught], [end(12, [[bo, 9]])]);
    expect(await rows()).toMatchObject([{ volunteerId: ada }]);
    await ledger.record([], [end(13, [[ada, 1]], digestOfText("primes"), [program])]);
    expect(await findPrograms(store.database)).toEqual([digestOfText("primes")]);
  });

  it("[LG24] forgets records that are old, and programs beyond so many", async () => {
    const row = (program: string, name: string, keptAt: number) => ({
      ...{ program: digestOfText(program), volunteerId: volunteerId(name), agreed: 4, keptAt },
    });
    const data = [
      row("old", "ada", 1),
      row("words", "ada", 2),
      row("words", "bo", 7),
      row("primes", "ada", 5),
    ];
    await store.database.programRecord.createMany({ data });
    await forgetOldRecords(store.database, 2 as EpochMs, 3);
    expect(await findPrograms(store.database)).toEqual([digestOfText("primes"), digestOfText("words")]);
    await forgetOldRecords(store.database, 2 as EpochMs, 2);
    expect(await findPrograms(store.database)).toEqual([digestOfText("words")]);
    const left = await readRecords(store.database, digestOfText("words"));
    expect(new Map(left)).toEqual(new Map([[volunteerId("ada"), 4]]).set(volunteerId("bo"), 4));
  });

  it("[LG25] takes credit back, once, also from who said what was wrong when it was accepted already", async () => {
    const wrong = { output: "lie" };
    await record(returned("ada", 0, wrong), accepted(0, { valid: ["ada"], ...wrong }));
    for (const index of [0, 1]) await record({ ...returned("di", index, wrong), verdict: "valid" });
    await record({ ...returned("ed", 0), verdict: "late" });
    expect(await credit("di")).toMatchObject({ acceptedTasks: 2, invalidTasks: 0 });
    const replaces = { digest: accepted(0, wrong).digest, volunteerIds: [volunteerId("ada")] };
    const corrected = { ...accepted(0, { valid: ["bo"], invalid: ["ada"] }), replaces };
    for (let time = 0; time < 2; time++) await record(returned("bo", 0), corrected);
    for (const name of ["ada", "di"])
      expect(await credit(name)).toMatchObject({ acceptedTasks: name === "di" ? 1 : 0, invalidTasks: 1 });
    expect(await credit("bo")).toMatchObject({ acceptedTasks: 1, invalidTasks: 0 });
  });

  it("[LG10] tells nobody while commits fail, says in words for an operator why it is not ready, and commits once it can", async () => {
    vi.spyOn(log, "error").mockReturnValue();
    const other = createClient({ url: store.databaseUrl });
    await other.execute("BEGIN IMMEDIATE");
    const first = record(returned("ada", 0), accepted(0, { valid: ["ada"] }));
    await until(() => ledger.refusal() !== null);
    const second = record(returned("ada", 1));
    const told = ledger.refusal()?.message ?? "";
    expect(told).toMatch(/^The database does not take commits: another process holds it\. Stop that process/);
    expect(told).not.toMatch(/prisma|sqlite_/i);
    expect(await Promise.all([settled(first), settled(second), settled(ledger.record([], []))])).toEqual([
      false,
      false,
      false,
    ]);
    await other.execute("ROLLBACK");
    await Promise.all([first, second]);
    expect(ledger.refusal()).toBeNull();
    expect(await copies()).toHaveLength(2);
    expect(await credit("ada")).toMatchObject({ acceptedTasks: 1 });
    other.close();
  });

  it("[LG11] goes on after the disk was full", async () => {
    vi.spyOn(log, "error").mockReturnValue();
    await store.database.$queryRawUnsafe("PRAGMA max_page_count = 1");
    const first = record(...Array.from({ length: 500 }, (_, index) => returned("ada", index)));
    await until(() => ledger.refusal() !== null);
    expect(ledger.refusal()?.message).toMatch(/full/);
    await store.database.$queryRawUnsafe("PRAGMA max_page_count = 1000000");
    await first;
    expect(await copies()).toHaveLength(500);
  });

  it("[LG12] is not ready while more waits than may", async () => {
    ledger = openLedger(store.database, { ...OPTIONS, commitBytes: 1_000, waitingBytes: 5_000 });
    const all = Array.from({ length: 20 }, (_, index) => record(returned("ada", index)));
    expect(ledger.refusal()?.message).toMatch(/bytes wait for the disk$/);
    await Promise.all(all);
    expect(ledger.refusal()).toBeNull();
    expect(await copies()).toHaveLength(20);
  });

  it("[LG13] commits what waits when it is closed, and does not wait for a database that takes nothing", async () => {
    const last = record(returned("ada", 0));
    await ledger.close();
    await last;

    vi.spyOn(log, "error").mockReturnValue();
    ledger = openLedger(store.database, OPTIONS);
    const other = createClient({ url: store.databaseUrl });
    await other.execute("BEGIN IMMEDIATE");
    const never = record(returned("ada", 1));
    await until(() => ledger.refusal() !== null);
    await ledger.close();
    expect(await settled(never)).toBe(false);
    other.close();
  });

  it("[LG14] spreads what one event brings over several commits when it is much", async () => {
    ledger = openLedger(store.database, { ...OPTIONS, commitBytes: 100_000 });
    const transactions = vi.spyOn(store.database, "$transaction");
    await ledger.record(
      Array.from({ length: 1_000 }, (_, index) => lost("ada", index)),
      [],
    );
    expect(await copies()).toHaveLength(1_000);
    expect(transactions.mock.calls.length).toBeGreaterThan(2);
  });

  it("[LG20] rests after a commit, so that reports gather, and not before the first one after a quiet time", async () => {
    ledger = openLedger(store.database, { ...OPTIONS, rest: { times: 1_000_000, mostMs: 200 } });
    const transactions = vi.spyOn(store.database, "$transaction");
    await record(returned("ada", 0));
    const restsFrom = performance.now();
    // They come one after the other, and not in one turn.
    for (let index = 1; index < 10; index++) {
      void record(returned("ada", index));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await record(returned("ada", 10));
    expect(performance.now() - restsFrom).toBeGreaterThan(150);
    expect(transactions).toHaveBeenCalledTimes(2);
    expect(await copies()).toHaveLength(11);
  });

  it("[LG15] cuts a count to what the database can hold, rather than fail", async () => {
    await record(accepted(0, { records: 2 ** 40 }));
    expect(await store.database.acceptance.findFirst()).toMatchObject({ recordCount: 2 ** 31 - 1 });
  });
});

const OPTIONS = {
  retryMs: { first: 60_000, most: 60_000 },
  rest: { times: 0, mostMs: 0 },
  commitBytes: 2 ** 23,
  waitingBytes: 2 ** 26,
};

function lost(name: string, index: number): Fact {
  const { taskId, at } = returned(name, index);
  const copy = { state: "lost", volunteerId: volunteerId(name) } as const;
  return { type: "copy-ended", taskId, copy, verdict: "none", leasedAt: null, at };
}
