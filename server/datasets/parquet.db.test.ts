import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BlockPage, DatasetView, UploadView } from "../../protocol/dataset";
import { SubmitJob } from "../../protocol/job";
import { LIMITS } from "../../protocol/limits";
import { readOutline } from "../../protocol/outline";
import { AT } from "../../testing/facts";
import { listen } from "../../testing/listen";
import { openTestStore, type TestStore } from "../../testing/open-store";
import { writeParquet } from "../../testing/parquet-files";
import { storeJob } from "../submit-job";
import { serveDatasets } from "./dataset-routes";
import { serveUploads } from "./upload-routes";

const BLOCK = LIMITS.minDatasetBlockBytes;
const ROWS = 20_000;
const numbers = (factor: number) =>
  Float64Array.from({ length: ROWS }, (_, row) => row * factor + 1 / (row + 1));
/** Eight blocks, of which each column is in some. */
const FILE = writeParquet(
  [1, 2, 3].map((factor) => ({ name: `n${factor}`, data: numbers(factor), type: "DOUBLE" as const })),
  { codec: "UNCOMPRESSED", rowGroupSize: ROWS / 2 },
);

let store: TestStore;
let server: Awaited<ReturnType<typeof listen>>;

beforeEach(async () => {
  store = await openTestStore();
  const datasets = serveDatasets(store.datasets, store.datasetBlocks, store.imports);
  const uploads = serveUploads(store.uploads);
  server = await listen((request, response) => {
    if (!uploads(request, response) && !datasets(request, response)) response.writeHead(299).end();
  });
});
afterEach(async () => {
  await server.close();
  await store.close();
});

const call = (method: string, path: string, body?: BodyInit, headers: Record<string, string> = {}) =>
  fetch(`${server.origin}/api/v1${path}`, { method, headers, ...(body !== undefined && { body }) });
const put = (body: BodyInit, headers: Record<string, string> = {}) =>
  call("PUT", `/datasets/ada/table?blockBytes=${BLOCK}&format=parquet`, body, headers);

describe("a dataset of Parquet", () => {
  it("[PQ20] knows rows and columns when its end has come, in blocks of one size, and gives back the same bytes", async () => {
    const { latest } = DatasetView.parse(await (await put(FILE)).json());
    expect(latest).toMatchObject({
      ...{ records: ROWS, bytes: FILE.length, format: { type: "parquet" } },
      reading: { type: "parquet", columns: ["n1", "n2", "n3"] },
    });
    const { blocks } = BlockPage.parse(await (await call("GET", "/datasets/ada/table/blocks")).json());
    expect(blocks.slice(0, -1).every(({ bytes }) => bytes === BLOCK)).toBe(true);
    const content = await call("GET", "/datasets/ada/table/content");
    expect(content.headers.get("content-type")).toBe("application/vnd.apache.parquet");
    expect(Buffer.from(await content.arrayBuffer()).equals(FILE)).toBe(true);
  });

  it("[PQ21] that is none is refused, and leaves nothing", async () => {
    for (const bad of [FILE.slice(0, -9), "a,b\n1,2\n", FILE.slice(0, 3), ""]) {
      const response = await put(bad);
      expect(response.status).toBe(422);
      expect(((await response.json()) as { type: string }).type).toBe("/problems/data-invalid");
    }
    expect((await call("GET", "/datasets/ada/table")).status).toBe(404);
    await store.datasets.free();
    for await (const digest of store.datasetBlocks.list()) expect(digest).toBe("nothing");
  });

  it("[PQ22] comes in parts, also over a restart of the coordinator", async () => {
    const body = JSON.stringify({ dataset: "/ada/table", format: "parquet", blockBytes: BLOCK });
    const json = { "content-type": "application/json" };
    const { id } = UploadView.parse(await (await call("POST", "/uploads", body, json)).json());
    const half = 3 * BLOCK + 5;
    await call("PATCH", `/uploads/${id}`, FILE.slice(0, half), { "upload-offset": "0" });
    const after = await store.afterCrash();
    const { offset } = await after.uploads.view(id);
    expect([BLOCK, 2 * BLOCK, 3 * BLOCK]).toContain(offset);
    await after.uploads.append(id, offset, (take) => take(FILE.subarray(offset)));
    const { latest } = await after.uploads.complete(id, null);
    expect(latest).toMatchObject({ records: ROWS, bytes: FILE.length });
    await after.close();
  });

  it("[PQ23] is read by the blocks in which the chosen columns are, told by an outline for each task", async () => {
    await put(FILE);
    const submit = async (columns?: readonly string[]) => {
      const request = SubmitJob.parse({
        program: { source: "export const map = (row) => row;" },
        input: { dataset: "/ada/table", ...(columns && { columns }) },
      });
      const { created } = await storeJob({ ...store, now: () => AT }, request, null);
      if (created?.plan.type !== "blocks") throw new Error("the plan has no blocks");
      return created.plan;
    };
    const { format, blocks } = await submit(["n2"]);
    expect(format).toEqual({ type: "parquet" });
    const [task] = blocks;
    expect(task).toMatchObject({ records: ROWS });
    const outline = readOutline(await store.blocks.read(task?.digest ?? ("" as never)));
    expect(outline.columns).toEqual(["n2"]);
    expect(new Set(task?.parts)).toEqual(new Set(outline.blocks));
    const [all] = (await submit()).blocks;
    expect(task?.parts?.length).toBeLessThan((all?.parts?.length ?? 0) * 0.8);
    await expect(submit(["n4"])).rejects.toThrow('there is no column "n4" among "n1", "n2", "n3"');
  });

  it("[PQ24] is the only one of which columns are chosen", async () => {
    await call("PUT", "/datasets/ada/lines", "a\nb\n");
    const request = SubmitJob.parse({
      program: { source: "export const map = (row) => row;" },
      input: { dataset: "/ada/lines", columns: ["a"] },
    });
    const refused = storeJob({ ...store, now: () => AT }, request, null);
    await expect(refused).rejects.toThrow("input.columns: chooses columns of parquet; the data is lines");
  });
});
