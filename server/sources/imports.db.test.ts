import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BeginImport, type ImportView } from "../../protocol/import";
import { DatasetPath } from "../../protocol/dataset";
import { SubmitJob } from "../../protocol/job";
import { LIMITS } from "../../protocol/limits";
import { AT } from "../../testing/facts";
import { listen } from "../../testing/listen";
import { openTestStore, type StoreOptions, type TestStore } from "../../testing/open-store";
import { writeParquet } from "../../testing/parquet-files";
import { storeJob } from "../submit-job";

type Answering = (request: IncomingMessage, response: ServerResponse) => void;

/** The host that is asked; each test says what it answers. */
let answering: Answering;
let source: Awaited<ReturnType<typeof listen>>;
let asked: IncomingMessage["headers"][];
const stores: TestStore[] = [];

beforeEach(async () => {
  asked = [];
  source = await listen((request, response) => {
    asked.push(request.headers);
    answering(request, response);
  });
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await source.close();
});

const PATH = DatasetPath.parse("/ada/words");
const BLOCK = LIMITS.minDatasetBlockBytes;
const LINES = Buffer.from(
  Array.from({ length: 20_000 }, (_, place) => `line ${place} ${"x".repeat(place % 30)}\n`).join(""),
);
const SOON = { timeout: 20_000 };

const open = async (reading: StoreOptions["reading"] = {}): Promise<TestStore> => {
  const { host } = new URL(source.origin);
  const rules = { hosts: ["example.org"], privateHosts: [host] };
  const store = await openTestStore({ reading: { rules, ...reading } });
  stores.push(store);
  return store;
};

const begin = ({ imports }: TestStore, more: object = {}, url = `${source.origin}/words.txt`) =>
  imports.begin(PATH, BeginImport.parse({ url, blockBytes: BLOCK, ...more }));

function ended(store: TestStore, { id }: ImportView): Promise<ImportView> {
  return vi.waitUntil(async () => {
    const view = await store.imports.view(id);
    return view.state === "running" ? false : view;
  }, SOON);
}

async function contentOf({ datasets, datasetBlocks }: TestStore): Promise<Buffer> {
  const version = await datasets.open(PATH, null);
  const blocks = await Promise.all(version.blocks.map(({ digest }) => datasetBlocks.read(digest)));
  version.close();
  return Buffer.concat(blocks);
}

async function blockCount({ datasets, datasetBlocks }: TestStore): Promise<number> {
  await datasets.free();
  let count = 0;
  for await (const _ of datasetBlocks.list()) count += 1;
  return count;
}

