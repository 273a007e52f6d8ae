/** A partition much heavier than the others, from the maps to the result: what is merged, what is read, and what survives a crash. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StoredPart } from "../core/task";
import { taskIdOf, taskIdParts, type JobId, type TaskId } from "../protocol/ids";
import { SubmitJob } from "../protocol/job";
import { readManifest } from "../protocol/runs/manifest";
import type { Outcome } from "../protocol/task";
import { openTestCoordinator, output, type TestCoordinator } from "../testing/open-coordinator";
import { openTestStore, type TestStore } from "../testing/open-store";

const MAPS = 8;
const MIB = 1024 * 1024;
const SOURCE = `export const map = (n) => n; export const combine = (key, values) => values[0];
  export const reduce = combine;`;

describe("a heavy partition", () => {
  let store: TestStore;
  let running: TestCoordinator;

  beforeEach(async () => {
    store = await openTestStore();
    running = await openTestCoordinator(store);
  });

  afterEach(async () => {
    await running.close();
    await store.close();
  });

  async function submit(options: object = {}, source = SOURCE): Promise<JobId> {
    const request = SubmitJob.parse({
      program: { source },
      input: { range: { end: MAPS } },
      options: { quorum: 1, reducers: 2, ...options },
    });
    return (await running.grid.submitJob(request, null)).job.id;
  }

  /** A run that says it is large. The text names what it stands for. */
  async function largeRun(on: TestCoordinator, id: JobId, text: string, partition: number, bytes: number) {
    const digest = await (await on.runs.of(id)).write(Buffer.from(text));
    return { digest, bytes, records: 1, ...(partition > 0 && { partition }) } satisfies StoredPart;
  }

  /** What a tab would answer: maps give their number, merges and reducers what they read, in order. */
  async function answer(on: TestCoordinator, taskId: TaskId): Promise<Outcome> {
    const { jobId, stage, index } = taskIdParts(taskId);
    if (stage === "map") {
      const heavy = await largeRun(on, jobId, `${index} `, 0, MIB);
      const light = await largeRun(on, jobId, `${index} `, 1, 100);
      return { ...output(taskId), parts: [heavy, light] };
    }
    const job = on.coordinator.jobs.get(jobId);
    const manifest = (stage === "merge" ? job?.pieceManifests : job?.manifests)?.[index];
    const area = await on.runs.of(jobId);
    const runs = manifest ? readManifest(await area.read(manifest)).flat() : [];
    let text = "";
    for (const run of runs) text += String("digest" in run ? await area.read(run.digest) : Buffer.from(run));
    if (stage === "reduce") return output(taskId, `${text}\n`);
    return { ...output(taskId), parts: [await largeRun(on, jobId, text, 0, MIB)] };
  }

  /** One volunteer answers one task after the other. */
  async function runToTheEnd(
    on: TestCoordinator,
    { each = async () => {}, answers = answer }: { each?: () => Promise<void>; answers?: typeof answer } = {},
  ): Promise<void> {
    await on.join("ada", { want: 32 });
    for (let done = 0; on.coordinator.jobs.size > 0;) {
      const next = on.given("ada")[done];
      if (next === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        continue;
      }
      done += 1;
      await on.report("ada", [await answers(on, next)]);
      await each();
    }
  }

  async function resultOf(on: TestCoordinator, id: JobId): Promise<string> {
    const { signal } = new AbortController();
    let text = "";
    for await (const bytes of await on.grid.readResult(id, { follow: false, signal }))
      text += Buffer.from(bytes).toString();
    return text;
  }

  const everyMapTwice = `${"0 1 2 3 4 5 6 7 \n".repeat(2)}`;

  it("[HV9] is merged in pieces before it is reduced, in the order of the maps, and the statistics say so", async () => {
    const id = await submit();
    await runToTheEnd(running);
    const { stages } = await running.grid.getJob(id);
    expect(stages.map(({ name, tasks, accepted }) => [name, tasks, accepted])).toEqual([
      ["map", 8, 8],
      ["merge", 4, 4],
      ["reduce", 2, 2],
    ]);
    expect(await resultOf(running, id)).toBe(everyMapTwice);
  });

  it("[HV10] comes to the same result, whichever commit was the last before a crash", async () => {
    const id = await submit();
    const crashes: TestStore[] = [];
    await runToTheEnd(running, { each: async () => void crashes.push(await store.afterCrash()) });
    expect(crashes.length).toBe(14);
    // Every other one: two neighbours differ by one map, or by one merge.
    for (const crash of crashes.filter((_, place) => place % 2 === 1)) {
      const restarted = await openTestCoordinator(crash);
      // The first coordinator freed the runs of both when it came to the end.
      for (let map = 0; map < MAPS; map += 2)
        for (const text of [`${map} `, `${map + 1} `, `${map} ${map + 1} `])
          await largeRun(restarted, id, text, 0, MIB);
      await runToTheEnd(restarted);
      const { state, stages } = await restarted.grid.getJob(id);
      expect([state, ...stages.map(({ accepted }) => accepted)]).toEqual(["completed", 8, 4, 2]);
      expect(await resultOf(restarted, id)).toBe(everyMapTwice);
      const [row] = await crash.database.volunteer.findMany();
      expect(row?.acceptedTasks).toBe(14);
      await restarted.close();
      await crash.database.$disconnect();
    }
  });

  it("[HV11] is read run by run where a merge failed and the job goes on without", async () => {
    const id = await submit({ onError: "skip", maxErrors: 1 });
    const broken = taskIdOf(id, "merge", 1);
    await runToTheEnd(running, {
      answers: async (on, taskId) =>
        taskId === broken
          ? { type: "error", taskId, message: "cannot", stack: "", record: null, elapsedMs: 1 }
          : answer(on, taskId),
    });
    const { stages } = await running.grid.getJob(id);
    expect(stages.find(({ name }) => name === "merge")).toMatchObject({ accepted: 4, skipped: 1 });
    expect(await resultOf(running, id)).toBe(everyMapTwice);
  });

  it("[HV12] is left whole without a combine, and nothing is merged when no partition is heavy", async () => {
    const whole = await submit({}, "export const map = (n) => n; export const reduce = () => 0;");
    await runToTheEnd(running);
    const even = await submit();
    await runToTheEnd(running, {
      answers: async (on, taskId) =>
        taskIdParts(taskId).stage === "map" ? { ...output(taskId), parts: [] } : output(taskId, ""),
    });
    for (const id of [whole, even]) {
      const { state, stages } = await running.grid.getJob(id);
      expect([state, ...stages.map(({ name }) => name)]).toEqual(["completed", "map", "reduce"]);
    }
  });
});
