import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { digestOf } from "../../protocol/digest";
import { listen } from "../../testing/listen";
import { readRuntimeFiles, serveRuntimes } from "./runtime-files";

const bytes = Buffer.alloc(100_000, "runtime");
const digest = digestOf(bytes);
let folder: string;
let server: Awaited<ReturnType<typeof listen>>;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "runtimes-"));
  await writeFile(path.join(folder, digest), bytes);
  await writeFile(path.join(folder, `${digest}.gz`), gzipSync(bytes));
  const serve = serveRuntimes(await readRuntimeFiles(folder));
  server = await listen((request, response) => {
    if (!serve(request, response)) response.writeHead(299).end();
  });
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const get = (name: string, init: RequestInit = {}) => fetch(`${server.origin}/api/v1/blocks/${name}`, init);

describe("the files of runtimes", () => {
  it("[RF1] are served as blocks for ever, compressed to those who take that", async () => {
    const packed = await get(digest, { headers: { "accept-encoding": "gzip" } });
    expect(packed.headers.get("content-encoding")).toBe("gzip");
    expect(packed.headers.get("cache-control")).toContain("immutable");
    expect(Buffer.from(await packed.arrayBuffer()).equals(bytes)).toBe(true);
    const plain = await get(digest, { headers: { "accept-encoding": "identity" } });
    expect(plain.headers.get("content-encoding")).toBeNull();
    expect(plain.headers.get("content-length")).toBe("100000");
    expect(Buffer.from(await plain.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it("[RF2] are not sent again to those who have them, nor with HEAD", async () => {
    const known = await get(digest, { headers: { "if-none-match": `"${digest}"` } });
    expect(known.status).toBe(304);
    const head = await get(digest, { method: "HEAD" });
    expect([head.status, (await head.arrayBuffer()).byteLength]).toEqual([200, 0]);
  });

  it("[RF3] leave other blocks, other addresses and uploads to others", async () => {
    expect((await get("0".repeat(64))).status).toBe(299);
    expect((await get(digest, { method: "PUT", body: "x" })).status).toBe(299);
    expect((await fetch(`${server.origin}/${digest}`)).status).toBe(299);
  });
});