/** As a file server does, with ranges; cuts each connection after so many bytes. */
const serveFile =
  (content: Buffer, etag: string, cutAfter = Infinity): Answering =>
  ({ headers }, response) => {
    const [, first] = /^bytes=(\d+)-$/.exec(headers.range ?? "") ?? [];
    const isSame = first !== undefined && headers["if-range"] === etag;
    const from = isSame ? Number(first) : 0;
    response.writeHead(isSame ? 206 : 200, {
      ...{ etag, "content-length": content.length - from },
      ...(isSame && { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` }),
    });
    if (content.length - from <= cutAfter) return void response.end(content.subarray(from));
    response.write(content.subarray(from, from + cutAfter), () => setImmediate(() => response.destroy()));
  };

describe("an import", () => {
  it("[UR21] becomes a version, with format and gzip as address and answer say", async () => {
    const store = await open();
    answering = (_, response) => response.end(gzipSync("name,n\nada,1\nbob,2\n"));
    const begun = await begin(store, {}, `${source.origin}/people.csv.gz`);
    expect(begun).toMatchObject({ state: "running", path: PATH });
    expect(await ended(store, begun)).toMatchObject({
      state: "complete",
      version: 1,
      receivedBytes: gzipSync("name,n\nada,1\nbob,2\n").length,
    });
    const { latest } = await store.datasets.view(PATH);
    expect(latest).toMatchObject({ reading: { type: "csv", columns: ["name", "n"] }, records: 2 });
    answering = (_, response) =>
      response.writeHead(200, { "content-type": "application/x-ndjson" }).end("1\n2\n");
    expect(await ended(store, await begin(store))).toMatchObject({ version: 2, receivedBytes: 4 });
    expect((await store.datasets.view(PATH)).latest.format).toEqual({ type: "jsonl" });
    expect((await store.imports.list()).imports).toHaveLength(2);
  });

  it("[UR22] goes on where a connection broke, by Range of the same source, byte for byte", async () => {
    const store = await open();
    answering = serveFile(LINES, '"1"', 150_000);
    const view = await ended(store, await begin(store));
    expect(view).toMatchObject({ state: "complete", receivedBytes: LINES.length, length: LINES.length });
    expect(view.breaks).toBe(Math.ceil(LINES.length / 150_000) - 1);
    expect(asked.map(({ range }) => range)).toContain("bytes=150000-");
    expect((await contentOf(store)).equals(LINES)).toBe(true);
  });

  it("[UR23] begins anew when the source has changed, or nothing tells that it has not", async () => {
    const store = await open();
    const other = Buffer.from(LINES.toString().replaceAll("line", "word"));
    answering = (request, response) =>
      serveFile(
        asked.length === 1 ? LINES : other,
        `"${Math.min(asked.length, 2)}"`,
        asked.length === 1 ? 150_000 : Infinity,
      )(request, response);
    expect(await ended(store, await begin(store))).toMatchObject({ state: "complete", version: 1 });
    expect((await contentOf(store)).equals(other)).toBe(true);

    let served = 0;
    answering = (_, response) => {
      served += 1;
      response.writeHead(200, { "content-length": LINES.length });
      if (served > 1) response.end(LINES);
      else response.write(LINES.subarray(0, 150_000), () => response.destroy());
    };
    expect(await ended(store, await begin(store))).toMatchObject({ state: "complete", version: 2 });
    expect(asked.at(-1)).not.toHaveProperty("range");
    expect((await contentOf(store)).equals(LINES)).toBe(true);
  });

  it("[UR24] is refused, before anything is kept, for an address, answer or size that is not to be taken", async () => {
    const store = await open({ maxBytes: 1_000 });
    const refused = async (code: string, act: Answering, url?: string) => {
      answering = act;
      await expect(begin(store, {}, url), code).rejects.toMatchObject({ code });
    };
    const unasked: Answering = () => expect.fail("it was asked");
    const { port } = new URL(source.origin);
    await refused("url-host-refused", unasked, `http://other.org:${port}/`);
    await refused("url-scheme-refused", unasked, "ftp://example.org/");
    await refused("url-credentials-refused", unasked, `http://a:b@127.0.0.1:${port}/`);
    await refused("url-redirect-refused", (_, response) =>
      response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
    );
    await refused("url-redirect-refused", (_, response) =>
      response.writeHead(302, { location: "/words.txt" }).end(),
    );
    await refused("url-bad-answer", (_, response) => response.writeHead(404).end("no"));
    await refused("url-unreachable", (_, response) => response.writeHead(503).end());
    await refused("url-unreachable", (_, response) => response.destroy());
    await refused("url-too-large", (_, response) =>
      response.writeHead(200, { "content-length": 1_001 }).end(),
    );
    expect((await store.imports.list()).imports).toEqual([]);
    expect(await blockCount(store)).toBe(0);
  });

  it("[UR25] connects to the addresses that were checked: a name that means something else the next time is refused then", async () => {
    const answers = ["93.184.216.34", "127.0.0.1"];
    const names: string[] = [];
    const { port } = new URL(source.origin);
    const resolve = (name: string) => {
      names.push(name);
      return Promise.resolve([{ address: answers.shift() ?? "127.0.0.1", family: 4 }]);
    };
    const rebound = `http://rebound.example:${port}/`;
    const store = await open({
      rules: { hosts: [`rebound.example:${port}`], privateHosts: [] },
      resolve,
      idleMs: 300,
    });
    answering = () => expect.fail("the private address was asked");
    // The public address is the one that is connected to: it has not this port, or cannot be reached from here.
    await expect(begin(store, {}, rebound)).rejects.toMatchObject({
      code: expect.stringMatching(/^url-(unreachable|too-slow)$/) as string,
    });
    expect(names, "it was asked for once").toEqual(["rebound.example"]);
    await expect(begin(store, {}, rebound)).rejects.toMatchObject({
      code: "url-address-refused",
      message: expect.stringContaining(`rebound.example:${port} is at 127.0.0.1`) as string,
    });
    const both = await open({
      rules: { hosts: [`two.example:${port}`], privateHosts: [] },
      resolve: () =>
        Promise.resolve([
          { address: "93.184.216.34", family: 4 },
          { address: "::1", family: 6 },
        ]),
    });
    await expect(begin(both, {}, `http://two.example:${port}/`)).rejects.toMatchObject({
      code: "url-address-refused",
    });
    expect(asked).toEqual([]);
  });

  it("[UR26] that a host leads to a name of a private address is refused as what its redirect is", async () => {
    const { port, host } = new URL(source.origin);
    const store = await open({
      rules: { hosts: [`inside.example:${port}`], privateHosts: [host] },
      resolve: () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]),
    });
    answering = (_, response) =>
      response.writeHead(307, { location: `http://inside.example:${port}/` }).end();
    await expect(begin(store)).rejects.toMatchObject({
      code: "url-redirect-refused",
      message: expect.stringMatching(/leads to http:\/\/inside\.example.*is at 127\.0\.0\.1/) as string,
    });
    expect(asked).toHaveLength(1);
  });

  it("[UR27] fails with its reason and keeps nothing: too large or too slow on the way, wrong data, wrong digest", async () => {
    const failed = async (store: TestStore, code: string, act: Answering, more: object = {}) => {
      answering = act;
      const view = await ended(store, await begin(store, more));
      expect(view).toMatchObject({ state: "failed", problem: { type: `/problems/${code}` } });
      await expect(store.datasets.view(PATH)).rejects.toMatchObject({ code: "dataset-not-found" });
      expect(await blockCount(store)).toBe(0);
    };
    const endless: Answering = (_, response) => {
      const more = () =>
        void (response.destroyed || response.write(LINES.subarray(0, 65_536), () => setImmediate(more)));
      more();
    };
    await failed(await open({ maxBytes: 1_000_000 }), "url-too-large", endless);
    const silent: Answering = (_, response) => void response.write(LINES);
    await failed(await open({ idleMs: 100 }), "url-too-slow", silent);
    await failed(await open({ maxMs: 500 }), "url-too-slow", silent);
    const store = await open();
    await failed(store, "data-invalid", (_, response) => response.end('a,b\n1,"2\n'), { format: "csv" });
    await failed(store, "digest-mismatch", (_, response) => response.end(LINES), { sha256: "0".repeat(64) });
    await failed(store, "url-unreachable", (_, response) => {
      response.writeHead(200, { "content-length": LINES.length });
      response.write(LINES.subarray(0, 100_000), () => response.destroy());
    });
  });

  it("[UR28] goes on after the coordinator died, from its last whole block on", async () => {
    const before = await open();
    let release = () => {};
    answering = (request, response) => {
      if (asked.length > 1) return serveFile(LINES, '"1"')(request, response);
      response.writeHead(200, { etag: '"1"', "content-length": LINES.length });
      response.write(LINES.subarray(0, 300_000));
      release = () => response.destroy();
    };
    const begun = await begin(before);
    await vi.waitUntil(async () => (await before.imports.view(begun.id)).blocks >= 4, SOON);
    const store = await before.afterCrash();
    await before.imports.close();
    // Before the one whose folder it lives in.
    stores.unshift(store);
    release();
    await store.imports.restore();
    const view = await ended(store, begun);
    expect(view).toMatchObject({ state: "complete", version: 1, breaks: 1 });
    const { range } = asked.at(-1) ?? {};
    expect(Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1])).toBeGreaterThanOrEqual(4 * BLOCK);
    expect(
      createHash("sha256")
        .update(await contentOf(store))
        .digest("hex"),
    ).toBe(createHash("sha256").update(LINES).digest("hex"));
  });

  it("[UR29] that is given up ends at once and keeps nothing; one that has ended is forgotten", async () => {
    const store = await open();
    answering = (_, response) => void response.write(LINES);
    const { id } = await begin(store);
    await store.imports.remove(id);
    await expect(store.imports.view(id)).rejects.toMatchObject({ code: "import-not-found" });
    expect(await blockCount(store)).toBe(0);
    expect(await store.uploads.list()).toEqual([]);
  });
});

