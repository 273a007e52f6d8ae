/** Datasets by SDK and command line: connections that break, a coordinator that is killed, pipes, and what is refused. */
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, connect as connectTo, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { connect } from "../sdk/node/tabgrid";
import { runCli } from "./fixtures/cli";
import { expect, test } from "./fixtures/test";

const MIB = 2 ** 20;
const QUICK = { attempts: 40, firstMs: 20, longestMs: 200 };
const COUNT = { source: "export const map = () => {};\nexport const reduce = () => 0;\n" };

/** Numbered lines. */
function lines(bytes: number, seed: string): Buffer {
  const text: string[] = [];
  for (let length = 0, n = 0; length < bytes; n++) {
    const line = `${n} ${createHash("sha256")
      .update(`${seed}${n >> 8}`)
      .digest("hex")
      .repeat(8)}\n`;
    text.push(line);
    length += line.length;
  }
  return Buffer.from(text.join(""));
}

/** Passes connections on, and cuts each one after so many bytes in either direction. */
async function openCuttingProxy(target: string, cutAfterBytes: number) {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connectTo(Number(port), hostname);
    let left = cutAfterBytes;
    const pass = (from: Socket, to: Socket) => {
      sockets.add(from);
      from.on("error", () => {});
      from.on("close", () => to.destroy());
      from.on("data", (chunk: Buffer) => {
        to.write(chunk.subarray(0, Math.max(0, left)));
        const isFirst = left > 0;
        left -= chunk.length;
        if (left > 0) return;
        if (isFirst) cuts += 1;
        // What was written leaves first.
        setTimeout(() => (client.destroy(), upstream.destroy()), 20);
      });
    };
    pass(client, upstream);
    pass(upstream, client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get cuts() {
      return cuts;
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

test("[E3901] the SDK uploads and reads a dataset over connections that break and a coordinator that is killed, byte for byte", async ({
  coordinator,
  volunteer,
}) => {
  const file = path.join(await mkdtemp(path.join(tmpdir(), "tabgrid-data-")), "lines.txt");
  const data = lines(14 * MIB, "a");
  await writeFile(file, data);
  const proxy = await openCuttingProxy(coordinator.origin, 3 * MIB);
  const cut = connect(proxy.url, { retries: QUICK });
  const told: (readonly [number, number | null])[] = [];
  const onProgress = (...progress: readonly [number, number | null]) => void told.push(progress);
  const put = await cut.datasets.put("/ada/lines", file, { retries: QUICK, onProgress });
  expect(put).toMatchObject({ path: "/ada/lines", versions: 1, latest: { version: 1, bytes: data.length } });
  expect(put.latest.sha256).toBe(createHash("sha256").update(data).digest("hex"));
  expect(told.at(-1)).toEqual([data.length, data.length]);
  expect((await readAll(cut.datasets.read("/ada/lines"))).equals(data)).toBe(true);
  expect(proxy.cuts).toBeGreaterThanOrEqual(7);
  proxy.close();

  // The second version comes as a stream, and the coordinator is killed in the middle of it.
  const grid = connect(coordinator.origin, { retries: QUICK });
  const second = lines(14 * MIB, "b");
  async function* pieces() {
    for (let at = 0; at < second.length; at += MIB) {
      if (at === 10 * MIB) {
        await coordinator.kill();
        await coordinator.start();
      }
      yield second.subarray(at, at + MIB);
    }
  }
  const streamed = await grid.datasets.put("/ada/lines", pieces(), { retries: QUICK });
  expect(streamed.latest).toMatchObject({ version: 2, bytes: second.length });
  expect((await readAll(grid.datasets.read("/ada/lines"))).equals(second)).toBe(true);
  expect((await readAll(grid.datasets.read("/ada/lines", { version: 1 }))).equals(data)).toBe(true);

  const blocks = [];
  for await (const block of grid.datasets.blocks("/ada/lines", { version: 2 })) blocks.push(block);
  expect(blocks.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(second.length);
  await volunteer();
  const job = grid.job({ program: COUNT, input: { dataset: "/ada/lines" }, options: { quorum: 1 } });
  const view = await (await job.submit()).finished();
  expect(view.inputRecords).toBe(streamed.latest.records);

  await grid.datasets.remove("/ada/lines", { version: 1 });
  const left = [];
  for await (const { version } of grid.datasets.versions("/ada/lines")) left.push(version);
  expect(left).toEqual([2]);
  await expect(grid.datasets.version("/ada/lines", { version: 1 })).rejects.toMatchObject({
    code: "dataset-not-found",
  });
  await expect(grid.datasets.put("lines", new Blob(["a"]))).rejects.toThrow(
    'A dataset\'s path looks like /user/name; got "lines"',
  );
  const text = new Blob(["one\ntwo\n"]).stream();
  expect((await grid.datasets.put("/ada/two", text)).latest).toMatchObject({ records: 2, bytes: 8 });
});

test("[E3902] the command line puts files and pipes, lists, gets and deletes datasets, runs jobs on them, and says what is wrong with data", async ({
  coordinator,
  volunteer,
}) => {
  await volunteer();
  const folder = await mkdtemp(path.join(tmpdir(), "tabgrid-data-"));
  const url = coordinator.origin;
  const cli = (parameters: string[], input = "") => runCli(parameters, { url, cwd: folder, input });
  const CSV = 'name,n\nada,1\n"b\nob",2\n';
  await writeFile(path.join(folder, "people.csv"), CSV);
  await writeFile(path.join(folder, "words.txt.gz"), gzipSync("a\nb\nc\n"));
  await writeFile(path.join(folder, "wrong.csv"), 'name,n\nada,1\nbob,"2\n');
  await writeFile(path.join(folder, "sum.js"), "export const map = ({ n }) => Number(n);\n");

  const put = await cli(["dataset", "put", "/ada/people", "people.csv"]);
  expect(put).toMatchObject({ code: 0, stderr: "" });
  expect(put.stdout).toMatch(/^\/ada\/people {2}version 1 {2}csv {2}22 bytes {2}2 records {2}1 block {2}20/);
  const packed = await cli(["dataset", "put", "/ada/words", "words.txt.gz", "--json"]);
  expect(JSON.parse(packed.stdout)).toMatchObject({ latest: { bytes: 6, records: 3 } });
  expect(await cli(["dataset", "put", "/ada/words"], "d\ne\n")).toMatchObject({ code: 0 });
  expect((await cli(["dataset", "ls", "/ada/"])).stdout.split("\n")).toEqual([
    "/ada/people  1 version  csv  22 bytes  2 records  1 block",
    "/ada/words  2 versions  lines  4 bytes  2 records  1 block",
    "",
  ]);
  expect(await cli(["dataset", "get", "/ada/people"])).toMatchObject({ code: 0, stdout: CSV });
  expect((await cli(["dataset", "get", "/ada/words", "--at", "1"])).stdout).toBe("a\nb\nc\n");

  const run = await cli([
    "run",
    "sum.js",
    "--dataset",
    "/ada/people",
    "--quorum",
    "1",
    "--format",
    "values",
    "-q",
  ]);
  expect(run).toMatchObject({ code: 0, stdout: "1\n2\n", stderr: "" });
  await writeFile(path.join(folder, "twice.js"), "export const map = (line) => line + line;\n");
  const submitted = await cli(["submit", "twice.js", "--dataset", "/ada/words@1", "--quorum", "1", "-q"]);
  const exported = await cli(["job", "export", submitted.stdout.trim()]);
  expect(exported, "the lines go along").toMatchObject({ code: 0, stderr: "" });
  await writeFile(path.join(folder, "job.xml"), exported.stdout);
  const imported = await cli(["job", "import", "job.xml", "-q"]);
  expect((await cli(["result", imported.stdout.trim(), "--format", "values"])).stdout).toBe("aa\nbb\ncc\n");
  expect((await cli(["dataset", "versions", "/ada/words"])).stdout).toMatch(/version 2 [^]*version 1 /);
  expect((await cli(["dataset", "rm", "/ada/words", "--at", "2"])).code).toBe(0);
  expect((await cli(["dataset", "get", "/ada/words"])).stdout).toBe("a\nb\nc\n");
  expect((await cli(["dataset", "rm", "/ada/words"])).code).toBe(0);

  const wrong = await cli(["dataset", "put", "/ada/people", "wrong.csv"]);
  expect(wrong).toMatchObject({ code: 4, stdout: "" });
  expect(wrong.stderr).toContain("Row 3 has a quote that is never closed");
  const broken = await cli(["dataset", "put", "/ada/people", "people.csv", "--sha256", "0".repeat(64)]);
  expect(broken).toMatchObject({ code: 4, stdout: "" });
  expect((await cli(["dataset", "get", "/ada/people"])).stdout, "nothing of them is kept").toBe(CSV);
  expect(await cli(["dataset", "get", "/ada/words"])).toMatchObject({ code: 4, stdout: "" });
  expect((await cli(["dataset", "put", "/ada/x", "nowhere.txt"])).code).toBe(2);
  const unnamed = await cli(["dataset", "put", "words", "people.csv"]);
  expect(unnamed.code).toBe(2);
  expect(unnamed.stderr).toContain('a dataset\'s path looks like /user/name; got "words"');
  await rm(folder, { recursive: true });
});
