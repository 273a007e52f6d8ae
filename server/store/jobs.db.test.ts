import { createClient } from "@libsql/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { JOB, storedJob } from "../../testing/facts";
import { openTestStore, type TestStore } from "../../testing/open-store";
import type { EpochMs, JobId } from "../../protocol/ids";
import { log } from "../log";
import { findJob, findJobByKey, insertJob, readJobPage, readUnendedJobs } from "./jobs";
import { openLedger } from "./ledger";

const id = (place: number) => `job_${String(place).padStart(16, "0")}` as JobId;

describe("jobs as rows", () => {
  let store: TestStore;
  beforeEach(async () => (store = await openTestStore()));
  afterEach(async () => {
    vi.restoreAllMocks();
    await store.close();
  });

  it("[ST1] gives back the job that was put in", async () => {
    const job = { ...storedJob({ reducers: 2 }), config: { stop: ["the"], "": null } };
    await insertJob(store.database, job, null);
    const fresh = {
      state: "queued",
      startedAt: null,
      endedAt: null,
      failure: null,
      trust: null,
      correction: null,
      placing: null,
    };
    expect(await findJob(store.database, JOB)).toEqual({ ...job, ...fresh });
    expect(await findJob(store.database, id(1))).toBeNull();
  });

  it("[ST2] keeps one job to an idempotency key", async () => {
    const key = { idempotencyKey: "k", requestDigest: "d" };
    expect(await insertJob(store.database, storedJob(), key)).toBe(true);
    expect(await insertJob(store.database, storedJob({ id: id(1) }), key)).toBe(false);
    expect(await findJobByKey(store.database, "k")).toEqual({ id: JOB, requestDigest: "d" });
    expect(await findJobByKey(store.database, "other")).toBeNull();
  });

  it("[ST3] refuses a job as overloaded while another process holds the database", async () => {
    vi.spyOn(log, "error").mockReturnValue();
    const other = createClient({ url: store.databaseUrl });
    await other.execute("BEGIN IMMEDIATE");
    await expect(insertJob(store.database, storedJob(), null)).rejects.toMatchObject({ code: "overloaded" });
    await other.execute("ROLLBACK");
    expect(await insertJob(store.database, storedJob(), null)).toBe(true);
    other.close();
  });

  it("[ST14] puts on the disk what is written after another process held the database", async () => {
    const other = createClient({ url: store.databaseUrl });
    await other.execute("BEGIN IMMEDIATE");
    const volunteer = (name: string) => ({ data: { id: name, createdAt: 1, lastSeenAt: 1 } });
    const { volunteer: rows } = store.database;
    await expect(rows.create(volunteer("ada"))).rejects.toThrow();
    await expect(store.database.$transaction([rows.create(volunteer("ada"))])).rejects.toThrow();
    await other.execute("ROLLBACK");
    other.close();
    await rows.create(volunteer("bo"));
    await store.database.$transaction([rows.create(volunteer("cy")), rows.create(volunteer("di"))]);
    const crashed = await store.afterCrash();
    expect((await crashed.database.volunteer.findMany()).map((row) => row.id)).toEqual(["bo", "cy", "di"]);
    await crashed.database.$disconnect();
  });

  it("[ST4] pages jobs newest first, without gaps or repeats where times are equal", async () => {
    for (let place = 0; place < 7; place++)
      await insertJob(store.database, storedJob({ id: id(place), createdAt: 100 + (place >> 1) }), null);
    const seen: string[] = [];
    for (let before: { createdAt: number; id: string } | null = null; ;) {
      const page = await readJobPage(store.database, { state: null, before, limit: 2 });
      seen.push(...page.map((job) => job.id));
      before = page.at(-1) ?? null;
      if (page.length < 2) break;
    }
    expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0].map(id));
  });

  it("[ST5] finds the jobs of one state, and those that have not ended, oldest first", async () => {
    for (let place = 0; place < 4; place++)
      await insertJob(store.database, storedJob({ id: id(place), createdAt: 100 - place }), null);
    const ledger = openLedger(store.database);
    const failure = {
      code: "input-lost",
      taskId: `${id(0)}/reduce/0`,
      message: "m",
      record: null,
      stack: "",
    };
    const times = { startedAt: 1 as EpochMs, endedAt: 2 as EpochMs };
    await ledger.record(
      [],
      [
        { jobId: id(0), state: "failed", ...times, failureJson: JSON.stringify(failure) },
        { jobId: id(1), state: "running", startedAt: 1 as EpochMs, endedAt: null, failureJson: null },
        { jobId: id(2), state: "cancelled", startedAt: null, endedAt: 2 as EpochMs, failureJson: null },
      ],
    );
    expect((await readUnendedJobs(store.database)).map((job) => job.id)).toEqual([id(3), id(1)]);
    const failed = await readJobPage(store.database, { state: "failed", before: null, limit: 9 });
    expect(failed).toMatchObject([{ id: id(0), failure, ...times }]);
  });
});
