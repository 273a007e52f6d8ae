import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Digest } from "../protocol/ids";
import { SubmitJob } from "../protocol/job";
import { LIMITS } from "../protocol/limits";
import { until } from "../testing/await";
import { openTestCoordinator, type TestCoordinator } from "../testing/open-coordinator";
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
  const missing = openLostBlocks(running.coordinator);
  missing(other);
  expect(await stateOf()).toBe("running");
  missing(last);
  await until(async () => (await stateOf()) === "failed");
  expect((await running.grid.getJob(id)).failure).toMatchObject({ code: "input-lost" });
});
