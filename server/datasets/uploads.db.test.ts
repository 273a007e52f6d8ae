import { createHash } from "node:crypto";
import { request as httpRequest } from "node:http";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { UploadView, type DatasetView } from "../../protocol/dataset";
import { LIMITS } from "../../protocol/limits";
import { AT } from "../../testing/facts";
import { listen } from "../../testing/listen";
import { openTestStore, type TestStore } from "../../testing/open-store";
import { serveDatasets } from "./dataset-routes";
import { serveUploads } from "./upload-routes";
import { openUploads } from "./uploads";

let store: TestStore;
let server: Awaited<ReturnType<typeof serve>>;
let now = AT as number;

beforeEach(async () => {
  now = AT;
  store = await openTestStore();
  server = await serve(store);
});
afterEach(async () => {
  await server.close();
  await store.close();
});

async function serve({ database, datasets, datasetBlocks: blocks, imports }: TestStore) {
  const uploads = openUploads({ database, blocks, now: () => now as never }, datasets);
  const [onDatasets, onUploads] = [serveDatasets(datasets, blocks, imports), serveUploads(uploads)];
  const listening = await listen((request, response) => {
    if (!onDatasets(request, response) && !onUploads(request, response)) response.writeHead(299).end();
  });
  return { ...listening, uploads };
}

const BLOCK = LIMITS.minDatasetBlockBytes;
const LINES = Array.from({ length: 9_000 }, (_, place) => `line ${place} ${"x".repeat(place % 30)}\n`).join(
  "",
);

async function begin(terms: object = {}): Promise<string> {
  const response = await fetch(`${server.origin}/api/v1/uploads`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ dataset: "/ada/words", blockBytes: BLOCK, ...terms }),
  });
  expect(response.status).toBe(201);
  return response.headers.get("location") ?? "";
}

const patch = (address: string, offset: number, body: BodyInit, headers: Record<string, string> = {}) =>
  fetch(server.origin + address, {
    method: "PATCH",
    headers: { "upload-offset": String(offset), ...headers },
    body,
  });
/** On a busy machine things take their time. */
const SOON = { timeout: 20_000 };
const LAST = { "upload-complete": "?1" };
const offsetAt = async (address: string) => {
  const response = await fetch(server.origin + address, { method: "HEAD" });
  return Number(response.headers.get("upload-offset"));
};
const contentOf = async () => (await fetch(`${server.origin}/api/v1/datasets/ada/words/content`)).text();

