import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { digestOfText } from "../protocol/digest";
import { taskIdOf, type Digest, type JobId } from "../protocol/ids";
import { SubmitJob } from "../protocol/job";
import { LIMITS } from "../protocol/limits";
import { until } from "../testing/await";
import { openTestCoordinator, output, runOutput, type TestCoordinator } from "../testing/open-coordinator";
import { openTestStore, type TestStore } from "../testing/open-store";
import { writeParquet } from "../testing/parquet-files";
import { log } from "./log";
import { openLostBlocks } from "./lost-blocks";

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

it("[PQ25] a job over Parquet fails when any block of its columns is gone, and not for one that has only others", async () => {
  const arrival = await store.datasets.begin("/ada/table" as never, {
    format: { type: "parquet" },
    options: { blockBytes: LIMITS.minDatasetBlockBytes },
    ...{ sentDigest: null, sentBytes: null, isGzip: false },
  });
  const data = Float64Array.from({ length: 30_000 }, (_, row) => row / 7);
  const columns = ["a", "b"].map((name) => ({ name, data, type: "DOUBLE" as const }));
  await arrival.take(writeParquet(columns, { codec: "UNCOMPRESSED" }));
  await store.datasets.complete(arrival);
  const request = SubmitJob.parse({
    program: { source: "export const map = (row) => row;" },
    input: { dataset: "/ada/table", columns: ["a"] },
  });
  const { id } = (await running.grid.submitJob(request, null)).job;
  await running.join("ada", { want: 2 });
  const { plan } = running.coordinator.jobs.get(id)?.record ?? {};
  const parts = plan?.type === "blocks" ? (plan.blocks[0]?.parts ?? []) : [];
  const all: Digest[] = [];
  for await (const digest of store.datasetBlocks.list()) all.push(digest);
  const other = all.find((digest) => !parts.includes(digest));
  const last = parts.at(-1);
  if (!other || !last || parts.length < 3) throw new Error("the columns are not in blocks of their own");
  const stateOf = async () => (await running.grid.getJob(id)).state;
  const missing = openLostBlocks(running.coordinator, store.runs);
  missing(other);
  expect(await stateOf()).toBe("running");
  missing(last);
  await until(async () => (await stateOf()) === "failed");
  expect((await running.grid.getJob(id)).failure).toMatchObject({ code: "input-lost" });
});

it("[CO46] a job of which a run is gone fails when that is asked for, once its maps are done, and no job that does not have it", async () => {
  const source = "export const map = (n) => n; export const reduce = (key, values) => values.length;";
  const submit = async (runs: readonly string[]) => {
    const request = SubmitJob.parse({
      ...{ program: { source }, input: { range: { end: 2 } } },
      options: { quorum: 1, reducers: 2 },
    });
    const { id } = (await running.grid.submitJob(request, null)).job;
    for (const run of runs) await (await store.runs.of(id)).write(Buffer.from(run));
    return id;
  };
  const stateOf = async (id: JobId) => (await running.grid.getJob(id)).state;
  const [early, late, other] = [await submit(["run"]), await submit(["run"]), await submit(["another run"])];
  await running.join("ada", { want: 6 });
  for (const id of [late, other])
    await running.report(
      "ada",
      [0, 1].map((index) => runOutput(taskIdOf(id, "map", index), "a", "b")),
      4,
    );
  await until(() => [late, other].every((id) => running.given("ada").includes(taskIdOf(id, "reduce", 0))));
  await running.report("ada", [output(taskIdOf(late, "reduce", 0), "a")]);

  const missing = openLostBlocks(running.coordinator, store.runs);
  missing(digestOfText("run"));
  await until(async () => (await stateOf(late)) === "failed");
  expect((await running.grid.getJob(late)).failure).toMatchObject({
    code: "input-lost",
    taskId: taskIdOf(late, "reduce", 1),
    message: expect.stringContaining(`A run of its shuffle, block ${digestOfText("run")}, is not in`),
  });
  // Which run a map that is not done yet will give, nobody knows.
  expect(await Promise.all([early, other].map(stateOf))).toEqual(["running", "running"]);
});
