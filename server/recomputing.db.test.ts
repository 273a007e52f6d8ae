/** What was made of a result that is corrected is computed again by itself. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { until } from "../testing/await";
import { errorOf, openTestCoordinator, output, type TestCoordinator } from "../testing/open-coordinator";
import { openTestStore, type TestStore } from "../testing/open-store";
import { DatasetPath } from "../protocol/dataset";
import { taskIdParts, type JobId } from "../protocol/ids";
import { SubmitJob } from "../protocol/job";
import { SubmitPipeline, type PipelineId } from "../protocol/pipeline";
import { log } from "./log";
import { openRecomputing } from "./recomputing";

const program = { source: "export const map = ({ value }, { emit }) => emit('n', value + 1);" };
const path = DatasetPath.parse("/ada/kept");

describe("what was made of a result that is corrected", () => {
  let store: TestStore;
  let running: TestCoordinator;
  /** What `ada` was given and has not answered. */
  let answered: Set<string>;
  const opened: { close(): Promise<void> }[] = [];

  async function open(on: TestStore): Promise<void> {
    store = on;
    running = await openTestCoordinator(on);
    opened.push(running);
    answered = new Set();
    await running.grid.pipelines.restore();
    await running.join("ada", { want: 8 });
  }

  beforeEach(async () => {
    for (const level of ["info", "warn"] as const) vi.spyOn(log, level).mockReturnValue();
    await open(await openTestStore());
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    for (const part of opened.splice(0).reverse()) await part.close();
    await store.close();
  });

  const look = () => running.grid.recomputing.look();
  const get = (id: JobId) => running.grid.getJob(id);
  const valueOf = async (id: JobId) => Number(/"value":(\d+)/.exec(await resultOf(id))?.[1]);

  async function resultOf(id: JobId): Promise<string> {
    const { signal } = new AbortController();
    let text = "";
    for await (const bytes of await running.grid.readResult(id, { follow: false, signal }))
      text += Buffer.from(bytes).toString();
    return text;
  }

  async function submit(input: object, changes: object = {}): Promise<JobId> {
    const options = { quorum: 1, ...changes };
    const request = SubmitJob.parse({ program, input, options, submitter: "ann" });
    return (await running.grid.submitJob(request, null)).job.id;
  }

  /** The number that a job reads, and in its config. */
  async function inputOf(id: JobId): Promise<number> {
    const record = running.coordinator.jobs.get(id)?.record;
    if (record?.plan.type !== "blocks") throw new Error(`${id} reads no blocks`);
    const [block] = record.plan.blocks;
    if (!block) throw new Error(`${id} reads nothing`);
    const area = (await running.blocks.has(block.digest)) ? running.blocks : store.datasetBlocks;
    const { value } = JSON.parse(Buffer.from(await area.read(block.digest)).toString()) as { value: number };
    const { add = 0 } = (record.config ?? {}) as { add?: number };
    return value + add;
  }

  /** Adds one to what each job that is under way reads. @param isWanted Of other jobs nothing is answered. */
  async function work(isWanted: (id: JobId) => boolean = () => true): Promise<void> {
    await look();
    for (const taskId of running.given("ada")) {
      const { jobId } = taskIdParts(taskId);
      if (answered.has(taskId) || !running.coordinator.jobs.has(jobId) || !isWanted(jobId)) continue;
      answered.add(taskId);
      const text = `${JSON.stringify({ key: "n", value: (await inputOf(jobId)) + 1 })}\n`;
      await running.report("ada", [output(taskId, text)], 1);
    }
    await running.ledger.record([], []);
    await look();
  }

  async function workUntil(condition: () => Promise<boolean>): Promise<void> {
    await until(async () => {
      await work();
      return condition();
    }, 15_000);
  }
  const isCompleted = (id: JobId) => async () => (await get(id)).state === "completed";

  async function completed(input: object, changes: object = {}): Promise<JobId> {
    const id = await submit(input, changes);
    await workUntil(isCompleted(id));
    return id;
  }

  /** As a recheck does: another result, and that it was corrected. */
  async function correct(id: JobId, value: number, times = 1): Promise<void> {
    const text = `${JSON.stringify({ key: "n", value })}\n`;
    const [{ parts } = { parts: [] }] = [output(`${id}/map/0` as never, text)];
    const before = await store.database.acceptance.findFirstOrThrow({ where: { jobId: id } });
    const [part] = JSON.parse(before.partsJson) as { text: string; bytes: number }[];
    const partsJson = JSON.stringify([{ ...part, ...parts[0], bytes: Buffer.byteLength(text) }]);
    const correctionJson = JSON.stringify({ at: running.now() + times, tasks: times, unresolved: 0 });
    await store.database.$transaction([
      store.database.acceptance.updateMany({ where: { jobId: id }, data: { partsJson } }),
      store.database.job.update({ where: { id }, data: { correctionJson } }),
    ]);
  }

  const replacementOf = async (id: JobId): Promise<JobId> => {
    const { replacedBy } = await get(id);
    if (!replacedBy) throw new Error(`${id} is not replaced`);
    return replacedBy;
  };
  const isReplaced = (id: JobId) => async () => {
    const { replacedBy } = await get(id);
    return replacedBy !== null && (await get(replacedBy)).state === "completed";
  };
  const one = { items: [{ value: 1 }] };

  it("[RM20] is run again from first to last, as the jobs that they were, and each says what takes its place", async () => {
    const a = await completed(one);
    const b = await completed({ result: a }, { priority: 2, weight: 5 });
    const c = await completed({ result: b });
    expect(await valueOf(c)).toBe(4);
    await correct(a, 10);
    await look();
    const anew = await get(await replacementOf(b));
    expect(anew).toMatchObject({ submitter: "ann", options: { priority: 2, weight: 5 }, repeats: b });
    expect((await get(c)).replacedBy).toBeNull();
    await workUntil(isReplaced(c));
    expect(await valueOf(await replacementOf(c))).toBe(12);
    expect((await get(await replacementOf(c))).basedOn).toMatchObject([
      { jobId: anew.id, isOutdated: false },
    ]);
    expect((await get(a)).replacedBy).toBeNull();
    const listed = (await running.grid.listJobs({ state: null, cursor: null, limit: 10 })).jobs;
    expect(listed).toHaveLength(5);
    expect(listed.find(({ id }) => id === b)?.replacedBy).toBe(anew.id);
    for (let times = 0; times < 3; times++) await look();
    expect(await store.database.job.count()).toBe(5);
  });

  it("[RM21] is run again once more when it is corrected once more, also while it runs", async () => {
    const a = await completed(one);
    const b = await completed({ result: a });
    await correct(a, 10);
    await look();
    const first = await replacementOf(b);
    await correct(a, 20, 2);
    await look();
    expect(await store.database.job.count()).toBe(3);
    await workUntil(async () => (await store.database.job.count()) === 4);
    await workUntil(isReplaced(b));
    expect(await replacementOf(b)).not.toBe(first);
    expect(await replacementOf(first)).toBe(await replacementOf(b));
    expect(await valueOf(await replacementOf(b))).toBe(21);
  });

  it("[RM22] is run again when it was under way while what it reads was corrected", async () => {
    const a = await completed(one);
    const b = await submit({ result: a });
    await correct(a, 10);
    await look();
    expect(await store.database.job.count()).toBe(2);
    await workUntil(isReplaced(b));
    expect((await get(b)).state).toBe("completed");
    expect([await valueOf(b), await valueOf(await replacementOf(b))]).toEqual([3, 11]);
  });

  it("[RM23] is run again once for a correction, though that fails, until somebody asks for it", async () => {
    const a = await completed(one);
    const b = await completed({ result: a });
    await correct(a, 10);
    await look();
    const failing = await replacementOf(b);
    const task = running.given("ada").find((taskId) => taskIdParts(taskId).jobId === failing);
    if (!task) throw new Error("nobody was given its task");
    await running.report("ada", [errorOf(task, "TypeError: no")], 1);
    for (const name of ["bo", "cy"]) {
      await running.join(name, { want: 1 });
      if (running.given(name).includes(task)) await running.report(name, [errorOf(task, "TypeError: no")]);
    }
    await until(async () => (await get(failing)).state === "failed");
    for (let times = 0; times < 3; times++) await look();
    expect(await store.database.job.count()).toBe(3);
    expect((await get(b)).replacedBy).toBeNull();
    expect((await running.grid.runAgain(b)).created).toBe(true);
    await workUntil(isReplaced(b));
    expect(await store.database.job.count()).toBe(4);
  });

  it("[RM24] is only marked when its options say so", async () => {
    const a = await completed(one);
    const b = await completed({ result: a }, { onCorrection: "mark" });
    await correct(a, 10);
    for (let times = 0; times < 3; times++) await look();
    expect(await get(b)).toMatchObject({ basedOn: [{ isOutdated: true }], replacedBy: null });
    expect(await store.database.job.count()).toBe(2);
  });

  it("[RM25] is kept again as a new version of its dataset, and jobs that read the old one read that", async () => {
    const a = await completed(one);
    await running.grid.keepResult(a, path);
    const d = await completed({ dataset: path });
    const e = await completed({ result: d });
    await correct(a, 10);
    await workUntil(isReplaced(e));
    const anew = await replacementOf(d);
    expect((await store.datasets.view(path)).latest).toMatchObject({
      version: 2,
      keptFrom: { jobId: a, isOutdated: false },
    });
    expect((await get(anew)).basedOn).toEqual([{ jobId: a, use: "dataset", isOutdated: false }]);
    expect([await valueOf(anew), await valueOf(await replacementOf(e))]).toEqual([11, 12]);
    expect(await store.database.datasetVersion.count({ where: { state: "complete" } })).toBe(2);
  });

  it("[RM26] goes on wherever the coordinator was killed, and nothing is made twice", async () => {
    const a = await completed(one);
    const b = await completed({ result: a });
    await running.grid.keepResult(b, path);
    const c = await completed({ dataset: path });
    await correct(a, 10);
    /** Before anything, then after each step. */
    for (let kills = 0; kills < 8 && !(await isReplaced(c)()); kills++) {
      const before = store;
      const crashed = await store.afterCrash();
      opened.push({ close: () => before.close() });
      await open(crashed);
      if (kills % 2 === 0) await look();
      else await work();
    }
    await workUntil(isReplaced(c));
    expect(await valueOf(await replacementOf(c))).toBe(12);
    expect(await store.database.job.count()).toBe(5);
    expect(await store.database.datasetVersion.count({ where: { state: "complete" } })).toBe(2);
  });

  it("[RM27] begins once, though the coordinator is killed between two writes", async () => {
    const a = await completed(one);
    const b = await completed({ result: a });
    await correct(a, 10);
    // Stored, and killed before anything of it was begun.
    const begun = vi.spyOn(running.coordinator, "dispatch").mockImplementation(() => {
      throw new Error("killed");
    });
    vi.spyOn(log, "error").mockReturnValue();
    await look();
    begun.mockRestore();
    expect(await store.database.job.count()).toBe(3);
    const before = store;
    const crashed = await store.afterCrash();
    opened.push({ close: () => before.close() });
    await open(crashed);
    await workUntil(isReplaced(b));
    expect(await store.database.job.count()).toBe(3);
  });

  describe("in a pipeline", () => {
    const pipe = async (steps: object[]): Promise<PipelineId> => {
      const request = { name: "p", submitter: "ann" };
      const all = steps.map((step) => ({ program, options: { quorum: 1 }, ...step }));
      const { pipeline } = await running.grid.pipelines.submit(
        SubmitPipeline.parse({ ...request, steps: all }),
        null,
      );
      await workUntil(async () => (await view(pipeline.id)).state === "completed");
      return pipeline.id;
    };
    const view = (id: PipelineId) => running.grid.pipelines.get(id);
    const jobOf = async (id: PipelineId, name: string): Promise<JobId> => {
      const jobId = (await view(id)).steps.find((step) => step.name === name)?.resultJobId;
      if (!jobId) throw new Error(`${name} of ${id} has no result`);
      return jobId;
    };
    const pipelineIsReplaced = (id: PipelineId) => async () => {
      const { replacedBy } = await view(id);
      return replacedBy !== null && (await view(replacedBy)).state === "completed";
    };
    const STEPS = [
      { name: "first", input: one },
      { name: "other", input: one },
      { name: "next", input: { step: "other" }, config: { add: { $result: { step: "first", key: "n" } } } },
      { name: "last", input: { step: "next" }, keep: path },
    ];

    it("[RM28] is computed again from the first step that is outdated, with the jobs that are not, and what read it follows", async () => {
      const id = await pipe(STEPS);
      const [first, other, next, last] = await Promise.all(STEPS.map(({ name }) => jobOf(id, name)));
      if (!first || !last || !next) throw new Error("the pipeline has no jobs");
      const reader = await completed({ dataset: path });
      const straight = await completed({ result: last });
      expect(await valueOf(last)).toBe(6);
      await correct(first, 10);
      await workUntil(pipelineIsReplaced(id));
      const anew = (await view(id)).replacedBy;
      if (!anew) throw new Error("the pipeline is not replaced");
      expect(await view(anew)).toMatchObject({ repeats: id, replacedBy: null, submitter: "ann", name: "p" });
      expect([await jobOf(anew, "first"), await jobOf(anew, "other")]).toEqual([first, other]);
      expect(await valueOf(await jobOf(anew, "last"))).toBe(14);
      expect((await get(await jobOf(anew, "next"))).repeats).toBe(next);
      expect((await get(next)).replacedBy).toBe(await jobOf(anew, "next"));
      await workUntil(isReplaced(reader));
      await workUntil(isReplaced(straight));
      expect(await valueOf(await replacementOf(reader))).toBe(15);
      expect(await valueOf(await replacementOf(straight))).toBe(15);
      expect((await store.datasets.view(path)).latest.version).toBe(2);
      expect(await store.database.pipeline.count()).toBe(2);
      await expect(running.grid.pipelines.remove(anew)).rejects.toMatchObject({ code: "wrong-order" });
    });

    it("[RM29] is computed again on what takes the place of results and datasets that it reads, after these, though the coordinator is killed", async () => {
      const a = await completed(one);
      const b = await completed({ result: a });
      await running.grid.keepResult(a, path);
      const id = await pipe([
        { name: "left", input: { result: b } },
        { name: "right", input: { dataset: path } },
      ]);
      await correct(a, 10);
      for (let kills = 0; kills < 5; kills++) {
        const before = store;
        const crashed = await store.afterCrash();
        opened.push({ close: () => before.close() });
        await open(crashed);
        if (kills % 2 === 0) await look();
        else await work();
      }
      await workUntil(pipelineIsReplaced(id));
      const anew = (await view(id)).replacedBy;
      if (!anew) throw new Error("the pipeline is not replaced");
      expect(await valueOf(await jobOf(anew, "left"))).toBe(12);
      expect(await valueOf(await jobOf(anew, "right"))).toBe(11);
      expect(await store.database.pipeline.count()).toBe(2);
      expect(await store.database.job.count()).toBe(7);
    });

    it("[RM30] has a condition look again at the number of an iteration that is corrected, and goes on from there", async () => {
      const id = await pipe([
        {
          name: "up",
          input: { step: "up", first: one },
          repeat: { until: { key: "n", atLeast: 4 }, maxIterations: 9 },
        },
      ]);
      const numbers = async (of: PipelineId) =>
        (await view(of)).steps[0]?.iterations.map(({ value }) => value);
      expect(await numbers(id)).toEqual([2, 3, 4]);
      await correct(await jobOf(id, "up"), 1);
      await workUntil(pipelineIsReplaced(id));
      const anew = (await view(id)).replacedBy;
      expect(anew && (await numbers(anew))).toEqual([2, 3, 1, 2, 3, 4]);
    });
  });
});

it("[RM33] is looked for once for all that ends within a while, of two seconds or ten times as long as a look took", async () => {
  vi.useFakeTimers();
  try {
    const looks: number[] = [];
    const began = performance.now();
    let tookMs = 500;
    const database = {
      async $queryRawUnsafe() {
        looks.push(performance.now() - began);
        await new Promise((resolve) => setTimeout(resolve, tookMs));
        return [];
      },
    };
    const recomputing = openRecomputing({ database } as never);
    const ends = async (count: number) => {
      for (let times = 0; times < count; times++) {
        recomputing.lookSoon();
        await vi.advanceTimersByTimeAsync(100);
      }
    };
    await ends(100);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(looks).toEqual([0, 5_500, 11_000]);
    tookMs = 1;
    await ends(5);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(looks.slice(3)).toEqual([20_000, 22_001]);
    await recomputing.close();
  } finally {
    vi.useRealTimers();
  }
});