describe("an upload", () => {
  it("[UP1] comes in parts, says how far it is, and is a version when the last part came", async () => {
    const address = await begin({ length: LINES.length });
    const half = 100_001;
    const first = await patch(address, 0, LINES.slice(0, half));
    const view = UploadView.parse(await first.json());
    expect(view).toMatchObject({ path: "/ada/words", offset: half, length: LINES.length });
    expect(view.bytes).toBe(half);
    expect((await fetch(`${server.origin}/api/v1/datasets/ada/words`)).status).toBe(404);
    const digest = createHash("sha256").update(LINES).digest("base64");
    const last = await patch(address, half, LINES.slice(half), {
      ...LAST,
      "repr-digest": `sha-256=:${digest}:`,
    });
    expect([last.status, last.headers.get("location")]).toEqual([
      201,
      "/api/v1/datasets/ada/words?version=1",
    ]);
    expect(await contentOf()).toBe(LINES);
    expect((await fetch(server.origin + address)).status).toBe(404);
  });

  it("[UP2] goes on where a connection broke", async () => {
    const address = await begin();
    const broken = httpRequest(server.origin + address, {
      method: "PATCH",
      headers: { "upload-offset": "0", "content-length": LINES.length },
    });
    broken.on("error", () => {});
    broken.write(LINES.slice(0, 150_000));
    await vi.waitFor(async () => expect(await offsetAt(address)).toBe(150_000), SOON);
    broken.destroy();
    // Until the broken connection is noticed, the upload is somebody else's.
    const rest = await vi.waitFor(async () => {
      const response = await patch(address, 150_000, LINES.slice(150_000), LAST);
      expect(response.status).toBe(201);
      return (await response.json()) as DatasetView;
    }, SOON);
    expect(rest.latest.records).toBe(9_000);
    expect(await contentOf()).toBe(LINES);
  });

  it("[UP3] goes on behind its last whole block after a restart, and is the same in the end", async () => {
    const address = await begin();
    await patch(address, 0, LINES.slice(0, 200_000));
    const restarted = await store.afterCrash();
    await server.close();
    server = await serve(restarted);
    const offset = await offsetAt(address);
    expect(offset).toBeGreaterThan(BLOCK);
    expect(offset).toBeLessThan(200_000);
    const digest = createHash("sha256").update(LINES).digest("base64");
    const headers = { ...LAST, "content-digest": `sha-256=:${digest}:` };
    const last = await patch(address, offset, LINES.slice(offset), headers);
    expect(((await last.json()) as DatasetView).latest).toMatchObject({
      records: 9_000,
      sha256: createHash("sha256").update(LINES).digest("hex"),
    });
    expect(await contentOf()).toBe(LINES);
  });

  it("[UP4] begins anew after a restart when it is gzip, and keeps nothing of what came before", async () => {
    const packed = gzipSync(LINES);
    const address = await begin({ gzip: true });
    await patch(address, 0, packed.subarray(0, 20_000));
    const restarted = await store.afterCrash();
    await server.close();
    server = await serve(restarted);
    expect(await offsetAt(address)).toBe(0);
    const other = `${LINES}${LINES}`.slice(5);
    expect((await patch(address, 0, gzipSync(other), LAST)).status).toBe(201);
    expect(await contentOf()).toBe(other);
    await restarted.datasets.free();
    let bytes = 0;
    for await (const digest of restarted.datasetBlocks.list())
      bytes += (await restarted.datasetBlocks.read(digest)).length;
    expect(bytes).toBe(other.length);
  });

  it("[UP5] refuses a part that is for another place, an end that is too early, and a wrong digest", async () => {
    const address = await begin({ length: LINES.length });
    await patch(address, 0, "line");
    expect(await (await patch(address, 3, "e")).json()).toMatchObject({
      type: "/problems/upload-conflict",
      detail: "The upload is at 4; got Upload-Offset 3",
    });
    expect(await (await patch(address, 4, "x", LAST)).json()).toMatchObject({
      detail: `The upload is at 5 of ${LINES.length} bytes and cannot end yet`,
    });
    const other = await begin({ sha256: "0".repeat(64) });
    expect(await (await patch(other, 0, LINES, LAST)).json()).toMatchObject({
      status: 422,
      type: "/problems/digest-mismatch",
    });
    expect((await fetch(server.origin + other)).status).toBe(404);
  });

  it("[UP6] ends when its data is wrong, when it is given up, or when nobody goes on for a day; nothing is left", async () => {
    const wrong = await begin({ format: "csv" });
    await patch(wrong, 0, "a,b\n");
    expect(await (await patch(wrong, 4, '1,2"\n')).json()).toMatchObject({ type: "/problems/data-invalid" });
    const givenUp = await begin();
    await patch(givenUp, 0, LINES);
    expect((await fetch(server.origin + givenUp, { method: "DELETE" })).status).toBe(204);
    const forgotten = await begin();
    await patch(forgotten, 0, LINES);
    now += LIMITS.uploadIdleMs;
    await server.uploads.expire();
    for (const address of [wrong, givenUp, forgotten]) {
      expect((await fetch(server.origin + address)).status).toBe(404);
    }
    await store.datasets.free();
    expect(await store.database.datasetVersion.count()).toBe(0);
  });

  it("[UP7] gives its place in memory to others, and goes on all the same", async () => {
    const addresses: string[] = [];
    for (let count = 0; count <= LIMITS.uploadsAtOnce; count++) {
      const address = await begin({ dataset: `/ada/n${count}` });
      await patch(address, 0, LINES.slice(0, 100_000));
      addresses.push(address);
    }
    const [first = ""] = addresses;
    const offset = await offsetAt(first);
    expect(offset).toBeLessThan(100_000);
    expect((await patch(first, offset, LINES.slice(offset), LAST)).status).toBe(201);
  });
});
