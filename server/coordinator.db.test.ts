import { createClient } from "@libsql/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { settled, until } from "../testing/await";
import { volunteerId } from "../testing/facts";
import {
  errorOf,
  openTestCoordinator,
  output,
  runOutput,
  type TestCoordinator,
} from "../testing/open-coordinator";
import { openTestStore, type TestStore } from "../testing/open-store";
import { validatorFor } from "../core/validator";
import { digestOfText } from "../protocol/digest";
import { taskIdOf, taskIdParts, type JobId, type StageName, type TaskId } from "../protocol/ids";
import { SubmitJob } from "../protocol/job";
import { LIMITS } from "../protocol/limits";
import { readManifest } from "../protocol/runs/manifest";
import type { Outcome } from "../protocol/task";
import { log } from "./log";
import { openLostBlocks } from "./lost-blocks";

const MAP_ONLY = "export function map(n) { return n; }";
const WITH_REDUCE = `${MAP_ONLY} export function reduce(key, values) { return values.length; }`;

describe("the coordinator", () => {
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

  async function submit({
    tasks = 2,
    quorum = 2,
    reducers = 0,
    onError = "fail",
    maxErrorRate = null as number | null,
  } = {}) {
    const source = reducers > 0 ? WITH_REDUCE : MAP_ONLY;
    const options = { quorum, onError, maxErrorRate, ...(reducers > 0 && { reducers }) };
    const request = SubmitJob.parse({ program: { source }, input: { range: { end: tasks } }, options });
    const { job } = await running.grid.submitJob(request, null);
    return { id: job.id, task: (index: number, stage: StageName = "map") => taskIdOf(job.id, stage, index) };
  }

  const stateOf = async (id: JobId) => (await running.grid.getJob(id)).state;

  /** Makes the database refuse commits until it is let go. */
  async function hold() {
    const other = createClient({ url: store.databaseUrl });
    await other.execute("BEGIN IMMEDIATE");
    return async () => {
      await other.execute("ROLLBACK");
      other.close();
    };
  }

  it("[CO1] assigns at once, and answers a report when its facts are on the disk", async () => {
    const { task } = await submit({ tasks: 1 });
    const letGo = await hold();
    const joined = running.join("ada", { want: 1 });
    expect(running.given("ada")).toEqual([task(0)]);
    await letGo();
    await joined;

    const letGoAgain = await hold();
    const reported = running.report("ada", [output(task(0), "x\n")]);
    await until(() => running.ledger.refusal() !== null);
    expect(await settled(reported)).toBe(false);
    await letGoAgain();
    expect((await reported).answers).toEqual(["done"]);
    const crashed = await store.afterCrash();
    expect(await crashed.database.copy.count()).toBe(1);
    await crashed.database.$disconnect();
  });

  it("[CO21] takes nothing from a volunteer because the clock was set, and times leases as before", async () => {
    const { task } = await submit({ tasks: 1, quorum: 1 });
    await running.join("ada", { want: 1 });
    for (const byMs of [3_600_000, -7_200_000]) {
      running.jumpClock(byMs);
      running.wait(LIMITS.silenceMs / 4);
    }
    expect(running.said.filter(({ type }) => type === "revoke")).toEqual([]);
    running.wait(LIMITS.silenceMs / 2);
    const revoked = { type: "revoke", volunteerId: volunteerId("ada"), taskIds: [task(0)] };
    expect(running.said.at(-1)).toEqual(revoked);
  });

  it("[CO2] refuses reports and hellos while commits fail, so that nothing piles up, and loses no output by that", async () => {
    const { id, task } = await submit({ tasks: 1, quorum: 1 });
    await running.join("ada", { want: 1 });
    const letGo = await hold();
    const first = running.report("ada", [output(task(0), "x\n")]);
    await until(() => running.ledger.refusal() !== null);
    await expect(running.report("ada", [output(task(0), "x\n")])).rejects.toMatchObject({
      code: "overloaded",
    });
    await expect(running.join("bo")).rejects.toMatchObject({ code: "overloaded" });
    expect(await running.grid.whyNotReady()).toMatch(/^The database does not take commits/);
    await letGo();
    expect((await first).answers).toEqual(["done"]);
    expect((await running.report("ada", [output(task(0), "x\n")])).answers).toEqual(["done"]);
    expect(await stateOf(id)).toBe("completed");
  });

  it("[CO3] refuses submissions and cancellations while commits fail, and still shows what there is", async () => {
    const { id, task } = await submit({ tasks: 1, quorum: 1 });
    await running.join("ada", { want: 1 });
    const letGo = await hold();
    const first = running.report("ada", [output(task(0), "x\n")]);
    await until(() => running.ledger.refusal() !== null);
    await expect(submit()).rejects.toMatchObject({ code: "overloaded" });
    await expect(running.grid.cancelJob(id)).rejects.toMatchObject({ code: "overloaded" });
    expect((await running.grid.getJob(id)).id).toBe(id);
    expect((await running.grid.listJobs({ state: null, cursor: null, limit: 5 })).jobs).toHaveLength(1);
    await letGo();
    await first;
  });

  it("[CO4] says `done` to nobody the grid does not know", async () => {
    const { task } = await submit({ tasks: 1 });
    await expect(running.report("stranger", [output(task(0), "x\n")])).rejects.toMatchObject({
      code: "message-invalid",
    });
  });

  it("[CO5] takes no report whose connection has been replaced while its blocks were looked up", async () => {
    const { task } = await submit({ tasks: 1 });
    await running.join("ada", { want: 1 });
    const report = { outcomes: [output(task(0), "x\n")], want: 1 };
    const late = running.reports.reported(volunteerId("ada"), report, () => false);
    await expect(late).rejects.toMatchObject({ code: "session-replaced" });
    expect(await store.database.copy.count()).toBe(0);
  });

  it("[CO52] takes what came whole before what its tab says next, so that a goodbye right behind it loses nothing", async () => {
    const { id, task } = await submit({ tasks: 1, quorum: 1 });
    await running.join("ada", { want: 1 });
    let isCurrent = true;
    const report = { outcomes: [output(task(0), "1")], want: 0 };
    const answered = running.reports.reported(volunteerId("ada"), report, () => isCurrent);
    isCurrent = false;
    running.reports.gone(volunteerId("ada"), true);
    expect((await answered).answers).toEqual(["done"]);
    expect(await stateOf(id)).toBe("completed");
  });

  it("[CO53] takes the heartbeat that a report brings, and tells the pace with every answer that it gives while it has one", async () => {
    const { task } = await submit({ tasks: 2 });
    const { paceMs } = await running.join("ada", { want: 1 });
    expect(paceMs).toBeUndefined();
    running.coordinator.grid.paceMs = 2_000;
    const beat = { held: [task(0), task(1)], slotCount: 1, instanceCount: 0, instances: [] };
    const report = { outcomes: [], want: 0, beat };
    const receipt = await running.reports.reported(volunteerId("ada"), report, () => true);
    // The other one it was never given.
    expect(receipt).toEqual({ answers: [], dropped: [task(1)], paceMs: 2_000 });
    running.coordinator.grid.paceMs = 0;
    expect(await running.reports.beat(volunteerId("ada"), beat)).toEqual({ dropped: [task(1)] });
  });

  it("[CO6] puts a volunteer that left right after its hello out of the grid", async () => {
    const joining = running.join("ada", { want: 1 });
    running.reports.gone(volunteerId("ada"), true);
    await joining;
    expect(running.coordinator.grid.volunteers.size).toBe(0);
  });

  it("[CO7] lists the runs of each reducer from committed rows, leaving empty ones out", async () => {
    const { id, task } = await submit({ tasks: 2, quorum: 1, reducers: 2 });
    await running.join("ada", { want: 4 });
    await running.report("ada", [runOutput(task(0), "aa", ""), runOutput(task(1), "b", "c")]);
    await until(() => running.given("ada").length === 4);
    expect(running.given("ada").slice(2)).toEqual([task(0, "reduce"), task(1, "reduce")]);
    const [zero, one] = running.coordinator.jobs.get(id)?.manifests ?? [];
    const runs = async (digest: typeof zero) =>
      digest && readManifest(await running.runs.all.read(digest)).map((run) => run.map(String));
    expect(await runs(zero)).toEqual([["aa"], ["b"]]);
    expect(await runs(one)).toEqual([["c"]]);
  });

  it("[CO50] frees the runs of a job when it has ended, and keeps them until then", async () => {
    const { id, task } = await submit({ tasks: 1, quorum: 1, reducers: 1 });
    await running.join("ada", { want: 2 });
    const area = await running.runs.of(id);
    const digest = await area.write(Buffer.from("a large run"));
    const parts = [{ digest, bytes: 11, records: 1, partition: 0 }];
    const { answers } = await running.report("ada", [{ ...output(task(0)), parts }]);
    expect(answers).toEqual(["done"]);
    await until(() => running.given("ada").length === 2);
    expect(String(await running.runs.all.read(digest))).toBe("a large run");
    await running.report("ada", [output(task(0, "reduce"), "x\n")]);
    await until(async () => (await stateOf(id)) === "completed");
    await until(() => running.runs.size === 0);
    await expect(running.runs.all.read(digest)).rejects.toMatchObject({ code: "block-not-found" });
  });

  it("[CO51] asks for the bytes of a run before it accepts it: who uploaded one may leave", async () => {
    const { task } = await submit({ tasks: 1, quorum: 1, reducers: 1 });
    await running.join("ada", { want: 1 });
    const parts = [{ digest: digestOfText("in the tab"), bytes: 10, records: 1, partition: 0 }];
    const outcome = { ...output(task(0)), parts };
    expect((await running.report("ada", [outcome])).answers).toEqual(["upload"]);
    // As a block that is kept for ever, it would not count.
    await store.blocks.write(Buffer.from("in the tab"));
    expect((await running.report("ada", [outcome])).answers).toEqual(["upload"]);
    await (await running.runs.of(taskIdParts(task(0)).jobId)).write(Buffer.from("in the tab"));
    expect((await running.report("ada", [outcome])).answers).toEqual(["done"]);
  });

  it("[CO8] fails a job whose shuffle cannot be prepared, and says why", async () => {
    const { id, task } = await submit({ tasks: 1, quorum: 1, reducers: 1 });
    await running.join("ada", { want: 1 });
    await running.ledger.record([], []);
    await store.database.acceptance.create({ data: { ...acceptanceOf(id), partsJson: "broken" } });
    await running.report("ada", [runOutput(task(0), "a")]);
    await until(async () => (await stateOf(id)) === "failed");
    expect((await running.grid.getJob(id)).failure).toMatchObject({ code: "input-lost" });
  });

  it("[CO40] fails a job whose input is gone from the store, naming the block, and goes on with others", async () => {
    const submitText = async (text: string) => {
      const request = SubmitJob.parse({
        program: { source: MAP_ONLY },
        input: { text },
        options: { quorum: 1 },
      });
      return (await running.grid.submitJob(request, null)).job;
    };
    const lost = await submitText("lost");
    const other = await submitText("kept");
    const missing = openLostBlocks(running.coordinator, store.runs);
    missing(digestOfText("nothing of anybody"));
    await running.join("ada", { want: 2 });
    missing(digestOfText("lost"));
    await until(async () => (await stateOf(lost.id)) === "failed");
    expect((await running.grid.getJob(lost.id)).failure).toMatchObject({
      code: "input-lost",
      taskId: taskIdOf(lost.id, "map", 0),
      message: expect.stringContaining(`A part of the input, block ${digestOfText("lost")}, is not in`),
    });
    await running.report("ada", [output(taskIdOf(other.id, "map", 0), "a")]);
    missing(digestOfText("kept"));
    expect(await stateOf(other.id)).toBe("completed");
  });

  it("[CO9] cuts the time a tab says it took to what its job allows", async () => {
    const { id, task } = await submit({ tasks: 2, quorum: 1 });
    await running.join("ada", { want: 2 });
    const boasting = (index: number) => ({ ...output(task(index), "x\n"), elapsedMs: 1.7e308 });
    await running.report("ada", [boasting(0), boasting(1)]);
    expect(await stateOf(id)).toBe("completed");
    expect(await store.database.volunteer.findFirst()).toMatchObject({
      acceptedTasks: 2,
      computeMs: 600_000,
    });
    const [view] = running.roster.list(running.coordinator.grid);
    expect(view).toMatchObject({ acceptedTasks: 2, computeMs: 600_000 });
  });

  it("[CO10] passes on what a program logged, from those who hold the task only", async () => {
    const { id, task } = await submit({ tasks: 1 });
    await running.join("ada", { want: 1 });
    await running.join("mallory");
    const lines: string[] = [];
    const stop = await running.grid.watchJob(id, (event) => {
      if (event.type === "log") lines.push(event.log.line);
    });
    await running.report("mallory", [{ ...output(task(0), "x\n"), logs: ["spam"] }]);
    await running.report("ada", [{ ...output(task(0), "x\n"), logs: ["hello"] }]);
    stop();
    expect(lines).toEqual(["hello"]);
  });

  it("[CO11] shows what a volunteer earned before it came, once, however often it joins", async () => {
    const row = { id: volunteerId("ada"), createdAt: 1, lastSeenAt: 1, acceptedTasks: 7 };
    await store.database.volunteer.create({ data: row });
    await Promise.all([running.join("ada"), running.join("ada"), running.join("ada")]);
    await until(() => running.roster.list(running.coordinator.grid)[0]?.acceptedTasks === 7);
  });

  it("[CO17] pauses and resumes a job, again and again without harm, and keeps that on the disk", async () => {
    const { id, task } = await submit({ tasks: 2, quorum: 1 });
    await running.join("ada", { want: 1 });
    for (let time = 0; time < 2; time++) expect((await running.grid.pauseJob(id)).state).toBe("paused");
    expect(running.said.at(-1)).toMatchObject({ type: "revoke", taskIds: [task(0)] });
    const { state, startedAt } = await store.database.job.findUniqueOrThrow({ where: { id } });
    expect([state, startedAt]).toEqual(["paused", expect.any(Number)]);
    for (let time = 0; time < 2; time++) expect((await running.grid.resumeJob(id)).state).toBe("running");
    expect((await store.database.job.findUniqueOrThrow({ where: { id } })).state).toBe("running");
  });

  it("[CO18] refuses to pause or resume a job that has ended", async () => {
    const { id } = await submit();
    await running.grid.pauseJob(id);
    expect((await running.grid.cancelJob(id)).state).toBe("cancelled");
    for (const change of [running.grid.pauseJob, running.grid.resumeJob])
      await expect(change(id)).rejects.toMatchObject({ code: "job-ended" });
  });

  it("[CO20] changes a job's share of the computing time, and only while the job has not ended", async () => {
    const { id } = await submit({ tasks: 2, quorum: 1 });
    expect((await running.grid.changeJob(id, { priority: 3 })).options).toMatchObject({
      priority: 3,
      weight: 1,
    });
    await running.grid.changeJob(id, { weight: 7 });
    expect(running.coordinator.grid.jobs.get(id)?.share).toMatchObject({ priority: 3, weight: 7 });
    const { optionsJson } = await store.database.job.findUniqueOrThrow({ where: { id } });
    expect(JSON.parse(optionsJson)).toMatchObject({ priority: 3, weight: 7, quorum: 1 });
    await running.grid.cancelJob(id);
    await expect(running.grid.changeJob(id, { weight: 1 })).rejects.toMatchObject({ code: "job-ended" });
  });

  it("[CO12] completes an empty job at once, with an empty result", async () => {
    const { id } = await submit({ tasks: 0, reducers: 2 });
    expect(await running.grid.getJob(id)).toMatchObject({
      state: "completed",
      progress: 1,
      resultRecords: 0,
    });
    expect(running.coordinator.jobs.size).toBe(0);
  });

  it("[CO61] gives credit for an output of a copy that was taken back long ago, also to who was gone meanwhile", async () => {
    const { task } = await submit({ tasks: 2, quorum: 1 });
    await running.join("ada", { want: 1 });
    const ticket = running.ticketOf("ada", task(0));
    running.reports.gone(volunteerId("ada"), true);
    await running.join("bo", { want: 1 });
    await running.report("bo", [output(task(0), "x\n")]);
    running.wait(LIMITS.lateCopyMs - 1_000);
    await running.join("ada");
    const answer = { ...output(task(0), "x\n"), ticket };
    await running.report("ada", [answer, answer]);
    expect(await store.database.volunteer.findUnique({ where: { id: volunteerId("ada") } })).toMatchObject({
      acceptedTasks: 1,
      computeMs: 5,
    });
    expect(running.roster.list(running.coordinator.grid)).toContainEqual(
      expect.objectContaining({ id: volunteerId("ada"), acceptedTasks: 1, computeMs: 5 }),
    );
  });

  describe("started again on the database of one that was killed", () => {
    let crashed: TestStore | null = null;
    let restarted: TestCoordinator;

    async function restart() {
      crashed = await store.afterCrash();
      restarted = await openTestCoordinator(crashed);
    }

    afterEach(async () => {
      await restarted.close();
      await crashed?.database.$disconnect();
    });

    it("[CO13] takes up what was accepted, and the votes that were not decided", async () => {
      const { id, task } = await submit({ tasks: 3 });
      await running.join("ada", { want: 3 });
      await running.join("bo", { want: 1 });
      await running.report("ada", [output(task(0), "x\n"), output(task(1), "y\n")]);
      await running.report("bo", [output(task(0), "x\n")]);
      await restart();
      const job = restarted.coordinator.grid.jobs.get(id);
      expect(job?.life).toEqual(running.coordinator.grid.jobs.get(id)?.life);
      expect(job?.stages[0]?.accepted.size).toBe(1);
      await restarted.join("bo", { want: 3 });
      expect(restarted.given("bo").sort()).toEqual([task(1), task(2)]);
      await restarted.report("bo", [output(task(1), "y\n")]);
      expect(job?.stages[0]?.accepted.size).toBe(2);
    });

    it("[CO22] knows whom it believed, and puts right what a volunteer did alone that is caught only now", async () => {
      const { id, task } = await submit({ tasks: 12, maxErrorRate: 0.01 });
      for (const name of ["ada", "bo"]) await running.join(name, { want: 1 });
      for (let index = 0; index < 3; index++) {
        for (const name of ["ada", "bo"]) await running.report(name, [output(task(index), "x\n")], 1);
      }
      await running.report("ada", [output(task(3), "lie\n")], 1);
      expect((await running.grid.getJob(id)).trust).toMatchObject({ alone: 1, caught: 0 });
      await restart();
      const trust = async () => (await restarted.grid.getJob(id)).trust;
      expect(await trust()).toMatchObject({ alone: 1, caught: 0, copiesPerTask: 7 / 4 });

      await restarted.join("ada", { want: 0, held: [task(6)] });
      for (const name of ["cy", "bo", "di"]) await restarted.join(name, { want: 12 });
      for (const name of ["cy", "ada", "bo", "di"]) {
        const ticket = restarted.tickets.write(volunteerId(name), task(6), restarted.now());
        await restarted.report(name, [{ ...output(task(6), name === "ada" ? "lie\n" : "x\n"), ticket }]);
      }
      expect(await trust()).toMatchObject({ caught: 1 });
      for (const name of ["bo", "cy", "di"]) await restarted.report(name, [output(task(3), "x\n")]);
      expect(await trust()).toMatchObject({ rechecked: 1, corrected: 1 });
      const rows = await crashed?.database.acceptance.findMany({ where: { taskIndex: { in: [2, 3] } } });
      expect(rows?.map(({ partsJson }) => partsJson.includes("lie"))).toEqual([false, false]);
    });

    it("[KC12] knows whom it was checking: the answer gets its credit, once, over further crashes too, and nobody else's does", async () => {
      const { grid } = running.coordinator;
      grid.validatorFor = (...parts) => ({
        ...validatorFor(...parts),
        drawCheck: () => false,
        drawSpotCheck: (id) => id === volunteerId("cy"),
      });
      const { task } = await submit({ tasks: 12, maxErrorRate: 0.01 });
      for (const name of ["ada", "bo"]) await running.join(name, { want: 1 });
      for (let index = 0; index < 3; index++) {
        for (const name of ["ada", "bo"]) await running.report(name, [output(task(index), "x\n")], 1);
      }
      await running.join("cy", { want: 1 });
      const [check = task(11)] = running.given("cy");
      expect(taskIdParts(check).index).toBeLessThan(3);
      const earned = async (store: TestStore | null, name: string) =>
        (await store?.database.volunteer.findUnique({ where: { id: volunteerId(name) } }))?.acceptedTasks ??
        0;

      await restart();
      expect(await restarted.join("cy", { want: 0, held: [check] })).toMatchObject({ dropped: [] });
      await restarted.join("di", { want: 0 });
      for (const name of ["cy", "cy", "di"]) await restarted.report(name, [output(check, "x\n")]);
      expect([await earned(crashed, "cy"), await earned(crashed, "di")]).toEqual([1, 0]);

      const again = await crashed?.afterCrash();
      const last = again && (await openTestCoordinator(again));
      await last?.join("cy", { want: 0 });
      await last?.report("cy", [output(check, "x\n")]);
      expect(await earned(again ?? null, "cy")).toBe(1);
      await last?.close();
      await again?.database.$disconnect();
    });

    const earnedIn = async (of: TestStore | null, name: string) =>
      (await of?.database.volunteer.findUnique({ where: { id: volunteerId(name) } }))?.acceptedTasks ?? 0;

    it("[KC19] gives credit for what it was about to write down that it had handed out, once, and to nobody else", async () => {
      const { task } = await submit({ tasks: 2 });
      const held = task(0);
      for (const name of ["cy", "ada"]) await running.join(name, { want: 1 });
      running.reports.gone(volunteerId("cy"), true);
      await running.join("bo", { want: 1 });
      for (const name of ["ada", "bo"]) await running.report(name, [output(held, "x\n")]);
      const ticket = running.ticketOf("cy", held);
      crashed = await store.afterCrash();
      await crashed.database.copy.deleteMany({ where: { state: "lost" } });
      restarted = await openTestCoordinator(crashed);

      for (const name of ["cy", "di"]) await restarted.join(name);
      for (const name of ["di", "cy", "cy"])
        await restarted.report(name, [{ ...output(held, "x\n"), ticket }]);
      expect([await earnedIn(crashed, "cy"), await earnedIn(crashed, "di")]).toEqual([1, 0]);
      const again = await crashed.afterCrash();
      const last = await openTestCoordinator(again);
      await last.join("cy");
      await last.report("cy", [{ ...output(held, "x\n"), ticket }]);
      expect(await earnedIn(again, "cy")).toBe(1);
      await last.close();
      await again.database.$disconnect();
    });

    it("[KC21] goes on with what its tabs held when they show that they were given it, and gives others no say", async () => {
      const { id, task } = await submit({ tasks: 2, quorum: 1 });
      await running.join("ada", { want: 2 });
      const withThem = [0, 1].map((index) => running.ticketOf("ada", task(index)));
      await restart();
      const held = [task(0), task(1)];
      expect(await restarted.join("eve", { held, withThem })).toMatchObject({ dropped: held });
      await restarted.report("eve", [{ ...output(task(0), "lie\n"), ticket: withThem[0] ?? "" }]);
      expect(await restarted.join("ada", { held, withThem })).toMatchObject({ dropped: [] });
      await restarted.report("ada", [output(task(0), "x\n"), output(task(1), "x\n")]);
      expect(await restarted.grid.getJob(id)).toMatchObject({ state: "completed" });
      expect(await crashed?.database.copy.count({ where: { volunteerId: volunteerId("eve") } })).toBe(0);
    });

    it("[KC20] gives credit for what comes when the job has ended, if it is right, and takes one answer of each", async () => {
      const { id, task } = await submit({ tasks: 1, quorum: 1 });
      for (const name of ["ada", "bo", "cy"]) {
        await running.join(name, { want: 1 });
        running.wait(LIMITS.silenceMs);
      }
      const late = ["ada", "bo"].map((name) => ({ name, ticket: running.ticketOf(name, task(0)) }));
      await running.report("cy", [output(task(0), "x\n")]);
      expect(await stateOf(id)).toBe("completed");
      await restart();
      for (const { name, ticket } of late) {
        await restarted.join(name);
        const says = { ada: ["x\n", "x\n"], bo: ["y\n", "x\n"] }[name] ?? [];
        for (const text of says) await restarted.report(name, [{ ...output(task(0), text), ticket }]);
      }
      expect([await earnedIn(crashed, "ada"), await earnedIn(crashed, "bo")]).toEqual([1, 0]);
      const copies = await crashed?.database.copy.findMany({ orderBy: { leasedAt: "asc" } });
      expect(copies?.map(({ verdict }) => verdict)).toEqual(["valid", "late", "valid"]);
    });

    it("[KC18] knows what volunteers have shown in jobs that have ended, and nothing of who was caught", async () => {
      const { id, task } = await submit({ tasks: 20, maxErrorRate: 0.01 });
      const program = running.coordinator.jobs.get(id)?.record.program ?? null;
      const names = ["ada", "bo"];
      for (const name of [...names, "cy"]) await running.join(name, { want: 30 });
      const answers = Array.from({ length: 20 }, (_, index) => output(task(index), "x\n"));
      for (const name of [...names, ...names]) await running.report(name, answers, 30);
      expect(await stateOf(id)).toBe("completed");
      const shownIn = ({ coordinator }: typeof running) =>
        names.map((name) => coordinator.grid.records.of(program).get(volunteerId(name)) ?? 0);
      const before = shownIn(running);
      expect(Math.min(...before)).toBeGreaterThan(2);
      const lied = await submit({ quorum: 2, tasks: 1 });
      await running.report("ada", [output(lied.task(0), "lie\n")]);
      for (const name of ["bo", "cy"]) await running.report(name, [output(lied.task(0), "x\n")]);
      await restart();
      expect(shownIn(restarted)).toEqual([0, ...before.slice(1)]);
    });

    it("[CO19] keeps a paused job paused, and goes on with it when it is resumed", async () => {
      const { id, task } = await submit({ tasks: 2, quorum: 1 });
      await running.join("ada", { want: 2 });
      await running.report("ada", [output(task(0), "x\n")]);
      await running.grid.pauseJob(id);
      await restart();
      await restarted.join("bo", { want: 2, held: [task(1)] });
      expect(restarted.given("bo")).toEqual([]);
      expect(await restarted.grid.getJob(id)).toMatchObject({ state: "paused", progress: 0.5 });
      expect((await restarted.grid.listJobs({ state: "paused", cursor: null, limit: 5 })).jobs).toHaveLength(
        1,
      );
      await restarted.grid.resumeJob(id);
      expect(restarted.given("bo")).toEqual([task(1)]);
    });

    it("[CO21] goes on with the share that a job was given while it ran", async () => {
      const { id } = await submit({ tasks: 2, quorum: 1 });
      await running.grid.changeJob(id, { priority: -4, weight: 9 });
      await restart();
      expect((await restarted.grid.getJob(id)).options).toMatchObject({ priority: -4, weight: 9 });
      expect(restarted.coordinator.grid.jobs.get(id)?.share).toMatchObject({ priority: -4, weight: 9 });
    });

    it("[CO22] knows how many tasks it went on without, and what they failed with", async () => {
      const { id, task } = await submit({ tasks: 4, quorum: 1, onError: "collect" });
      await running.join("ada", { want: 4 });
      await running.report("ada", [
        errorOf(task(0), "no"),
        errorOf(task(2), "never"),
        output(task(1), "x\n"),
      ]);
      await restart();
      expect(restarted.coordinator.grid.jobs.get(id)?.stages[0]).toMatchObject({ skipped: 2 });
      const first = await restarted.grid.listErrors(id, { cursor: null, limit: 1 });
      expect(first.errors).toMatchObject([{ taskId: task(0), message: "no", record: 3 }]);
      const rest = await restarted.grid.listErrors(id, { cursor: first.nextCursor, limit: 1 });
      expect(rest).toMatchObject({ errors: [{ taskId: task(2), message: "never" }], nextCursor: null });
      await restarted.join("ada", { want: 4 });
      await restarted.report("ada", [output(task(3), "y\n")]);
      const job = await restarted.grid.getJob(id);
      expect(job).toMatchObject({
        state: "completed",
        resultRecords: 2,
        stages: [{ accepted: 4, skipped: 2 }],
      });
    });

    it("[CO14] prepares the shuffle again when that had not been done", async () => {
      const { task } = await submit({ tasks: 1, quorum: 1, reducers: 1 });
      await running.join("ada", { want: 1 });
      await running.report("ada", [runOutput(task(0), "a")]);
      await restart();
      await restarted.join("bo", { want: 1 });
      await until(() => restarted.given("bo").length === 1);
      expect(restarted.given("bo")).toEqual([task(0, "reduce")]);
    });

    it("[CO15] ends a job whose last acceptance was committed and whose end was not", async () => {
      const { id, task } = await submit({ tasks: 1, quorum: 1 });
      await running.join("ada", { want: 1 });
      await running.report("ada", [output(task(0), "a\n")]);
      await store.database.job.update({ where: { id }, data: { state: "running", endedAt: null } });
      await restart();
      expect((await restarted.grid.getJob(id)).state).toBe("completed");
      expect(restarted.coordinator.jobs.size).toBe(0);
    });

    it("[CO16] goes on to the same result, whichever commit was the last", async () => {
      const { id, task } = await submit({ tasks: 2, quorum: 2, reducers: 1 });
      const outputs: Record<TaskId, Outcome> = {
        [task(0)]: runOutput(task(0), "a"),
        [task(1)]: runOutput(task(1), "b"),
        [task(0, "reduce")]: output(task(0, "reduce"), "ab\n"),
      };
      const crashes: TestStore[] = [await store.afterCrash()];
      await runToTheEnd(running, async () => void crashes.push(await store.afterCrash()));
      expect(await stateOf(id)).toBe("completed");
      expect(crashes.length).toBeGreaterThan(6);

      for (const crash of crashes) {
        restarted = await openTestCoordinator(crash);
        await runToTheEnd(restarted);
        const job = await restarted.grid.getJob(id);
        expect(job).toMatchObject({ state: "completed", resultRecords: 1 });
        const rows = await crash.database.volunteer.findMany();
        const credit = rows.map(({ acceptedTasks }) => acceptedTasks);
        expect(credit).toEqual([3, 3]);
        await restarted.close();
        await crash.database.$disconnect();
      }

      /** Two volunteers that answer one task a report. */
      async function runToTheEnd(coordinator: TestCoordinator, afterCommit = async () => {}) {
        const names = ["ada", "bo"];
        const answered = new Map(names.map((name) => [name, 0]));
        const nextOf = (name: string) => coordinator.given(name)[answered.get(name) ?? 0];
        const hasEnded = () => coordinator.coordinator.jobs.size === 0;
        for (const name of names) await coordinator.join(name, { want: 8 });
        while (!hasEnded()) {
          await until(() => hasEnded() || names.some(nextOf));
          for (const name of names) {
            const next = nextOf(name);
            if (next === undefined) continue;
            answered.set(name, (answered.get(name) ?? 0) + 1);
            await coordinator.report(name, [outputs[next] ?? output(next, "")]);
            await afterCommit();
          }
        }
      }
    });
  });
});

function acceptanceOf(jobId: JobId) {
  const none = { digest: "", recordCount: 0, byteCount: 0, acceptedAt: 0 };
  return { jobId, stage: "map", taskIndex: 1, ...none };
}
