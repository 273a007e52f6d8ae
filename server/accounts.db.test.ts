/** Accounts in a real database: keys, who belongs to what, credit, and the scheduler that hears of it. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { volunteerId } from "../testing/facts";
import { openTestCoordinator, output, type TestCoordinator } from "../testing/open-coordinator";
import { openTestStore, type TestStore } from "../testing/open-store";
import { taskIdOf } from "../protocol/ids";
import { SubmitJob } from "../protocol/job";
import { openAccounts } from "./accounts";
import { log } from "./log";

describe("accounts", () => {
  let store: TestStore;
  let running: TestCoordinator;

  beforeEach(async () => {
    vi.spyOn(log, "error").mockReturnValue();
    store = await openTestStore();
    running = await openTestCoordinator(store);
  });

  afterEach(async () => {
    await running.close();
    await store.close();
    vi.restoreAllMocks();
  });

  async function submit({ tasks = 1, maxErrorRate = null as number | null } = {}) {
    const request = SubmitJob.parse({
      program: { source: "export const map = (n) => n;" },
      input: { range: { end: tasks } },
      options: { quorum: 2, maxErrorRate },
    });
    const { id } = (await running.grid.submitJob(request, null)).job;
    return { id, task: (index: number) => taskIdOf(id, "map", index) };
  }

  it("[AC11] are an id and a key that is told once: of the key, only a digest is kept", async () => {
    const { id, key } = await running.accounts.create();
    expect(key.startsWith(`${id}.`)).toBe(true);
    expect(await running.accounts.view(key)).toMatchObject({ id, acceptedTasks: 0, volunteers: [] });
    await store.database.$executeRawUnsafe("PRAGMA wal_checkpoint(TRUNCATE)").catch(() => {});
    const [, secret = ""] = key.split(".");
    expect(JSON.stringify(await store.database.account.findMany())).not.toContain(secret);
    expect(readFileSync(fileURLToPath(store.databaseUrl)).includes(secret)).toBe(false);
  });

  it("[AC12] open to their own key alone, and say what was expected", async () => {
    const { id, key } = await running.accounts.create();
    const other = await running.accounts.create();
    const mixed = `${id}.${other.key.split(".")[1]}`;
    for (const [wrong, words] of [
      [null, "none came"],
      ["secret", "must be an account's key"],
      [mixed, "opens no account"],
      [`a_0000000000000000.${"x".repeat(32)}`, "opens no account"],
    ] as const) {
      const refused = { code: "account-key-wrong", message: expect.stringContaining(words) };
      await expect(running.accounts.view(wrong)).rejects.toMatchObject(refused);
      await expect(running.accounts.join(volunteerId("ada"), wrong)).rejects.toMatchObject(refused);
    }
    expect((await running.accounts.view(key)).id).toBe(id);
    expect(running.accounts.of(volunteerId("ada")).account).toBe(null);
  });

  it("[AC13] sum up what their devices have earned, which each takes along when it leaves", async () => {
    const { id, key } = await running.accounts.create();
    const { task } = await submit({ tasks: 2 });
    for (const name of ["ada", "bo"]) await running.join(name, { want: 2 });
    for (const name of ["ada", "bo"])
      await running.report(name, [output(task(0), "x\n"), output(task(1), "y\n")]);
    for (const name of ["ada", "bo"]) await running.accounts.join(volunteerId(name), key);
    // It has earned nothing, and has no row yet.
    await running.accounts.join(volunteerId("cy"), key);
    expect(await running.accounts.view(key)).toMatchObject({ acceptedTasks: 4, computeMs: 20 });
    expect((await running.accounts.view(key)).volunteers.map(({ state }) => state).sort()).toEqual([
      "connected",
      "connected",
      "gone",
    ]);
    expect(running.grid.listVolunteers().volunteers.map(({ account }) => account)).toEqual([id, id]);

    expect(await running.accounts.leave(volunteerId("bo"))).toEqual({
      volunteerId: volunteerId("bo"),
      account: null,
    });
    expect(await running.accounts.view(key)).toMatchObject({ acceptedTasks: 2, computeMs: 10 });
    const bo = await store.database.volunteer.findUnique({ where: { id: volunteerId("bo") } });
    expect(bo).toMatchObject({ acceptedTasks: 2, computeMs: 10, account: null });
    // Another account's key changes it over.
    const other = await running.accounts.create();
    await running.accounts.join(volunteerId("ada"), other.key);
    expect(await running.accounts.view(other.key)).toMatchObject({ acceptedTasks: 2 });
    expect((await running.accounts.view(key)).volunteers.map((one) => one.id)).toEqual([volunteerId("cy")]);
  });

  it("[AC14] keep their devices apart over a restart, and the audit trail says which account each copy was leased under", async () => {
    const { id, key } = await running.accounts.create();
    for (const name of ["ada", "bo"]) await running.accounts.join(volunteerId(name), key);
    const { id: job, task } = await submit();
    for (const name of ["ada", "bo"]) await running.join(name, { want: 1 });
    expect(running.given("bo")).toEqual([]);
    expect((await running.grid.getJob(job)).waiting?.code).toBe("same-account");
    const accountsOf = async () =>
      (await running.grid.listTasks(job, { stage: null, cursor: null, limit: 9 })).tasks.map(({ copies }) =>
        copies.map(({ account }) => account),
      );
    expect(await accountsOf()).toEqual([[id]]);
    await running.report("ada", [output(task(0), "x\n")]);

    const after = await store.afterCrash();
    await running.close();
    await store.close();
    store = after;
    running = await openTestCoordinator(store);
    expect(running.accounts.of(volunteerId("bo")).account).toBe(id);
    // Though it has left meanwhile, its copy has not.
    await running.accounts.leave(volunteerId("ada"));
    await running.join("bo", { want: 1 });
    expect(running.given("bo")).toEqual([]);
    await running.join("cy", { want: 1 });
    running.wait(5);
    await running.report("cy", [output(task(0), "x\n")]);
    expect((await running.grid.getJob(job)).state).toBe("completed");
    expect(await accountsOf()).toEqual([[id, null]]);
  });

  it("[AC15] say nothing of copies in a job with an error bound, until it has ended", async () => {
    const { key } = await running.accounts.create();
    await running.accounts.join(volunteerId("ada"), key);
    const { id } = await submit({ tasks: 1, maxErrorRate: 0.01 });
    await running.join("ada", { want: 1 });
    const { tasks } = await running.grid.listTasks(id, { stage: null, cursor: null, limit: 9 });
    expect(tasks).toMatchObject([{ state: "sealed", copies: [] }]);
  });

  it("[AC16] are believed to have been seen when their devices' connections ended", async () => {
    const { key } = await running.accounts.create();
    await running.accounts.join(volunteerId("ada"), key);
    await running.join("ada");
    const before = await running.accounts.view(key);
    expect(before.volunteers).toMatchObject([{ state: "connected" }]);
    running.wait(60_000);
    running.reports.gone(volunteerId("ada"), true);
    const [gone] = await vi.waitUntil(async () => {
      const { volunteers } = await running.accounts.view(key);
      return volunteers[0] && volunteers[0].lastSeenAt > before.createdAt ? volunteers : null;
    }, 5_000);
    expect(gone).toMatchObject({ state: "gone", lastSeenAt: running.now() });
  });

  it("[AC19] write down in one commit, within a second or when the coordinator stops, that many devices have left", async () => {
    const { key } = await running.accounts.create();
    const names = ["ada", "bo", "cy"];
    for (const name of names) await running.accounts.join(volunteerId(name), key);
    running.wait(60_000);
    const leftAt = running.now();
    for (const name of names) running.reports.gone(volunteerId(name), true);
    const written = vi.spyOn(store.database, "$executeRawUnsafe");
    const storedAt = async () =>
      (await store.database.volunteer.findMany()).map(({ lastSeenAt }) => lastSeenAt);
    expect((await storedAt()).filter((at) => at === leftAt)).toEqual([]);
    await vi.waitUntil(async () => (await storedAt()).every((at) => at === leftAt), { timeout: 5_000 });
    expect(written).toHaveBeenCalledOnce();

    running.wait(60_000);
    for (const name of names) running.reports.gone(volunteerId(name), true);
    await running.accounts.close();
    expect(await storedAt()).toEqual(names.map(() => running.now()));
  });

  it("[AC20] make room for new ones when there are as many as there may be: who had none join it in a day is forgotten", async () => {
    const { database, ledger, coordinator, feed } = running;
    const services = running.running;
    const accounts = openAccounts({
      ...{ database, ledger, coordinator, services, feed, now: running.now },
      mostAccounts: 3,
    });
    const used = await accounts.create();
    await accounts.join(volunteerId("ada"), used.key);
    const unused = [await accounts.create(), await accounts.create()];
    await expect(accounts.create()).rejects.toMatchObject({ code: "quota-exceeded" });
    running.wait(23 * 60 * 60_000);
    await expect(accounts.create()).rejects.toMatchObject({ code: "quota-exceeded" });
    running.wait(2 * 60 * 60_000);
    const young = await accounts.create();
    for (const { key } of unused)
      await expect(accounts.join(volunteerId("bo"), key)).rejects.toMatchObject({
        code: "account-key-wrong",
      });
    expect((await accounts.view(used.key)).volunteers).toHaveLength(1);

    running.wait(25 * 60 * 60_000);
    await accounts.restore();
    expect(await store.database.account.findMany()).toMatchObject([{ id: used.id }]);
    await expect(accounts.view(young.key)).rejects.toMatchObject({ code: "account-key-wrong" });
    expect(accounts.of(volunteerId("ada")).account).toBe(used.id);
  });
});
