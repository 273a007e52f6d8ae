/** Jobs whose programs split their input: planned from what was accepted, and taken up again wherever the coordinator was killed. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { taskInputAt, indexSplits } from "../core/split";
import { digestOfText } from "../protocol/digest";
import { taskIdOf, type Digest, type JobId, type StageName } from "../protocol/ids";
import { JobOptions, SubmitJob } from "../protocol/job";
import { openTestCoordinator, output, type TestCoordinator } from "../testing/open-coordinator";
import { openTestStore, type TestStore } from "../testing/open-store";
import { until } from "../testing/await";
import { log } from "./log";
import { planSplit } from "./plan-split";

const SOURCE = `export function* split(items) { yield* items; }
export const map = (item) => item;`;

it("[US21] every item that split gave is in exactly one task, however it came in parts", async () => {
  const item = fc.string({ maxLength: 30 }).map((text) => JSON.stringify(text));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ items: fc.array(item), isWhole: fc.boolean(), isLarge: fc.boolean() })),
      fc.integer({ min: 1, max: 5 }),
      async (given, chunkSize) => {
        const stored = new Map<Digest, Uint8Array>();
        const keep = (text: string) => {
          const digest = digestOfText(text);
          stored.set(digest, Buffer.from(text));
          return digest;
        };
        const padded = given.map(({ items, isLarge, isWhole }) => {
          const all = isLarge ? [...items, JSON.stringify("x".repeat(300_000))] : items;
          const text = all.map((line) => `${line}\n`).join("");
          return { all, isLarge, text: isWhole ? text : text.slice(0, -1) };
        });
        async function* parts() {
          for (const { text, isLarge } of padded)
            yield isLarge ? { digest: keep(text) } : { digest: digestOfText(text), text };
        }
        const blocks = {
          read: (digest: Digest) => Promise.resolve(new Uint8Array(stored.get(digest) ?? [])),
          write: (bytes: Uint8Array) => Promise.resolve(keep(Buffer.from(bytes).toString())),
        };
        const stages = [
          { name: "split" as const, taskCount: 1 },
          { name: "map" as const, taskCount: 0 },
        ];
        const job = { options: JobOptions.parse({ chunkSize }), stages };
        const { splitPlan, stages: planned } = await planSplit(parts(), blocks, job);
        const index = indexSplits(splitPlan);
        expect(planned).toEqual([stages[0], { name: "map", taskCount: index.taskCount }]);
        const mapped = Array.from({ length: index.taskCount }, (_, task) => {
          const input = taskInputAt(index, task);
          if (input.type !== "records") throw new Error("items lie in blocks");
          const lines = Buffer.from(stored.get(input.block) ?? [])
            .toString()
            .split("\n")
            .slice(input.from, input.to);
          expect(lines.length).toBeLessThanOrEqual(chunkSize);
          return lines;
        });
        expect(mapped.flat()).toEqual(padded.flatMap(({ all }) => all));
      },
    ),
    { numRuns: 60 },
  );
});

describe("a job whose program splits its input", () => {
  let store: TestStore;
  let running: TestCoordinator;
  /** The store of each coordinator, the first one's first. */
  let stores: TestStore[];

  beforeEach(async () => {
    vi.spyOn(log, "error").mockReturnValue();
    store = await openTestStore();
    stores = [store];
    running = await openTestCoordinator(store);
  });

  afterEach(async () => {
    await running.close();
    for (const { database } of stores.slice(1)) await database.$disconnect();
    await store.close();
    vi.restoreAllMocks();
  });

  async function submit(options: object = {}, source = SOURCE) {
    const request = SubmitJob.parse({ program: { source }, input: { items: [1, 2, 3] }, options });
    const { job } = await running.grid.submitJob(request, null);
    return { id: job.id, task: (index: number, stage: StageName = "map") => taskIdOf(job.id, stage, index) };
  }

  async function restart() {
    const before = running;
    const left = await (stores.at(-1) ?? store).afterCrash();
    stores.push(left);
    await before.close();
    running = await openTestCoordinator(left);
  }

  const stagesOf = async (id: JobId) =>
    (await running.grid.getJob(id)).stages.map(({ name, state, tasks }) => [name, state, tasks]);
  const isPlanned = (id: JobId) =>
    until(() => (running.coordinator.grid.jobs.get(id)?.stages[1]?.taskCount ?? 0) > 0);

  it("[US22] counts its tasks when split is over, and goes on after a kill before and after that", async () => {
    const { id, task } = await submit({ quorum: 2 });
    expect(await stagesOf(id)).toEqual([
      ["split", "running", 1],
      ["map", "waiting", 0],
    ]);
    expect((await running.grid.getJob(id)).progress).toBe(0);
    await running.join("ada", { want: 1 });
    await running.report("ada", [output(task(0, "split"), "1\n2\n3\n")]);
    await restart();
    for (const name of ["ada", "bo"]) await running.join(name, { want: 4 });
    expect(running.given("ada")).toEqual([]);
    expect(running.given("bo")).toEqual([task(0, "split")]);
    await running.report("bo", [output(task(0, "split"), "1\n2\n3\n")], 3);
    await isPlanned(id);
    // As if the coordinator had been killed between the two commits.
    const planned = await running.database.job.findUniqueOrThrow({ where: { id } });
    expect(planned.splitPlanJson).not.toBeNull();
    await running.database.job.update({
      where: { id },
      data: {
        splitPlanJson: null,
        stagesJson: JSON.stringify([
          { name: "split", taskCount: 1 },
          { name: "map", taskCount: 0 },
        ]),
      },
    });
    await restart();
    await isPlanned(id);
    expect(await running.database.job.findUniqueOrThrow({ where: { id } })).toMatchObject({
      splitPlanJson: planned.splitPlanJson,
      stagesJson: planned.stagesJson,
    });
    await restart();
    for (const name of ["ada", "bo"]) await running.join(name, { want: 4 });
    await until(() => running.given("bo").length > 0);
    expect(running.given("bo").sort()).toEqual([task(0), task(1), task(2)]);
    for (const name of ["ada", "bo"])
      await running.report(
        name,
        [0, 1, 2].map((index) => output(task(index), `${index}\n`)),
      );
    expect(await running.grid.getJob(id)).toMatchObject({ state: "completed", progress: 1, inputRecords: 3 });
  });

  it("[US23] counts the records itself: what a volunteer says of them moves no item out of the job", async () => {
    const { id, task } = await submit({ quorum: 1, chunkSize: 2 });
    await running.join("ada", { want: 1 });
    const parts = [{ text: "1\n2\n3\n", records: 1 }];
    await running.report("ada", [{ type: "output", taskId: task(0, "split"), parts, elapsedMs: 5 }]);
    await isPlanned(id);
    expect(await stagesOf(id)).toEqual([
      ["split", "completed", 1],
      ["map", "running", 2],
    ]);
  });

  it("[US24] follows its result from before there is anything to map, and ends it when split gives nothing", async () => {
    const { id, task } = await submit({ quorum: 1 });
    const { signal } = new AbortController();
    const lines: string[] = [];
    const reading = (async () => {
      for await (const bytes of await running.grid.readResult(id, { follow: true, signal }))
        lines.push(Buffer.from(bytes).toString());
    })();
    await running.join("ada", { want: 1 });
    await running.report("ada", [output(task(0, "split"), "7\n")], 1);
    await isPlanned(id);
    await running.report("ada", [output(task(0), "seven\n")]);
    await reading;
    expect(lines).toEqual(["seven\n"]);

    const reduced = await submit(
      { quorum: 1, reducers: 2 },
      `${SOURCE} export const reduce = (key, values) => values;`,
    );
    await running.join("bo", { want: 1 });
    const nothing = output(reduced.task(0, "split"));
    await running.report("bo", [nothing]);
    await until(() => !running.coordinator.jobs.has(reduced.id));
    expect(await running.grid.getJob(reduced.id)).toMatchObject({ state: "completed", resultRecords: 0 });
    for await (const bytes of await running.grid.readResult(reduced.id, { follow: true, signal }))
      expect(bytes).toHaveLength(0);
  });

  it("[US25] frees the items of an ended job, and asks that its input be there before it is run", async () => {
    const { id, task } = await submit({ quorum: 1 });
    await running.join("ada", { want: 1 });
    await running.report("ada", [output(task(0, "split"), "1\n")], 1);
    await isPlanned(id);
    expect(running.runs.size).toBe(1);
    await running.report("ada", [output(task(0), "one\n")]);
    await until(() => running.runs.size === 0);
  });
});
