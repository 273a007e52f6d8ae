import { createHash } from "node:crypto";
import { request as httpRequest } from "node:http";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DatasetPath, DatasetView, UploadOptions, type BlockPage } from "../../protocol/dataset";
import { LIMITS } from "../../protocol/limits";
import { SubmitJob } from "../../protocol/job";
import { AT } from "../../testing/facts";
import { archive } from "../../testing/archive";
import { listen } from "../../testing/listen";
import { openTestStore, type TestStore } from "../../testing/open-store";
import { diskFull } from "../disk-full";
import { log } from "../log";
import { storeJob } from "../submit-job";
import { rangeIn } from "./dataset-content";
import { serveDatasets } from "./dataset-routes";

let store: TestStore;
let server: Awaited<ReturnType<typeof listen>>;

beforeEach(async () => {
  store = await openTestStore();
  const serve = serveDatasets(store.datasets, store.datasetBlocks, store.imports);
  server = await listen((request, response) => {
    if (!serve(request, response)) response.writeHead(299).end();
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await server.close();
  await store.close();
});

const BLOCK = LIMITS.minDatasetBlockBytes;
const at = (rest: string) => `${server.origin}/api/v1/datasets${rest}`;
const call = (method: string, rest: string, init: RequestInit = {}) =>
  fetch(at(rest), { ...init, method, ...(init.body && { duplex: "half" }) } as RequestInit);
const put = (path: string, body: BodyInit, headers: Record<string, string> = {}) =>
  call("PUT", path, { body, headers });
const contentOf = async (path: string) => (await fetch(at(`${path}/content`))).text();
/** On a busy machine things take their time. */
const SOON = { timeout: 20_000 };
const problemOf = async (response: Response) => {
  const { status, type, detail } = (await response.json()) as Record<string, unknown>;
  return { status, type, detail };
};

async function storedBlocks(): Promise<string[]> {
  const digests: string[] = [];
  for await (const digest of store.datasetBlocks.list()) digests.push(digest);
  return digests.sort();
}

/** More than two blocks of lines, of different lengths. */
const LINES = Array.from({ length: 9_000 }, (_, place) => `line ${place} ${"x".repeat(place % 30)}\n`).join(
  "",
);

describe("PUT", () => {
  it("[DA1] makes version after version, each as it was sent, in blocks that end where records end", async () => {
    const first = await put(`/ada/words?blockBytes=${BLOCK}`, LINES);
    expect([first.status, first.headers.get("location")]).toEqual([
      201,
      "/api/v1/datasets/ada/words?version=1",
    ]);
    const { latest } = DatasetView.parse(await first.json());
    expect(latest).toMatchObject({
      version: 1,
      bytes: LINES.length,
      records: 9_000,
      sha256: createHash("sha256").update(LINES).digest("hex"),
    });
    await put(`/ada/words?blockBytes=${BLOCK}`, `${LINES}more\n`);
    expect(await contentOf("/ada/words")).toBe(`${LINES}more\n`);
    expect(await (await fetch(at("/ada/words/content?version=1"))).text()).toBe(LINES);

    const page = (await (await call("GET", "/ada/words/blocks?version=1")).json()) as BlockPage;
    expect(page.blocks.length).toBe(latest.blocks);
    expect(page.blocks.length).toBeGreaterThan(2);
    const [, second] = page.blocks;
    const bytes = Buffer.from(await store.datasetBlocks.read(second?.digest ?? ("" as never))).toString();
    expect(bytes.startsWith(`line ${second?.firstRecord} `)).toBe(true);
    expect(bytes.endsWith("\n")).toBe(true);
  });

  it("[DA2] writes no block twice, whoever has it already", async () => {
    await put(`/ada/words?blockBytes=${BLOCK}`, LINES);
    const before = await storedBlocks();
    const write = vi.spyOn(store.datasetBlocks, "write");
    await put(`/bo/copy?blockBytes=${BLOCK}`, LINES);
    expect(write).toHaveBeenCalled();
    expect(await storedBlocks()).toEqual(before);
  });

  it("[DA3] reads the columns from a CSV's header, which is no record", async () => {
    const body = 'name,"the, age"\r\nada,36\r\nbo,"4\n2"\r\n';
    const response = await put("/ada/people", body, { "content-type": "text/csv" });
    const { latest } = DatasetView.parse(await response.json());
    expect(latest.reading).toEqual({
      type: "csv",
      delimiter: ",",
      quote: '"',
      columns: ["name", "the, age"],
    });
    expect(latest.records).toBe(2);
    const twice = await put("/ada/people?format=csv", "a,b,a\n1,2,3\n");
    expect(await problemOf(twice)).toMatchObject({
      status: 422,
      detail: 'Row 1, the header, names the column "a" twice',
    });
  });

  it("[DA4] unpacks gzip, told by its header or its first bytes", async () => {
    const packed = gzipSync(LINES);
    await put("/ada/one", packed, { "content-encoding": "gzip" });
    await put("/ada/two", packed);
    expect(await contentOf("/ada/one")).toBe(LINES);
    expect(await contentOf("/ada/two")).toBe(LINES);
    const cut = await put("/ada/cut", packed.subarray(0, packed.length - 20));
    expect(await problemOf(cut)).toMatchObject({
      status: 422,
      detail: "The gzip cannot be unpacked: unexpected end of file",
    });
  });

  it.each([
    ["JSON Lines", "format=jsonl", Array.from({ length: 9_000 }, (_, n) => `{"n":${n}}\n`).join("")],
    ["a CSV", "format=csv", `n,text\n${'7,"two\nlines"\n'.repeat(9_000)}`],
    ["binary records", "format=bytes&recordBytes=100", Buffer.alloc(100 * 1_500, "0123456")],
    [
      "an archive of files",
      "format=files",
      archive(Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`f${n}`, "x".repeat(n * 9)]))),
    ],
  ])("[DA4] unpacks %s as it does lines", async (_what, format, body) => {
    const query = `${format}&blockBytes=${BLOCK}`;
    await put(`/ada/plain?${query}`, body);
    const packed = await put(`/ada/packed?${query}`, gzipSync(body), { "content-encoding": "gzip" });
    expect(packed.status).toBe(201);
    const { latest } = DatasetView.parse(await packed.json());
    const { latest: plain } = DatasetView.parse(await (await call("GET", "/ada/plain")).json());
    expect(latest).toEqual({ ...plain, path: "/ada/packed", createdAt: latest.createdAt });
    expect(latest.blocks).toBeGreaterThan(1);
    expect(await contentOf("/ada/packed")).toBe(String(body));
  });

  it("[DA5] refuses a gzip bomb, and keeps nothing of it", async () => {
    const bomb = gzipSync(Buffer.alloc(LIMITS.gzipFreeBytes + 8 * 1024 * 1024, `${"x".repeat(999)}\n`));
    expect(await problemOf(await put("/ada/bomb", bomb))).toMatchObject({
      status: 422,
      detail: expect.stringContaining(`may have ${LIMITS.gzipRatio} times as many bytes as packed`),
    });
    await expectNothing();
  });

  it("[DA6] refuses bytes that are not what their digest says", async () => {
    const other = createHash("sha256").update("other").digest("base64");
    for (const header of ["repr-digest", "content-digest", "digest"]) {
      const value = header === "digest" ? `SHA-256=${other}` : `sha-256=:${other}:`;
      const response = await put("/ada/words", LINES, { [header]: value });
      expect(await problemOf(response), header).toMatchObject({
        status: 422,
        type: "/problems/digest-mismatch",
        detail: expect.stringContaining(createHash("sha256").update(LINES).digest("hex")),
      });
    }
    const right = createHash("sha256").update(LINES).digest("base64");
    expect((await put("/ada/right", LINES, { "repr-digest": `sha-256=:${right}:` })).status).toBe(201);
    await call("DELETE", "/ada/right");
    await expectNothing();
  });

  it("[DA7] keeps nothing of a sender that leaves before the end, and goes on with others", async () => {
    const begun = vi.spyOn(store.datasets, "begin");
    const gaveUp = vi.spyOn(store.datasets, "giveUp");
    const upload = httpRequest(at(`/ada/words?blockBytes=${BLOCK}`), {
      method: "PUT",
      headers: { "content-length": LINES.length },
    });
    upload.on("error", () => {});
    upload.write(LINES.slice(0, 3 * BLOCK));
    await vi.waitFor(() => expect(begun).toHaveBeenCalled(), SOON);
    const arrival = await begun.mock.results[0]?.value;
    await vi.waitFor(() => expect(arrival.progress().blocks).toBeGreaterThan(0), SOON);
    upload.destroy();
    await vi.waitFor(() => expect(gaveUp).toHaveBeenCalled(), SOON);
    await gaveUp.mock.results[0]?.value;
    await expectNothing();
    expect((await put("/ada/words", LINES)).status).toBe(201);
  });

  it("[DA8] says of a CSV which row is wrong, and of a record that it is too long", async () => {
    const csv = await put("/ada/bad?format=csv", 'a,b\n1,2\n3,"4\n5,6\n');
    expect(await problemOf(csv)).toEqual({
      status: 422,
      type: "/problems/data-invalid",
      detail: "Row 3 has a quote that is never closed",
    });
    const long = await put(
      "/ada/bad",
      Buffer.concat([Buffer.from("a\n"), Buffer.alloc(LIMITS.recordBytes + 1)]),
    );
    expect(await problemOf(long)).toMatchObject({
      status: 422,
      detail: expect.stringContaining(`(recordBytes); record 1 has ${LIMITS.recordBytes + 1} or more`),
    });
    await expectNothing();
  });

  it("[DA9] says that the disk is full, shows nothing half-written, and goes on when there is room", async () => {
    const full = Object.assign(new Error("no space"), { code: "ENOSPC" });
    vi.spyOn(store.datasetBlocks, "write").mockRejectedValueOnce(diskFull(full));
    const response = await put(`/ada/words?blockBytes=${BLOCK}`, LINES);
    expect(await problemOf(response)).toMatchObject({
      status: 507,
      detail: expect.stringContaining("is full"),
    });
    await expectNothing();
    expect((await put("/ada/words", LINES)).status).toBe(201);
  });

  it("[FM19] frees a block that was stored beside one that the disk had no room for", async () => {
    vi.spyOn(store.datasetBlocks, "write").mockImplementationOnce(async () => {
      await vi.waitFor(async () => expect(await storedBlocks()).toHaveLength(1), SOON);
      throw diskFull(new Error("no space"));
    });
    expect((await put(`/ada/words?blockBytes=${BLOCK}`, LINES)).status).toBe(507);
    await expectNothing();
  });

  it("[FM3] gives up what came although the database takes nothing, and frees it when there is room again", async () => {
    vi.spyOn(log, "warn").mockReturnValue();
    const terms = { format: { type: "lines" as const }, sentDigest: null, sentBytes: null, isGzip: false };
    const options = UploadOptions.parse({ blockBytes: BLOCK });
    const arrival = await store.datasets.begin(DatasetPath.parse("/ada/words"), { ...terms, options });
    await arrival.take(Buffer.from(LINES));
    const run = (sql: string) => store.database.$queryRawUnsafe(sql);
    await vi.waitFor(async () => expect(await store.database.datasetBlock.count()).toBe(2), SOON);
    await run("CREATE TABLE Filler (bytes BLOB)");
    await run(
      "CREATE TRIGGER fill BEFORE UPDATE ON DatasetVersion BEGIN INSERT INTO Filler VALUES (zeroblob(1000000)); END",
    );
    await run("PRAGMA max_page_count = 1");
    await store.datasets.giveUp(arrival);
    expect(await store.database.datasetVersion.count({ where: { state: "arriving" } })).toBe(1);
    await run("PRAGMA max_page_count = 1000000");
    await store.datasets.free();
    expect([await storedBlocks(), await store.database.datasetVersion.count()]).toEqual([[], 0]);
  });

  it.each([
    ["/ada/x?format=bytes", "format: recordBytes"],
    ["/ada/x?format=csv&delimiter=::", "must be a tab or one printable ASCII character"],
    ["/ada/x?blockBytes=7", "blockBytes: must be a whole number from"],
    ["/ada/x?colour=red", 'no parameter "colour"'],
    ["/ada/.x", "A dataset's path must look like /user/name"],
  ])("[DA10] says what is wrong with %s", async (rest, words) => {
    const problem = await problemOf(await put(rest, "a\n"));
    expect(problem).toMatchObject({ status: 400, detail: expect.stringContaining(words) });
  });

  async function expectNothing(): Promise<void> {
    await store.datasets.free();
    expect(await storedBlocks()).toEqual([]);
    expect((await call("GET", "/ada/words")).status).toBe(404);
    expect(await (await call("GET", "")).json()).toEqual({ datasets: [], nextCursor: null });
    expect(await store.database.datasetVersion.count()).toBe(0);
  }
});

