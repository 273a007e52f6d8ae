/** Data that is broken, missing or too much: each is refused in its own words, nothing half-written is served, and other jobs go on. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdir, rm, stat } from "node:fs/promises";
import { connect } from "node:net";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { BlockPage, UploadList } from "../protocol/dataset";
import { LIMITS } from "../protocol/limits";
import { fileAnswer } from "./fixtures/file-host";
import { expectSquares, squares } from "./fixtures/jobs";
import type { Rest } from "./fixtures/rest";
import { expect, test as base } from "./fixtures/test";
import { until } from "./fixtures/until";

const MIB = 2 ** 20;
const TASKS = 400;

const test = base.extend({
  // No file of the coordinator's can have more than 12 MiB: for larger blocks its disk is full.
  settings: async ({ files }, use) =>
    use({
      FILE_KIB: String(12 * 1024),
      TABGRID_URL_HOSTS: "*",
      TABGRID_URL_PRIVATE_HOSTS: files.host,
      TABGRID_DATASET_BYTES_PER_USER: String(80 * MIB),
    }),
});

interface Wrong {
  what: string;
  problem: string;
  words: string | RegExp;
  query?: string;
  body: () => Buffer;
  headers?: Record<string, string>;
}

const flipped = (bytes: Buffer, at: number) => {
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0xff, at);
  return bytes;
};
const digestOf = (text: string) => `sha-256=:${createHash("sha256").update(text).digest("base64")}:`;

const WRONG: readonly Wrong[] = [
  {
    what: "another digest than was said",
    ...{ problem: "digest-mismatch", words: "have the digest" },
    body: () => Buffer.from("one\ntwo\n"),
    headers: { "repr-digest": digestOf("one\ntwo") },
  },
  {
    what: "gzip that was changed on the way",
    ...{ problem: "data-invalid", words: "The gzip cannot be unpacked" },
    body: () => {
      const packed = gzipSync("line\n".repeat(100_000));
      return flipped(packed, packed.length - 6);
    },
    headers: { "content-encoding": "gzip" },
  },
  {
    what: "gzip that ends early",
    ...{ problem: "data-invalid", words: "The gzip cannot be unpacked: unexpected end of file" },
    body: () => gzipSync("line\n".repeat(100_000)).subarray(0, 200),
    headers: { "content-encoding": "gzip" },
  },
  {
    what: "gzip that unpacks to a thousand times its size",
    ...{ problem: "data-invalid", words: /gzipRatio/ },
    body: () => gzipSync(Buffer.alloc(72 * MIB, "aaaaaaa\n")),
    headers: { "content-encoding": "gzip" },
  },
  {
    what: "a quote that is never closed",
    ...{ problem: "data-invalid", words: "Row 3 has a quote that is never closed", query: "format=csv" },
    body: () => Buffer.from('name,n\nada,1\nbob,"2\ncy,3\n'),
  },
  {
    what: "a record over the limit",
    ...{ problem: "data-invalid", words: "(recordBytes); record 1 has" },
    body: () => Buffer.concat([Buffer.from("short\n"), Buffer.alloc(LIMITS.recordBytes + 10, "x")]),
  },
  {
    what: "a block that the disk has no room for",
    ...{
      problem: "disk-full",
      words: "The disk that keeps the blocks is full",
      query: `blockBytes=${16 * MIB}`,
    },
    body: () => Buffer.from("a line of text\n".repeat((20 * MIB) / 15)),
  },
];

async function nothingIsServed(rest: Rest, name: string): Promise<void> {
  for (const part of ["", "/content", "/blocks", "/versions"]) {
    const response = await rest.fetch(`/api/v1/datasets/eve/${name}${part}`);
    expect([part, response.status]).toEqual([part, 404]);
  }
}

test("[E3921] truncated, corrupt, oversized, misquoted and unwanted data, a full disk, a lost block and a lost run each say what they are, while a job in a tab runs on", async ({
  coordinator,
  files,
  rest,
  volunteer,
}) => {
  await volunteer(2);
  const job = await rest.submit(squares(TASKS, 60));
  await rest.jobUntil(job.id, "has begun", ({ progress }) => progress > 0);

  for (const [index, { what, problem, words, query = "", body, headers = {} }] of WRONG.entries()) {
    const init = { method: "PUT", body: new Uint8Array(body()), headers };
    const answer = await rest.problem(`/api/v1/datasets/eve/wrong${index}?${query}`, init);
    expect(answer.type, what).toBe(`/problems/${problem}`);
    expect(answer.detail, what).toEqual(
      typeof words === "string" ? expect.stringContaining(words) : expect.stringMatching(words),
    );
    await nothingIsServed(rest, `wrong${index}`);
  }

  await sendHalf(coordinator.origin, "/api/v1/datasets/eve/half");
  await nothingIsServed(rest, "half");

  // More than there is room for is refused before a byte is sent.
  const tooMuch = await rest.post("/api/v1/uploads", { dataset: "/eve/much", length: 81 * MIB });
  expect([tooMuch.status, await tooMuch.text()]).toEqual([
    507,
    expect.stringContaining("/eve may have 83886080 bytes"),
  ]);

  // What comes from elsewhere is held to the same.
  const inside = files.serve("/inside", (_, response) =>
    response.writeHead(302, { location: "http://169.254.169.254/latest/meta-data" }).end(),
  );
  const led = await rest.post("/api/v1/datasets/eve/led/import", { url: inside });
  expect([led.status, await led.text()]).toEqual([
    403,
    expect.stringMatching(/url-redirect-refused.*169\.254\.169\.254/),
  ]);
  const large = files.serve(
    "/large.txt",
    fileAnswer(Buffer.from("a line of text\n".repeat((20 * MIB) / 15))),
  );
  const begun = await rest.post("/api/v1/datasets/eve/large/import", { url: large, blockBytes: 16 * MIB });
  expect(begun.status).toBe(202);
  const address = begun.headers.get("location") ?? "";
  const failed = await until(
    "the import ends",
    async () => (await (await rest.fetch(address)).json()) as { state: string; problem?: { type: string } },
    ({ state }) => state !== "running",
  );
  expect(failed).toMatchObject({ state: "failed", problem: { type: "/problems/disk-full" } });
  for (const name of ["much", "led", "large"]) await nothingIsServed(rest, name);

  expect(await rest.datasets()).toEqual([]);
  expect(UploadList.parse(await (await rest.fetch("/api/v1/uploads")).json()).uploads).toEqual([]);

  for (const lose of [loseBlock, loseRun]) {
    const lostJob = await lose(coordinator.dataDir, rest);
    expect((await rest.job(job.id)).state, "the other job goes on all the while").toMatch(
      /running|completed/,
    );
    const lost = await rest.jobUntil(lostJob, "fails", ({ endedAt }) => endedAt !== null);
    expect(lost).toMatchObject({ state: "failed", failure: { code: "input-lost" } });
  }

  await rest.completed(job.id);
  expectSquares(await rest.result(job.id), TASKS);
  // The operator hears of the block, and of nothing else.
  const said = new Set(coordinator.bugs.map(({ msg }) => msg));
  expect([...said]).toEqual(["a block of a job is not in the store any more"]);
  coordinator.log.length = 0;
});

/** Says that there is more to come, and leaves. */
async function sendHalf(origin: string, address: string): Promise<void> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  const head = `PUT ${address} HTTP/1.1\r\nhost: ${hostname}\r\ncontent-length: 1000000\r\n\r\n`;
  await new Promise<void>((resolve) => socket.write(head + "half a line\n".repeat(20_000), () => resolve()));
  socket.end();
  socket.resume();
  await once(socket, "close");
}

