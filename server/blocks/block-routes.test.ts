import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { digestOf, digestOfText } from "../../protocol/digest";
import { LIMITS } from "../../protocol/limits";
import { listen } from "../../testing/listen";
import type { BlockStore } from "../grid-api";
import { log } from "../log";
import { newVolunteerToken, volunteerCookie } from "../volunteer-token";
import { serveBlocks } from "./block-routes";
import { openDiskBlockStore } from "./disk-block-store";

let folder: string;
let store: BlockStore;
let server: Awaited<ReturnType<typeof listen>>;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "blocks-"));
  store = await openDiskBlockStore(folder);
  const serve = serveBlocks(store);
  server = await listen((request, response) => {
    if (!serve(request, response)) response.writeHead(299).end();
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await server.close();
  await rm(folder, { recursive: true });
});

const bytes = Buffer.alloc(300_000, "block");
const digest = digestOf(bytes);
const cookie = volunteerCookie(newVolunteerToken(), false).split(";", 1)[0] ?? "";
const at = (name: string) => `${server.origin}/api/v1/blocks/${name}`;
const put = (name: string, body: BodyInit, headers: Record<string, string> = { cookie }) =>
  fetch(at(name), { method: "PUT", body, headers });

describe("GET and HEAD", () => {
  it("[BR1] serves a block's bytes, cacheable for ever", async () => {
    await store.write(bytes);
    const response = await fetch(at(digest));
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "cache-control": "public, max-age=31536000, immutable",
      etag: `"${digest}"`,
      "content-length": "300000",
      "content-type": "application/octet-stream",
    });
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
  });

  it("[BR15] sends what shrinks as gzip to those who are far and take it, once packed for all; the rest, parts and neighbours as it is", async () => {
    const far = serveBlocks(store, undefined, undefined, ({ headers }) => headers["x-far"] === "1");
    const distant = await listen((request, response) => void far(request, response));
    const random = Buffer.from(Array.from({ length: 20_000 }, (_, n) => (n * n * 2_654_435_761) >>> 13));
    await Promise.all([store.write(bytes), store.write(random)]);
    const read = vi.spyOn(store, "read");
    const get = (name: string, headers: Record<string, string>, method = "GET") =>
      fetch(`${distant.origin}/api/v1/blocks/${name}`, { method, headers });
    for (const method of ["GET", "HEAD", "GET"]) {
      const packed = await get(digest, { "x-far": "1", "accept-encoding": "br, gzip" }, method);
      expect(packed.headers.get("content-encoding")).toBe("gzip");
      expect(packed.headers.get("vary")).toBe("accept-encoding");
      expect(packed.headers.get("etag")).toBe(`"${digest}-gzip"`);
      expect(Number(packed.headers.get("content-length"))).toBeLessThan(bytes.length / 10);
      if (method === "GET") expect(Buffer.from(await packed.arrayBuffer()).equals(bytes)).toBe(true);
    }
    expect(read).toHaveBeenCalledTimes(1);
    const held = await get(digest, { "x-far": "1", "if-none-match": `"${digest}-gzip"` });
    expect([held.status, held.headers.get("etag")]).toEqual([304, `"${digest}-gzip"`]);
    for (const [name, headers] of [
      [digest, { "accept-encoding": "gzip" }],
      [digest, { "x-far": "1", "accept-encoding": "gzip;q=0, identity" }],
      [digest, { "x-far": "1", "accept-encoding": "gzip", range: "bytes=0-9" }],
      [digestOf(random), { "x-far": "1", "accept-encoding": "gzip" }],
    ] as const) {
      const plain = await get(name, headers);
      expect(plain.headers.get("content-encoding"), JSON.stringify(headers)).toBeNull();
      expect(plain.headers.get("etag")).toBe(`"${name}"`);
      await plain.arrayBuffer();
    }
    await distant.close();
  });

  it("[BR2] answers HEAD with the same headers and no body", async () => {
    await store.write(bytes);
    const response = await fetch(at(digest), { method: "HEAD" });
    expect([response.status, response.headers.get("content-length")]).toEqual([200, "300000"]);
    expect(await response.text()).toBe("");
  });

  it("[BR3] answers 304 to one that has the block", async () => {
    const response = await fetch(at(digest), { headers: { "if-none-match": `"${digest}"` } });
    expect([response.status, await response.text()]).toEqual([304, ""]);
  });

  it("[BR20] serves the part of a block that is asked for, so that a broken transfer can go on", async () => {
    await store.write(bytes);
    const part = async (range: string, headers = {}) => {
      const response = await fetch(at(digest), { headers: { range, ...headers } });
      const length = (await response.arrayBuffer()).byteLength;
      return [response.status, response.headers.get("content-range"), length];
    };
    expect(await part("bytes=10-19")).toEqual([206, "bytes 10-19/300000", 10]);
    expect(await part("bytes=299990-")).toEqual([206, "bytes 299990-299999/300000", 10]);
    expect(await part("bytes=-5")).toEqual([206, "bytes 299995-299999/300000", 5]);
    expect(await part("bytes=0-0", { "if-range": '"another"' })).toEqual([200, null, 300_000]);
    expect((await part("bytes=300000-")).slice(0, 2)).toEqual([416, "bytes */300000"]);
  });

  it("[BR21] tells who watches for it that a block was asked for and is not there", async () => {
    const missing: string[] = [];
    const serve = serveBlocks(store, undefined, (lost) => missing.push(lost));
    const watched = await listen((request, response) => void serve(request, response));
    const gone = digestOfText("gone");
    expect((await fetch(`${watched.origin}/api/v1/blocks/${gone}`)).status).toBe(404);
    expect(missing).toEqual([gone]);
    await watched.close();
  });

  it("[BR22] looks at a block anew that a tab was sent wrong, once for all that say so at a time, and tells who watches when it is lost", async () => {
    const missing: string[] = [];
    const serve = serveBlocks(store, undefined, (lost) => missing.push(lost));
    const watched = await listen((request, response) => void serve(request, response));
    const get = async (name: string) => (await fetch(`${watched.origin}/api/v1/blocks/${name}`)).status;
    await store.write(bytes);
    expect(await get(`${digest}?suspect=1`)).toBe(200);
    await writeFile(path.join(folder, digest.slice(0, 2), digest), "rotten");
    vi.spyOn(log, "error").mockReturnValue();
    const verify = vi.spyOn(store, "verify");
    expect([await get(digest), missing]).toEqual([200, []]);
    expect(await Promise.all([1, 2, 3].map(() => get(`${digest}?suspect=1`)))).toEqual([404, 404, 404]);
    expect(verify).toHaveBeenCalledTimes(1);
    expect(new Set(missing)).toEqual(new Set([digest]));
    expect(await get(digest)).toBe(404);
    await watched.close();
  });

  it("[BR14] lets go of the file when the reader leaves half-way, and does not call that a bug", async () => {
    const error = vi.spyOn(log, "error");
    const opened = vi.spyOn(store, "open");
    const large = await store.write(Buffer.alloc(32 * 1024 * 1024, 1));
    const response = await fetch(at(large));
    await response.body?.cancel();
    const { body } = await opened.mock.results[0]?.value;
    await vi.waitFor(() => expect(body.closed).toBe(true));
    expect(error).not.toHaveBeenCalled();
  });

  it("[BR4] answers what is not there with a problem", async () => {
    const response = await fetch(at(digest));
    expect([response.status, response.headers.get("content-type")]).toEqual([
      404,
      "application/problem+json",
    ]);
    expect(await response.json()).toMatchObject({ type: "/problems/block-not-found" });
  });

  it("[BR5] refuses a name that is no digest, saying how one looks", async () => {
    const response = await fetch(at(digest.toUpperCase()));
    expect(await response.json()).toMatchObject({
      type: "/problems/invalid-input",
      detail: expect.stringContaining("64 lower-case"),
    });
  });
});