describe("GET", () => {
  it("[DA11] lists by prefix, page by page, and shows versions newest first", async () => {
    for (const path of ["/ada/b", "/ada/a", "/bo/a", "/ada/a"]) await put(path, "x\n");
    const page = async (query: string) =>
      (await (await call("GET", query)).json()) as { datasets: { path: string }[]; nextCursor: string };
    const first = await page("?prefix=/ada/&limit=1");
    expect(first.datasets.map(({ path }) => path)).toEqual(["/ada/a"]);
    const second = await page(`?prefix=/ada/&limit=1&cursor=${encodeURIComponent(first.nextCursor)}`);
    expect(second.datasets.map(({ path }) => path)).toEqual(["/ada/b"]);
    const { versions } = (await (await call("GET", "/ada/a/versions")).json()) as {
      versions: { version: number }[];
    };
    expect(versions.map(({ version }) => version)).toEqual([2, 1]);
  });

  it("[DA12] sends a part of the content over the borders of blocks, and 304 to one that has it", async () => {
    await put(`/ada/words?blockBytes=${BLOCK}`, LINES);
    const range = `bytes=${BLOCK - 10}-${2 * BLOCK + 999}`;
    const part = await call("GET", "/ada/words/content", { headers: { range } });
    expect([part.status, part.headers.get("content-range")]).toEqual([
      206,
      `bytes ${BLOCK - 10}-${2 * BLOCK + 999}/${LINES.length}`,
    ]);
    expect(await part.text()).toBe(LINES.slice(BLOCK - 10, 2 * BLOCK + 1000));
    const etag = part.headers.get("etag") ?? "";
    expect((await call("GET", "/ada/words/content", { headers: { "if-none-match": etag } })).status).toBe(
      304,
    );
    const beyond = await call("GET", "/ada/words/content", { headers: { range: "bytes=99999999-" } });
    expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, `bytes */${LINES.length}`]);
  });

  it("[DA13] understands the ranges that HTTP has", () => {
    expect(rangeIn("bytes=0-0", 10)).toEqual({ start: 0, end: 1 });
    expect(rangeIn("bytes=-3", 10)).toEqual({ start: 7, end: 10 });
    expect(rangeIn("bytes=5-", 10)).toEqual({ start: 5, end: 10 });
    expect(rangeIn("bytes=5-99", 10)).toEqual({ start: 5, end: 10 });
    expect(rangeIn("bytes=10-", 10)).toBe("unsatisfiable");
    expect(rangeIn("bytes=7-3", 10)).toBe(null);
    expect(rangeIn("bytes=0-1,4-5", 10)).toBe(null);
    expect(rangeIn(undefined, 10)).toBe(null);
  });

  it("[DA14] breaks off when a block is missing on the disk: what came does not look complete", async () => {
    await put(`/ada/words?blockBytes=${BLOCK}`, LINES);
    const page = (await (await call("GET", "/ada/words/blocks")).json()) as BlockPage;
    await store.datasetBlocks.remove(page.blocks[1]?.digest ?? ("" as never));
    await expect(contentOf("/ada/words")).rejects.toThrow();
  });
});

