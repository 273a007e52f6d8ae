import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AT, JOB, storedJob } from "../testing/facts";
import { openTestStore, type TestStore } from "../testing/open-store";
import type { Digest } from "../protocol/ids";
import { SubmitJob } from "../protocol/job";
import { LIMITS } from "../protocol/limits";
import { openTestCoordinator } from "../testing/open-coordinator";
import { insertJob } from "./store/jobs";
import { storeJob } from "./submit-job";

const MAP = "export function map(x) { return x; }";

describe("submitting a job", () => {
  let store: TestStore;
  beforeEach(async () => (store = await openTestStore()));
  afterEach(() => store.close());

  const submit = (request: object, key: string | null = null) =>
    storeJob(
      { ...store, now: () => AT },
      SubmitJob.parse({ program: { source: MAP }, input: { items: [] }, ...request }),
      key,
    );

  async function planOf(input: object, options = {}) {
    const { created } = await submit({ input, options });
    if (!created) throw new Error("the job was there already");
    return created.plan;
  }

  const textOf = async (digest: Digest) => Buffer.from(await store.blocks.read(digest)).toString();

  async function blocksOf(input: object, options = {}): Promise<string[]> {
    const plan = await planOf(input, options);
    if (plan.type !== "blocks") throw new Error(`the plan is a ${plan.type}`);
    return Promise.all(plan.blocks.map(({ digest }) => textOf(digest)));
  }

  it("[SU1] cuts a text at line ends into blocks of about the size asked for", async () => {
    const text = "line\n".repeat(2_000);
    const blocks = await blocksOf({ text }, { chunkBytes: 4096 });
    expect(blocks.join("")).toBe(text);
    expect(blocks.map((block) => block.length)).toEqual([4100, 4100, 1800]);
  });

  it("[SU2] puts items into blocks as JSON lines, so that no task needs two blocks", async () => {
    const items = Array.from({ length: 7 }, (_, place) => ({ place, text: "é".repeat(100_000) }));
    const plan = await planOf({ items }, { chunkSize: 2 });
    expect(plan).toMatchObject({ format: { type: "jsonl" }, recordsPerTask: 2 });
    const blocks = await blocksOf({ items }, { chunkSize: 2 });
    expect(blocks.map((block) => block.split("\n").length - 1)).toEqual([2, 2, 2, 1]);
    expect(
      blocks
        .join("")
        .trim()
        .split("\n")
        .map((json) => JSON.parse(json) as unknown),
    ).toEqual(items);
  });

  it("[SU3] stores a range as four numbers, however long it is", async () => {
    expect(await planOf({ range: { start: 1, end: 10_000_001 } }, { chunkSize: 10 })).toEqual({
      type: "range",
      start: 1,
      step: 1,
      count: 10_000_000,
      recordsPerTask: 10,
    });
  });

  it("[SU4] gives a job with `reduce` a second stage, of as many tasks as it has reducers", async () => {
    const program = { source: `${MAP} export function reduce() {}` };
    const { created } = await submit({ program, input: { items: [1, 2] }, options: { reducers: 3 } });
    expect(created?.stages).toEqual([
      { name: "map", taskCount: 2 },
      { name: "reduce", taskCount: 3 },
    ]);
    expect(created && (await textOf(created.program))).toBe(program.source);
  });

  it("[SU5] refuses more tasks than a stage may have, and says what to change", async () => {
    for (const end of [LIMITS.tasksPerStage + 1, 1e300]) {
      await expect(submit({ input: { range: { end } } })).rejects.toMatchObject({
        code: "invalid-input",
        message: expect.stringContaining("options.chunkSize") as string,
      });
    }
  });

  it("[SU6] refuses a record that is too long, by its number and its bytes", async () => {
    const long = "é".repeat(LIMITS.recordBytes / 2);
    const refusal = { code: "data-invalid", message: expect.stringContaining("record 2 has") as string };
    await expect(submit({ input: { items: [1, 2, long] } })).rejects.toMatchObject(refusal);
    await expect(submit({ input: { text: `1\n2\n${long}!\n4` } })).rejects.toMatchObject(refusal);
  });

  it("[SU7] refuses a task whose records do not fit into a block", async () => {
    const items = Array.from({ length: 3 }, () => "x".repeat(LIMITS.blockBytes / 4 - 10));
    items.push(...items.slice(0, 2));
    await expect(submit({ input: { items }, options: { chunkSize: 5 } })).rejects.toMatchObject({
      code: "invalid-input",
      message: expect.stringContaining("blockBytes") as string,
    });
  });

  it("[SU8] refuses a config that is too large for a message", async () => {
    const config = "x".repeat(LIMITS.configChars);
    await expect(submit({ config })).rejects.toMatchObject({ code: "invalid-input" });
    await submit({ config: config.slice(2) });
  });

  it("[SU9] stores nothing of a job whose program cannot run", async () => {
    await expect(submit({ program: { source: "nothing" } })).rejects.toMatchObject({
      code: "program-invalid",
    });
    expect(await store.database.job.count()).toBe(0);
  });

  it("[SU10] makes one job of the same request with the same key, also when they come at once", async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => submit({ name: "once" }, "key")));
    const again = await submit({ name: "once" }, "key");
    expect(new Set([...all, again].map(({ id }) => id)).size).toBe(1);
    expect(all.filter(({ created }) => created !== null)).toHaveLength(1);
    expect(again.created).toBeNull();
  });

  it("[SU20] takes whole objects as config and items for programs that can be given them, and refuses any other form", async () => {
    const config = { $tabgrid: [["Map", 1, 2], "k", ["null", "$class", 3, "x", 4], "Point", 1] };
    const source = `${MAP} class P {} export const classes = { Point: P };`;
    const { created } = await submit({ config, program: { source } });
    expect(created?.config).toEqual(config);
    const dates = { items: [{ $tabgrid: [["Date", "2020-01-01T00:00:00.000Z"]] }, 1] };
    expect(await blocksOf(dates)).toEqual([`${JSON.stringify(dates.items[0])}\n1\n`]);
    const refused: [request: object, words: string][] = [
      [{ config }, 'config: holds an instance of the class "Point", which the program does not have'],
      [
        { config: { $tabgrid: [["Date"]], more: 1 } },
        "config: an object with $tabgrid may have nothing else",
      ],
      [{ config: { $tabgrid: [{ a: 7 }] } }, "config: $tabgrid: it is not what the codec writes"],
      [{ input: { items: [1, { $tabgrid: "x" }] } }, "input.items[1]: $tabgrid: it must be a list"],
      [
        { config: { $tabgrid: -3 }, program: { runtime: "python", source: "def map(n): return n" } },
        "config: is more than JSON, which only programs in js, ts and pando can be given; this one is in python",
      ],
    ];
    for (const [request, words] of refused) {
      await expect(submit(request)).rejects.toMatchObject({
        code: "invalid-input",
        message: expect.stringContaining(words) as string,
      });
    }
  });

  it("[SU11] refuses a key that was used for another request", async () => {
    const [one] = await Promise.all([submit({ name: "one" }, "key")]);
    await expect(submit({ name: "two" }, "key")).rejects.toMatchObject({
      code: "idempotency-conflict",
      message: expect.stringContaining(one.id) as string,
    });
  });

  it("[SU21] takes a request for the same after an upgrade, though it has an option more now, as long as that is the default", async () => {
    const request = { program: { source: MAP }, input: { items: [] }, name: "once" };
    const { onCorrection, ...options } = SubmitJob.parse(request).options;
    expect(onCorrection).toBe("recompute");
    const before = JSON.stringify({ ...SubmitJob.parse(request), options });
    const requestDigest = createHash("sha256").update(before).digest("hex");
    await insertJob(store.database, storedJob(), { idempotencyKey: "key", requestDigest });
    expect((await submit(request, "key")).id).toBe(JOB);
    const marking = submit({ ...request, options: { onCorrection: "mark" } }, "key");
    await expect(marking).rejects.toMatchObject({ code: "idempotency-conflict" });
  });

  it("[SU12] makes a job each time without a key", async () => {
    const ids = [await submit({}), await submit({})].map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
  });

  it("[SU13] is durable when it is answered: a coordinator that starts on the same disk runs the job", async () => {
    const running = await openTestCoordinator(store);
    const request = SubmitJob.parse({ program: { source: MAP }, input: { items: [1] } });
    const { job, created } = await running.grid.submitJob(request, "key");
    expect(created).toBe(true);
    const crashed = await store.afterCrash();
    const restarted = await openTestCoordinator(crashed);
    expect(restarted.coordinator.grid.jobs.has(job.id)).toBe(true);
    expect(await restarted.grid.submitJob(request, "key")).toMatchObject({
      created: false,
      job: { id: job.id },
    });
    for (const each of [running, restarted]) await each.close();
    await crashed.database.$disconnect();
  });
});
