/** A volunteer is caught: what rests on it, in jobs that run and in completed ones, is computed again. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { volunteerId } from "../testing/facts";
import { openTestCoordinator, output, runOutput, type TestCoordinator } from "../testing/open-coordinator";
import { openTestStore, type TestStore } from "../testing/open-store";
import { taskIdParts, type JobId, type TaskId } from "../protocol/ids";
import { DatasetPath } from "../protocol/dataset";
import { SubmitJob } from "../protocol/job";
import { readManifest } from "../protocol/runs/manifest";
import type { Outcome } from "../protocol/task";
import { LIMITS } from "../protocol/limits";
import { Changes } from "./changes";
import { readResult } from "./read-result";
import { log } from "./log";

const TASKS = 40;
const REDUCERS = 2;
const SOURCE =
  "export function map(n) { return n; } export function reduce(key, values) { return values[0]; }";
const CROWD = ["ada", "bo", "cy", "di"];

type Liar = (taskId: TaskId) => boolean;
const nobody: Liar = () => false;

const MIB = 1024 * 1024;
const COMBINING = `export const map = (n) => n; export const combine = (key, values) => values[0];
  export const reduce = combine;`;

describe("what rests on a volunteer that is caught", () => {
  let store: TestStore;
  let running: TestCoordinator;
  /** How many of the tasks that each was given have been answered. */
  let known: Map<string, number>;
  /** Tasks that nobody gets round to, and those that were put off for it. */
  let isPutOff: Liar;
  let putOff: Map<string, TaskId[]>;
  /** The job whose maps all have a large run for its first reducer. */
  let heavy: JobId | null;

  beforeEach(async () => {
    for (const level of ["info", "warn"] as const) vi.spyOn(log, level).mockReturnValue();
    store = await openTestStore();
    running = await openTestCoordinator(store);
    known = new Map();
    [isPutOff, putOff, heavy] = [nobody, new Map(), null];
  });

  afterEach(async () => {
    await running.close();
    await store.close();
    vi.restoreAllMocks();
  });

  async function submit(changes: object, tasks = TASKS, source = SOURCE) {
    const request = SubmitJob.parse({
      program: { source },
      input: { range: { end: tasks } },
      options: changes,
    });
    return (await running.grid.submitJob(request, null)).job.id;
  }

  /** Of a job that reads the result of another, and has no reducers. */
  const isReader = (id: JobId) => running.coordinator.jobs.get(id)?.spec.reducers === 0;
  async function inputText(id: JobId): Promise<string> {
    const plan = running.coordinator.jobs.get(id)?.record.plan;
    if (plan?.type !== "blocks") throw new Error(`${id} reads no blocks`);
    const read = plan.blocks.map(async ({ digest }) =>
      (await running.blocks.has(digest)) ? running.blocks.read(digest) : store.datasetBlocks.read(digest),
    );
    return Buffer.concat(await Promise.all(read)).toString();
  }

  /** What an honest volunteer answers: a map task its number, a reducer what it reads, a job without one its input. */
  async function honest(taskId: TaskId): Promise<string[]> {
    const { jobId, stage, index } = taskIdParts(taskId);
    const job = running.coordinator.jobs.get(jobId);
    if (isReader(jobId)) return [await inputText(jobId)];
    if (stage === "map") {
      const reducers = Math.max(1, job?.spec.reducers ?? 1);
      return Array.from({ length: reducers }, (_, place) => (index % reducers === place ? `${index}\n` : ""));
    }
    const manifest = (stage === "merge" ? job?.pieceManifests : job?.manifests)?.[index];
    if (!manifest) throw new Error(`${taskId} has no manifest`);
    const area = await running.runs.of(jobId);
    let text = "";
    for (const run of readManifest(await area.read(manifest)).flat())
      text += Buffer.from("digest" in run ? await area.read(run.digest) : run).toString();
    return [text];
  }

  /** Large runs say that they are. */
  async function heavyOutcome(taskId: TaskId, text: string): Promise<Outcome> {
    const { jobId, stage } = taskIdParts(taskId);
    if (stage === "reduce") return output(taskId, text);
    const digest = await (await running.runs.of(jobId)).write(Buffer.from(text));
    return { ...output(taskId), parts: [{ digest, bytes: MIB, records: 1 }] };
  }

  async function outcomeOf(taskId: TaskId, isLie: boolean): Promise<Outcome> {
    const { jobId, stage } = taskIdParts(taskId);
    const right = await honest(taskId);
    const said = isLie ? right.map(() => "lie\n") : right;
    if (jobId === heavy) return heavyOutcome(taskId, said.join(""));
    return (stage === "map" && !isReader(jobId) ? runOutput : output)(taskId, ...said);
  }

  /** All answer what they were given and have not answered yet. @returns False when nobody had anything to do. */
  async function round(lies: Liar): Promise<boolean> {
    let isBusy = false;
    for (const name of CROWD) {
      const given = [...(putOff.get(name) ?? []), ...running.given(name).slice(known.get(name) ?? 0)];
      known.set(name, running.given(name).length);
      putOff.set(name, given.filter(isPutOff));
      const held = given.filter(
        (taskId) => !isPutOff(taskId) && running.coordinator.jobs.has(taskIdParts(taskId).jobId),
      );
      const outcomes = [];
      for (const taskId of held) outcomes.push(await outcomeOf(taskId, name === "ada" && lies(taskId)));
      isBusy ||= outcomes.length > 0;
      if (outcomes.length > 0) await running.report(name, outcomes, outcomes.length);
    }
    return isBusy;
  }

  async function workUntil(isDone: () => Promise<boolean>, lies: Liar = nobody): Promise<void> {
    for (let idle = 0; !(await isDone());) {
      idle = (await round(lies)) ? 0 : idle + 1;
      if (idle > 2_000) throw new Error("Nothing more happens");
      await running.ledger.record([], []);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  const isCompleted = (id: JobId) => async () => (await running.grid.getJob(id)).state === "completed";
  const isLookedAt = (id: JobId) => async () => {
    const { corrected, rechecking } = await running.grid.getJob(id);
    return corrected !== null && rechecking === null && !running.coordinator.grid.jobs.has(id);
  };

  async function resultOf(id: JobId): Promise<string> {
    const { signal } = new AbortController();
    let text = "";
    for await (const bytes of await running.grid.readResult(id, { follow: false, signal }))
      text += Buffer.from(bytes).toString();
    return text;
  }

  const right = [0, 1]
    .map((parity) => Array.from({ length: TASKS / 2 }, (_, n) => `${2 * n + parity}\n`).join(""))
    .join("");

  /** A completed job with two wrong outputs that nobody compared. */
  async function believeLies(): Promise<JobId> {
    for (const name of CROWD) await running.join(name, { want: 2 });
    const id = await submit({ maxErrorRate: 0.1, reducers: REDUCERS });
    let lies = 0;
    // Once it has shown enough, and then seldom.
    await workUntil(isCompleted(id), (taskId) => {
      const { stage, index } = taskIdParts(taskId);
      return stage === "map" && index > 24 && lies++ < 2;
    });
    expect(await resultOf(id)).toContain("lie");
    return id;
  }

  /** Ada contradicts two others, in a job that compares everything; until the job that rests on her is looked at again. */
  async function catchAda(id: JobId): Promise<void> {
    const other = await submit({ quorum: 2, reducers: REDUCERS }, 6);
    const isOver = isCompleted(other);
    await workUntil(
      async () => running.coordinator.grid.jobs.has(id) || (await isOver()),
      () => true,
    );
    await running.ledger.record([], []);
  }

  it("[RK1] is put right in a completed job in one step, with what was made of it, and the job says so", async () => {
    const id = await believeLies();
    const before = await running.grid.getJob(id);
    const wrong = await resultOf(id);
    await catchAda(id);
    expect(running.coordinator.grid.jobs.has(id)).toBe(true);
    const meanwhile = await running.grid.getJob(id);
    expect(meanwhile).toMatchObject({ state: "completed", endedAt: before.endedAt, corrected: null });
    expect(meanwhile.rechecking).toBeGreaterThan(0);
    expect(await resultOf(id)).toBe(wrong);

    await workUntil(isLookedAt(id));
    expect(await resultOf(id)).toBe(right);
    const after = await running.grid.getJob(id);
    expect(after).toMatchObject({ state: "completed", endedAt: before.endedAt, rechecking: null });
    // Two map tasks, and the reducers that read them.
    expect(after.corrected?.tasks).toBeGreaterThanOrEqual(3);
    expect(after.corrected).toMatchObject({ unresolved: 0 });
    const { tasks } = await running.grid.listTasks(id, { stage: null, cursor: null, limit: 1000 });
    const retracted = tasks.flatMap(({ copies }) => copies).filter(({ verdict }) => verdict === "invalid");
    expect(retracted.map((copy) => copy.volunteerId)).toContain(volunteerId("ada"));
    expect(await store.database.recheck.count({ where: { isDone: false } })).toBe(0);
  });

  /** What is made of a result: its records, as they are. */
  const onResult = (result: JobId, onCorrection = "recompute") =>
    SubmitJob.parse({
      program: { source: "export const map = ({ value }, { emit }) => emit('read', value);" },
      input: { result },
      options: { quorum: 1, onCorrection },
    });

  /** Completed by somebody who tells the truth. */
  async function readIt(result: JobId, onCorrection?: string): Promise<JobId> {
    const { id } = (await running.grid.submitJob(onResult(result, onCorrection), null)).job;
    await workUntil(isCompleted(id));
    return id;
  }
  const inputOf = async (id: JobId) => (await running.grid.getJob(id)).basedOn;

  it("[RK13] only marks what was made of a result that is corrected, however far on, when that is wanted, and runs it again when it is asked for", async () => {
    const source = await believeLies();
    const wrong = await resultOf(source);
    const reader = await readIt(source, "mark");
    const next = await readIt(reader, "mark");
    const kept = await running.grid.keepResult(source, DatasetPath.parse("/ada/kept"));
    expect(kept.keptFrom).toEqual({ jobId: source, isOutdated: false });
    expect(await inputOf(reader)).toEqual([{ jobId: source, use: "input", isOutdated: false }]);
    expect(await resultOf(reader)).toBe(wrong);
    await expect(running.grid.runAgain(reader)).rejects.toMatchObject({ code: "not-outdated" });

    await catchAda(source);
    await workUntil(isLookedAt(source));
    const listed = (await running.grid.listJobs({ state: null, cursor: null, limit: 10 })).jobs;
    for (const [id, jobId] of [
      [reader, source],
      [next, reader],
    ] as const) {
      expect(await inputOf(id)).toEqual([{ jobId, use: "input", isOutdated: true }]);
      expect(listed.find((job) => job.id === id)?.basedOn).toMatchObject([{ isOutdated: true }]);
    }
    expect(await store.database.job.count({ where: { repeats: { not: null } } })).toBe(0);
    const version = await store.datasets.viewVersion(kept.path, kept.version);
    expect(version.keptFrom).toEqual({ jobId: source, isOutdated: true });
    // What it reads is not right yet.
    await expect(running.grid.runAgain(next)).rejects.toMatchObject({ code: "wrong-order" });

    const [again, twice] = await Promise.all([running.grid.runAgain(reader), running.grid.runAgain(reader)]);
    expect(twice.job.id).toBe(again.job.id);
    expect([again.created, twice.created].toSorted()).toEqual([false, true]);
    expect(again.job).toMatchObject({
      repeats: reader,
      basedOn: [{ jobId: source, use: "input", isOutdated: false }],
    });
    await workUntil(isCompleted(again.job.id));
    expect(await resultOf(again.job.id)).toBe(right);
    expect(await running.grid.runAgain(reader)).toMatchObject({ job: { id: again.job.id }, created: false });

    const last = (await running.grid.runAgain(next)).job;
    expect(last.basedOn).toEqual([{ jobId: again.job.id, use: "input", isOutdated: false }]);
    await workUntil(isCompleted(last.id));
    expect(await resultOf(last.id)).toBe(right);
  });

  it("[RK14] computes by itself what was made of a result that is corrected: the version that it was kept as, and the jobs after it", async () => {
    const source = await believeLies();
    const path = DatasetPath.parse("/ada/kept");
    await running.grid.keepResult(source, path);
    const request = { ...onResult(source), input: { dataset: path } };
    const { id } = (await running.grid.submitJob(SubmitJob.parse(request), null)).job;
    await workUntil(isCompleted(id));
    const next = await readIt(id);
    expect(await resultOf(next)).toContain("lie");
    await catchAda(source);
    await workUntil(async () => {
      const { replacedBy } = await running.grid.getJob(next);
      return replacedBy !== null && (await running.grid.getJob(replacedBy)).state === "completed";
    });
    expect(await inputOf(id)).toEqual([{ jobId: source, use: "dataset", isOutdated: true }]);
    const { replacedBy: anew } = await running.grid.getJob(id);
    const { replacedBy: last } = await running.grid.getJob(next);
    if (!anew || !last) throw new Error("nothing takes their places");
    expect(await running.grid.getJob(last)).toMatchObject({ repeats: next, basedOn: [{ jobId: anew }] });
    expect(await inputOf(anew)).toEqual([{ jobId: source, use: "dataset", isOutdated: false }]);
    expect((await store.datasets.view(path)).latest).toMatchObject({
      version: 2,
      keptFrom: { jobId: source, isOutdated: false },
    });
    expect([await resultOf(anew), await resultOf(last)]).toEqual([right, right]);
    expect(await store.database.job.count({ where: { repeats: { not: null } } })).toBe(2);
  });

  it("[RK2] is put right though the coordinator is killed again and again meanwhile", async () => {
    const id = await believeLies();
    await catchAda(id);
    expect(running.coordinator.grid.jobs.has(id)).toBe(true);
    for (let kills = 0; kills < 4 && !(await isLookedAt(id)()); kills++) {
      await round(nobody);
      await running.ledger.record([], []);
      const crashed = await store.afterCrash();
      await running.close();
      store = crashed;
      running = await openTestCoordinator(store);
      known = new Map();
      for (const name of CROWD) await running.join(name, { want: 2 });
    }
    await workUntil(isLookedAt(id));
    expect(await resultOf(id)).toBe(right);
  });

  it("[RK3] is left as it was, and the job says so, when its inputs are not stored any more", async () => {
    const id = await believeLies();
    const wrong = await resultOf(id);
    vi.spyOn(running.blocks, "has").mockResolvedValue(false);
    await catchAda(id);
    await workUntil(isLookedAt(id));
    expect((await running.grid.getJob(id)).corrected).toMatchObject({ tasks: 0 });
    expect((await running.grid.getJob(id)).corrected?.unresolved).toBeGreaterThan(0);
    expect(await resultOf(id)).toBe(wrong);
  });

  it("[RK4] is left alone when the job was completed longer ago than the window", async () => {
    const id = await believeLies();
    running.wait(LIMITS.recheckWindowMs + 1);
    for (const name of CROWD) await running.join(name, { want: 2 });
    await catchAda(id);
    await running.coordinator.rechecks.caught(volunteerId("ada"), running.now());
    expect(running.coordinator.grid.jobs.has(id)).toBe(false);
    expect((await running.grid.getJob(id)).corrected).toBeNull();
  });

  it("[MS9] is put right in a job whose heavy partition was merged: its maps, the pieces that read them, and the reducer", async () => {
    for (const name of CROWD) await running.join(name, { want: 4 });
    const id = await submit({ maxErrorRate: 0.1, reducers: REDUCERS }, TASKS, COMBINING);
    heavy = id;
    // So that she is caught when all pieces are merged, and while their runs are still there.
    isPutOff = (taskId) => taskId.includes(id) && taskIdParts(taskId).stage === "reduce";
    const told = { map: 0, merge: 0 };
    const stageOf = async (name: string) =>
      (await running.grid.getJob(id)).stages.find((stage) => stage.name === name);
    await workUntil(
      async () => (await stageOf("merge"))?.state === "completed",
      (taskId) => {
        const { stage, index } = taskIdParts(taskId);
        if (stage === "map") return index > 24 && told.map++ < 2;
        return stage === "merge" && told.merge++ < 1;
      },
    );
    expect(told.map).toBeGreaterThan(1);
    expect(told.merge).toBeGreaterThan(0);
    expect((await stageOf("merge"))?.accepted).toBeGreaterThan(8);
    const other = await submit({ quorum: 2, reducers: REDUCERS }, 6);
    await workUntil(isCompleted(other), () => true);
    expect(await store.database.catch.count()).toBe(1);
    isPutOff = nobody;
    await workUntil(isCompleted(id));
    // The second reducer gets nothing.
    expect(await resultOf(id)).toBe(Array.from({ length: TASKS }, (_, n) => `${n}\n`).join(""));
    // Two maps and a piece. Those that read the maps were made anew as well, or their lines would be missing.
    const { trust } = await running.grid.getJob(id);
    expect(trust?.corrected).toBeGreaterThanOrEqual(3);
    const { tasks } = await running.grid.listTasks(id, { stage: null, cursor: null, limit: 1000 });
    const retracted = tasks.filter(({ copies }) => copies.some(({ verdict }) => verdict === "invalid"));
    expect(new Set(retracted.map(({ stage }) => stage))).toEqual(new Set(["map", "merge"]));
  });

  it("[RK5] ends a read of the result that would be half of the old and half of the new one", async () => {
    const id = await believeLies();
    const { signal } = new AbortController();
    const editions = ["the first"];
    const edition = () => Promise.resolve(editions.shift() ?? "the second");
    const source = { ...store, changes: new Changes(), hasEnded: () => true, isProvisional: true, edition };
    const reading = readResult(
      source,
      { jobId: id, stage: "reduce" },
      () => Promise.resolve(REDUCERS),
      signal,
    );
    await expect(reading.next()).rejects.toMatchObject({ code: "result-changed" });
  });
});
