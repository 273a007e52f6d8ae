import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "../../testing/await";
import { errorOf, openTestCoordinator, output, type TestCoordinator } from "../../testing/open-coordinator";
import { openTestStore, type TestStore } from "../../testing/open-store";
import { taskIdParts, type TaskId } from "../../protocol/ids";
import { SubmitPipeline, type PipelineId, type PipelineView } from "../../protocol/pipeline";

const program = { source: "export function map(n, { emit }) { emit('n', n); }" };
const one = { items: [1] };

describe("a pipeline", () => {
  let store: TestStore;
  let running: TestCoordinator;
  const opened: { close(): Promise<void> }[] = [];

  async function open(on: TestStore): Promise<void> {
    store = on;
    running = await openTestCoordinator(on);
    opened.push(running);
    await running.grid.pipelines.restore();
    await running.join("ada", { want: 4 });
  }

  beforeEach(async () => open(await openTestStore()));
  afterEach(async () => {
    for (const part of opened.splice(0).reverse()) await part.close();
    await store.close();
  });

  const submit = async (steps: object[], key: string | null = null) => {
    const request = { name: "p", steps: steps.map((step) => ({ program, options: { quorum: 1 }, ...step })) };
    return (await running.grid.pipelines.submit(SubmitPipeline.parse(request), key)).pipeline;
  };
  const get = (id: PipelineId) => running.grid.pipelines.get(id);
  const step = (view: PipelineView, name: string) => view.steps.find((own) => own.name === name);

  /** The next task that `ada` is given, of the job that an iteration is. */
  async function taskOf(id: PipelineId, name: string, iteration = 1): Promise<TaskId> {
    let found: TaskId | undefined;
    await until(async () => {
      const jobId = step(await get(id), name)?.iterations[iteration - 1]?.jobId;
      found = running.given("ada").find((taskId) => taskIdParts(taskId).jobId === jobId);
      return found !== undefined;
    });
    if (!found) throw new Error(`${name} has no task`);
    return found;
  }

  const answer = async (id: PipelineId, name: string, value: number, iteration = 1) => {
    const text = `${JSON.stringify({ key: "n", value })}\n`;
    await running.report("ada", [output(await taskOf(id, name, iteration), text)], 1);
  };
  const hasState = (id: PipelineId, state: string) => until(async () => (await get(id)).state === state);

  it("[PI9] runs steps after those that they read, and hands results on as inputs and in configs", async () => {
    const { id } = await submit([
      { name: "last", input: { step: "first" }, config: { of: { $result: { step: "first", key: "n" } } } },
      { name: "first", input: one, keep: "/ada/first" },
    ]);
    expect(step(await get(id), "last")?.state).toBe("waiting");
    await answer(id, "first", 7);
    await answer(id, "last", 8);
    await hasState(id, "completed");
    const [last, first] = (await get(id)).steps;
    expect(first).toMatchObject({ state: "completed", endedBy: "once", keptVersion: 1 });
    const jobId = last?.resultJobId;
    const record = jobId && (await store.database.job.findUniqueOrThrow({ where: { id: jobId } }));
    expect(record && JSON.parse(record.configJson)).toEqual({ of: 7 });
    expect(record && JSON.parse(record.planJson)).toMatchObject({
      format: { type: "jsonl" },
      blocks: [{ records: 1 }],
    });
    await running.grid.pipelines.remove(id);
    await expect(get(id)).rejects.toMatchObject({ code: "pipeline-not-found" });
  });

  it("[PI18] marks the jobs that were made of a step's result which is corrected, by input or config, and those after them", async () => {
    const { id } = await submit([
      { name: "first", input: one },
      { name: "other", input: one },
      { name: "next", input: { step: "other" }, config: { of: { $result: { step: "first", key: "n" } } } },
      { name: "last", input: { step: "next" } },
    ]);
    for (const name of ["first", "other", "next", "last"]) await answer(id, name, 7);
    await hasState(id, "completed");
    const marked = ({ steps }: PipelineView) =>
      steps
        .filter(({ iterations }) => iterations.some(({ isOutdated }) => isOutdated))
        .map(({ name }) => name);
    const before = await get(id);
    expect(marked(before)).toEqual([]);
    const jobOf = (name: string) => {
      const jobId = step(before, name)?.resultJobId;
      if (!jobId) throw new Error(`${name} has no result`);
      return jobId;
    };
    // As a recheck writes it.
    const correctionJson = JSON.stringify({ at: running.now(), tasks: 1, unresolved: 0 });
    await store.database.job.update({ where: { id: jobOf("first") }, data: { correctionJson } });
    expect(marked(await get(id))).toEqual(["next", "last"]);
    const { pipelines } = await running.grid.pipelines.list({ before: null, limit: 5 });
    expect(pipelines.map(marked)).toEqual([["next", "last"]]);
    expect((await running.grid.getJob(jobOf("next"))).basedOn).toEqual([
      { jobId: jobOf("first"), use: "config", isOutdated: true },
      { jobId: jobOf("other"), use: "input", isOutdated: false },
    ]);
    await expect(running.grid.runAgain(jobOf("next"))).rejects.toMatchObject({ code: "wrong-order" });
    await expect(running.grid.runAgain(jobOf("other"))).rejects.toMatchObject({ code: "not-outdated" });
  });

  const halving = (maxIterations: number) => ({
    name: "halve",
    input: { step: "halve", first: one },
    repeat: { until: { key: "n", below: 2 }, maxIterations },
  });

  it("[PI10] repeats a step on its own result until the condition holds", async () => {
    const { id } = await submit([halving(9)]);
    for (const [at, value] of [8, 4, 1].entries()) await answer(id, "halve", value, at + 1);
    await hasState(id, "completed");
    const { steps, endedAt } = await get(id);
    expect(steps[0]?.iterations.map(({ value }) => value)).toEqual([8, 4, 1]);
    expect(steps[0]).toMatchObject({ endedBy: "condition", until: 'value of "n" below 2' });
    expect(endedAt).not.toBeNull();
    const { pipelines } = await running.grid.pipelines.list({ before: null, limit: 5 });
    expect(pipelines[0]?.steps[0]?.iterations).toMatchObject([{ number: 3, value: 1 }]);
  });

  it("[PI11] goes on after a crash at any moment, and submits nothing twice", async () => {
    const { id } = await submit([halving(9)]);
    for (const [at, value] of [8, 4, 1].entries()) {
      await answer(id, "halve", value, at + 1);
      const before = store;
      const copy = await store.afterCrash();
      opened.push({ close: () => before.close() });
      await open(copy);
    }
    await hasState(id, "completed");
    expect(step(await get(id), "halve")?.iterations).toHaveLength(3);
    expect(await store.database.job.count()).toBe(3);
  });

  it("[PI12] fails with the error of a job that fails, and says in which step and iteration", async () => {
    const { id } = await submit([{ ...halving(9) }, { name: "other", input: one }]);
    await answer(id, "halve", 8);
    const task = await taskOf(id, "halve", 2);
    await running.report("ada", [errorOf(task, "TypeError: n is not defined")], 1);
    for (const name of ["bob", "cy"]) {
      await running.join(name, { want: 1 });
      if (running.given(name).includes(task))
        await running.report(name, [errorOf(task, "TypeError: n is not defined")]);
    }
    await hasState(id, "failed");
    const { failure, steps } = await get(id);
    expect(failure).toMatchObject({ step: "halve", iteration: 2, code: "job-failed" });
    expect(failure?.message).toContain("TypeError: n is not defined");
    const other = steps[1]?.iterations[0]?.jobId;
    await until(
      async () =>
        other !== undefined && other !== null && (await running.grid.getJob(other)).state === "cancelled",
    );
  });

  it("[PI13] fails when a result has no such number, and ends what runs when it is cancelled", async () => {
    const wrong = { ...halving(9), repeat: { until: { key: "m", below: 2 }, maxIterations: 2 } };
    const { id } = await submit([wrong]);
    await answer(id, "halve", 8);
    await hasState(id, "failed");
    expect((await get(id)).failure).toMatchObject({ code: "no-value", iteration: 1 });

    const other = await submit([
      { name: "slow", input: one },
      { name: "then", input: { step: "slow" } },
    ]);
    await taskOf(other.id, "slow");
    expect(await running.grid.pipelines.cancel(other.id)).toMatchObject({ state: "cancelled" });
    const jobId = step(await get(other.id), "slow")?.iterations[0]?.jobId;
    await until(async () => !!jobId && (await running.grid.getJob(jobId)).state === "cancelled");
    await expect(running.grid.pipelines.cancel(other.id)).rejects.toMatchObject({ code: "pipeline-ended" });
  });

  it("[PI14] starts nothing while it is paused, and goes on when it is resumed", async () => {
    const { id } = await submit([
      { name: "a", input: one },
      { name: "b", input: { step: "a" } },
    ]);
    const task = await taskOf(id, "a");
    await running.grid.pipelines.pause(id);
    await running.report("ada", [output(task, '{"key":"n","value":1}\n')], 1);
    await until(async () => step(await get(id), "a")?.state === "completed");
    expect(step(await get(id), "b")?.iterations).toMatchObject([{ state: "starting", jobId: null }]);
    await running.grid.pipelines.resume(id);
    await answer(id, "b", 2);
    await hasState(id, "completed");
  });

  it("[PI15] is made once under a key, and refused when a step could never be a job", async () => {
    const steps = [{ name: "a", input: one }];
    expect((await submit(steps, "k")).id).toBe((await submit(steps, "k")).id);
    await expect(submit([{ name: "b", input: one }], "k")).rejects.toMatchObject({
      code: "idempotency-conflict",
    });
    const broken = submit([{ name: "a", input: one, program: { source: "export function map( {" } }]);
    await expect(broken).rejects.toMatchObject({
      code: "program-invalid",
      message: expect.stringContaining("steps.0.program: "),
    });
    const options = { quorum: 5, maxCopies: 2 };
    await expect(submit([{ name: "a", input: one, options }])).rejects.toThrow("steps.0.options.maxCopies");
  });

  /** Whose second step has these options, as a coordinator with other rules has stored it before this one was started. */
  async function storedBefore(options: object): Promise<PipelineId> {
    const steps = [
      { name: "a", input: one },
      { name: "b", input: { step: "a" } },
    ];
    const { id } = await submit(steps);
    const [a, b] = steps.map((own) => ({ program, options: { quorum: 1 }, ...own }));
    const spec = JSON.stringify({ name: "p", steps: [a, { ...b, options }] });
    const specDigest = await store.blocks.write(Buffer.from(spec));
    await store.database.pipeline.update({ where: { id }, data: { specDigest } });
    const before = store;
    const copy = await store.afterCrash();
    opened.push({ close: () => before.close() });
    await open(copy);
    await answer(id, "a", 1);
    return id;
  }

  it("[PI19] goes on after an upgrade though its options would be refused now, where they change nothing", async () => {
    const id = await storedBefore({ quorum: 1, sameEngine: true });
    await answer(id, "b", 2);
    await hasState(id, "completed");
  });

  it("[PI20] fails with the rule when a step was stored that can be no job any more", async () => {
    const id = await storedBefore({ quorum: 5, maxCopies: 2 });
    await hasState(id, "failed");
    const { failure } = await get(id);
    expect(failure).toMatchObject({ step: "b", iteration: 1, code: "refused" });
    expect(failure?.message).toContain("options.maxCopies: maxCopies must be at least quorum");
  });

  it("[PI21] is the same for its key after an upgrade, though its steps have an option more now", async () => {
    const steps = [{ program, options: { quorum: 1 }, name: "a", input: one }];
    const { id } = await submit(steps, "k");
    const without = (key: string, value: unknown) => (key === "onCorrection" ? undefined : value);
    const text = JSON.stringify(SubmitPipeline.parse({ name: "p", steps }), without);
    const requestDigest = createHash("sha256").update(text).digest("hex");
    await store.database.pipeline.update({ where: { id }, data: { requestDigest } });
    expect((await submit(steps, "k")).id).toBe(id);
  });
});