describe("PUT", () => {
  it("[BR6] stores a new block with 201 and answers 200 when it was there", async () => {
    expect((await put(digest, bytes)).status).toBe(201);
    expect((await put(digest, bytes)).status).toBe(200);
    expect(Buffer.from(await store.read(digest))).toEqual(bytes);
  });

  it("[BR7] refuses bytes that are not what their digest says", async () => {
    const response = await put(digestOfText("other"), bytes);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ type: "/problems/digest-mismatch" });
  });

  it("[BR8] takes blocks only from volunteers, and names the cookie that is missing", async () => {
    const response = await put(digest, "x", {});
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      detail: expect.stringContaining("cookie tabgrid_volunteer"),
    });
  });

  it("[BR9] refuses a block that announces to be too large, before it is sent", async () => {
    const answer = await startPut({ "content-length": String(LIMITS.blockBytes + 1) }).answer;
    expect([answer.statusCode, answer.headers.connection]).toEqual([413, "close"]);
    expect(JSON.parse(await text(answer))).toMatchObject({ detail: expect.stringContaining("blockBytes") });
  });

  it("[BR10] refuses a block without a length when it goes over the limit", async () => {
    const { upload, answer } = startPut({ "transfer-encoding": "chunked" });
    const chunk = Buffer.alloc(4 * 1024 * 1024);
    for (let sent = 0; sent <= LIMITS.blockBytes; sent += chunk.length) upload.write(chunk);
    expect((await answer).statusCode).toBe(413);
    upload.destroy();
  });

  it("[BR11] keeps nothing of a sender that leaves, and does not call that a bug", async () => {
    const error = vi.spyOn(log, "error");
    const received = vi.spyOn(store, "receive");
    const { upload, answer } = startPut({ "content-length": String(bytes.length) });
    upload.write(bytes.subarray(0, 1000));
    await vi.waitFor(() => expect(received).toHaveBeenCalled());
    upload.destroy();
    await expect(answer).rejects.toThrow();
    await expect(received.mock.results[0]?.value).rejects.toThrow("left before the end");
    expect([await store.has(digest), await readdir(path.join(folder, "tmp"))]).toEqual([false, []]);
    expect(error).not.toHaveBeenCalled();
  });
});

it("[BR12] answers other methods 405 with Allow, and leaves other addresses alone", async () => {
  const response = await fetch(at(digest), { method: "DELETE" });
  expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD, PUT"]);
  expect((await fetch(`${server.origin}/api/v1/jobs`)).status).toBe(299);
});

it("[BR13] logs a bug of the store and answers `internal`", async () => {
  const error = vi.spyOn(log, "error").mockImplementation(() => {});
  vi.spyOn(store, "open").mockRejectedValue(new Error("secret"));
  const response = await fetch(at(digest));
  expect([response.status, (await response.text()).includes("secret")]).toEqual([500, false]);
  expect(error).toHaveBeenCalledOnce();
});

/** A PUT whose body is sent by hand. */
function startPut(headers: Record<string, string>) {
  const upload = httpRequest(at(digest), { method: "PUT", headers: { ...headers, cookie } });
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    upload.once("response", resolve);
    upload.on("error", reject);
  });
  upload.flushHeaders();
  return { upload, answer };
}