describe("DELETE", () => {
  it("[DA15] frees the blocks that no other version has, and gives a number only once", async () => {
    await put(`/ada/words?blockBytes=${BLOCK}`, LINES);
    const shared = await storedBlocks();
    await put(`/ada/words?blockBytes=${BLOCK}`, `${LINES}${"more\n".repeat(40_000)}`);
    expect((await call("DELETE", "/ada/words?version=2")).status).toBe(204);
    expect((await storedBlocks()).length).toBe(shared.length);
    expect((await (await put("/ada/words", "x\n")).json()) as DatasetView).toMatchObject({
      latest: { version: 3 },
    });
    await call("DELETE", "/ada/words");
    expect(await storedBlocks()).toEqual([]);
    const gone = await call("GET", "/ada/words");
    expect(await problemOf(gone)).toMatchObject({ status: 404, type: "/problems/dataset-not-found" });
  });

  it("[DA16] keeps the blocks while a job that has not ended, or a reader, has them", async () => {
    await put(`/ada/words?blockBytes=${BLOCK}`, LINES);
    const request = SubmitJob.parse({
      program: { source: "export const map = (line) => line;" },
      input: { dataset: "/ada/words" },
    });
    const { id } = await storeJob({ ...store, now: () => AT }, request, null);
    const before = await storedBlocks();
    const reader = await store.datasets.open("/ada/words" as never, null);
    await call("DELETE", "/ada/words");
    expect(await storedBlocks()).toEqual(before);
    await store.database.job.update({ where: { id }, data: { state: "completed" } });
    await store.datasets.free();
    expect(await storedBlocks()).toEqual(before);
    reader.close();
    await store.datasets.free();
    expect(await storedBlocks()).toEqual([]);
  });

  it("[DA17] frees no block that an upload has just found to be there", async () => {
    await put("/ada/old", LINES);
    const arrival = await store.datasets.begin("/ada/new" as never, {
      format: { type: "lines" },
      options: { blockBytes: LIMITS.datasetBlockBytes },
      ...{ sentDigest: null, sentBytes: null, isGzip: false },
    });
    await arrival.take(Buffer.from(LINES));
    const completing = store.datasets.complete(arrival);
    await Promise.all([completing, call("DELETE", "/ada/old")]);
    expect(await contentOf("/ada/new")).toBe(LINES);
  });
});

it("[DA18] after a crash, frees what was half there: uploads, deletions, and blocks without a row", async () => {
  await put("/ada/kept", "kept\n");
  const kept = await storedBlocks();
  const arrival = await store.datasets.begin("/ada/half" as never, {
    format: { type: "lines" },
    options: { blockBytes: BLOCK },
    ...{ sentDigest: null, sentBytes: null, isGzip: false },
  });
  await arrival.take(Buffer.from(LINES));
  await vi.waitFor(() => expect(arrival.progress().blocks).toBeGreaterThan(1), SOON);
  await store.datasetBlocks.write(Buffer.from("written, but its row was not"));
  const restarted = await store.afterCrash();
  await vi.waitFor(async () => expect(await storedBlocks()).toEqual(kept), SOON);
  expect(await restarted.database.datasetVersion.count()).toBe(1);
});