/** A dataset of two blocks, one of which goes from the disk; and a job that reads it. */
async function loseBlock(dataDir: string, rest: Rest) {
  const bytes = LIMITS.minDatasetBlockBytes;
  const address = "/api/v1/datasets/eve/lost";
  const text = Array.from({ length: 20_000 }, (_, place) => `${place}\n`).join("");
  const put = await rest.fetch(`${address}?blockBytes=${bytes}`, { method: "PUT", body: text });
  expect(put.status).toBe(201);
  const { blocks } = BlockPage.parse(await (await rest.fetch(`${address}/blocks`)).json());
  const [, { digest } = { digest: "" }] = blocks;
  await rm(path.join(dataDir, "blocks", "datasets", digest.slice(0, 2), digest));
  // It breaks off: what came does not look complete.
  const reading = rest.fetch(`${address}/content`).then((response) => response.text());
  await expect(reading).rejects.toThrow();
  const { id } = await rest.submit({
    program: { source: "export const map = (line) => line;" },
    input: { dataset: "/eve/lost" },
    options: { quorum: 1 },
  });
  return id;
}

/** A job that is at its reducer, one of whose runs goes from the disk, and is asked for. */
async function loseRun(dataDir: string, rest: Rest) {
  const source = `export function map(n, { emit }) { for (let m = 0; m < 2000; m++) emit(n + "-" + m, "a value"); }
    export function reduce() { for (;;); }`;
  const { id } = await rest.submit({
    program: { source },
    input: { range: { end: 2 } },
    options: { quorum: 1, reducers: 1 },
  });
  await rest.jobUntil(id, "reduces", ({ stages }) =>
    stages.some(({ name, copiesOut }) => name === "reduce" && copiesOut > 0),
  );
  const folder = path.join(dataDir, "blocks", "runs", id);
  const names = (await readdir(folder, { recursive: true })).filter((name) => /[0-9a-f]{64}$/.test(name));
  const sizes = new Map<string, number>();
  for (const name of names) sizes.set(name, (await stat(path.join(folder, name))).size);
  // The list of the runs is much smaller than they are.
  const [run = ""] = names.sort((a, b) => (sizes.get(b) ?? 0) - (sizes.get(a) ?? 0));
  await rm(path.join(folder, run));
  await rest.problem(`/api/v1/blocks/${path.basename(run)}`);
  return id;
}