describe("Parquet from an address", () => {
  it("[PQ33] is known by the address's ending, and may be a job's input, of which columns are chosen", async () => {
    const data = Array.from({ length: 500 }, (_, row) => row);
    const file = Buffer.from(
      writeParquet(["a", "b"].map((name) => ({ name, data, type: "INT32" as const }))),
    );
    answering = serveFile(file, '"1"');
    const store = await open();
    const url = `${source.origin}/table.parquet`;
    const view = await ended(store, await begin(store, {}, url));
    expect(view).toMatchObject({ state: "complete", records: 500 });
    expect((await store.datasets.viewVersion(PATH, null)).reading).toEqual({
      ...{ type: "parquet", columns: ["a", "b"] },
    });
    const request = SubmitJob.parse({
      program: { source: "export const map = (row) => row;" },
      input: { url, columns: ["b"] },
    });
    const { created } = await storeJob({ ...store, now: () => AT }, request, null);
    expect(created?.plan).toMatchObject({ format: { type: "parquet" }, blocks: [{ records: 500 }] });
    const lacking = { ...request, input: { url, columns: ["c"] } } as typeof request;
    const refused = storeJob({ ...store, now: () => AT }, lacking, null);
    await expect(refused).rejects.toThrow('there is no column "c" among "a", "b"');
  });
});
