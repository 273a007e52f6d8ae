/** Submitters' clients against a real coordinator and real tabs: the SDK, the command line, and a client in Python. */
import { execFile } from "node:child_process";
import { createServer, connect as connectTo, type AddressInfo, type Socket } from "node:net";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import type { Page } from "@playwright/test";
import { JobId } from "../protocol/ids";
import { JobFailedError, RefusedError } from "../sdk/errors";
import { connect, range } from "../sdk/node/tabgrid";
import { hasPython } from "../scripts/lib/python.mjs";
import { BIN, runCli, startCli } from "./fixtures/cli";
import type { Rest } from "./fixtures/rest";
import { expect, test } from "./fixtures/test";
import { until } from "./fixtures/until";

const WORDS = "examples/word-count/program.js";
const TEXT = "examples/word-count/README.md";
const quorum1 = { options: { quorum: 1 } };

function isPrime(n: number): boolean {
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false;
  return n > 1;
}

test("[E3401] a loop over a map of a million numbers sees every result once, in order", async ({
  coordinator,
  volunteer,
}) => {
  await volunteer(2);
  const grid = connect(coordinator.origin);
  const primes: number[] = [];
  let n = 0;
  for await (const result of grid.map(range(1e6), isPrime, quorum1)) {
    if (result) primes.push(n);
    n += 1;
  }
  expect(n).toBe(1e6);
  expect(primes).toHaveLength(78_498);
  expect(primes.slice(0, 5).concat(primes.at(-1) ?? 0)).toEqual([2, 3, 5, 7, 11, 999_983]);
});

/** Passes connections on, and cuts each one after so many bytes of answers. */
async function openCuttingProxy(target: string, cutAfterBytes: () => number) {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connectTo(Number(port), hostname);
    let left = cutAfterBytes();
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => (client.destroy(), upstream.destroy()));
    }
    client.pipe(upstream);
    upstream.on("data", (chunk: Buffer) => {
      client.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left > 0) return;
      cuts += 1;
      client.end();
      upstream.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cuts: () => cuts,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

test("[E3402] results go on where their connection broke, without one lost or told twice, and items may come one by one", async ({
  coordinator,
  volunteer,
}) => {
  await volunteer(2);
  let connections = 0;
  // Enough for a submission's answer; long results take several connections.
  const proxy = await openCuttingProxy(coordinator.origin, () => 6_000 + 1_000 * connections++);
  try {
    const grid = connect(proxy.url, { retries: { attempts: 10, firstMs: 20, longestMs: 200 } });
    async function* items() {
      for (let n = 0; n < 3_000; n++) yield { n };
    }
    const factor = 3;
    const results = grid.map(items(), ({ n }) => n * factor, { ...quorum1, with: { factor } });
    expect(await results.toArray()).toEqual(Array.from({ length: 3_000 }, (_, n) => n * 3));
    expect(proxy.cuts()).toBeGreaterThan(1);
  } finally {
    proxy.close();
  }
});

test("[E3403] an aborted map and a loop that is left cancel their jobs", async ({
  coordinator,
  volunteer,
  rest,
}) => {
  await volunteer();
  const grid = connect(coordinator.origin);
  const slowly = (n: number) => {
    const end = performance.now() + 50;
    while (performance.now() < end);
    return n;
  };
  const leaving = new AbortController();
  const reading = (async () => {
    for await (const n of grid.map(range(10_000), slowly, {
      ...quorum1,
      name: "aborted",
      signal: leaving.signal,
    }))
      if (n === 2) leaving.abort(new Error("enough"));
  })();
  await expect(reading).rejects.toThrow("enough");
  for await (const n of grid.map(range(10_000), slowly, { ...quorum1, name: "left" })) if (n === 2) break;
  for await (const { name, state } of grid.jobs())
    expect({ name, state }).toEqual({ name, state: "cancelled" });
  expect((await rest.status()).jobs).toMatchObject({ running: 0, queued: 0 });
});

test("[E3404] the SDK works in a page: functions, progress, logs and results", async ({
  coordinator,
  volunteer,
  page,
}) => {
  await volunteer();
  await page.goto(coordinator.origin);
  const module = "/sdk-under-test.mjs";
  await page.route(`**${module}`, (route) => route.fulfill({ path: "dist/sdk/browser.mjs" }));
  const found = await page.evaluate(async (url) => {
    const { connect: open } = (await import(url)) as { connect: typeof connect };
    const grid = open(location.origin);
    const seen = { states: new Set<string>(), lines: new Array<string>() };
    const job = grid.job({
      input: ["a b a", "b c"],
      options: { quorum: 1, reducers: 1 },
      program: {
        map(line: string, { emit, log }) {
          log(`${line.length} characters`);
          for (const word of line.split(" ")) emit(word, 1);
        },
        reduce: (_word: string, counts: number[]) => counts.length,
      },
    });
    const run = job.run({
      onProgress: ({ state }) => seen.states.add(state),
      onLog: ({ line }) => seen.lines.push(line),
    });
    return { result: await run.toArray(), states: [...seen.states], lines: seen.lines.sort() };
  }, module);
  expect(found.result).toEqual([
    { key: "a", value: 2 },
    { key: "b", value: 2 },
    { key: "c", value: 1 },
  ]);
  expect(found.states).toContain("completed");
  expect(found.lines).toEqual(["3 characters", "5 characters"]);
});

test("[E3413] how far a task is, as its program says, reaches page, events, SDK and command line", async ({
  coordinator,
  rest,
  volunteer,
  page,
}) => {
  await volunteer();
  const job = await connect(coordinator.origin)
    .job({
      input: [0.25],
      program: {
        async map(part: number, { progress }) {
          progress(part);
          // Longer than a volunteer takes to say what it is at, and a command line to begin.
          await new Promise((resolve) => setTimeout(resolve, 20_000));
          return part;
        },
      },
      ...quorum1,
    })
    .submit();
  await page.goto(`${coordinator.origin}/jobs/${job.id}`);
  const seen = new Set<number>();
  const listening = (async () => {
    for await (const event of job.events()) {
      if (event.type === "job") for (const { progress } of event.job.taskProgress) seen.add(progress);
    }
  })();
  const onPage = expect(page.getByTestId("task-progress")).toHaveText("map 025 %");
  const taskId = `${job.id}/map/0`;
  const { taskProgress } = await rest.jobUntil(
    job.id,
    "says how far it is",
    (one) => one.taskProgress.length > 0,
  );
  expect(taskProgress).toMatchObject([{ taskId, progress: 0.25 }]);
  const status = await runCli(["status", job.id], { url: coordinator.origin });
  expect(status.stdout).toMatch(/map\/0 at v_\w+: 25 %/);
  await onPage;
  await rest.completed(job.id);
  await listening;
  expect([...seen]).toEqual([0.25]);
  await expect(page.getByTestId("task-progress")).toHaveCount(0);
  expect((await rest.job(job.id)).taskProgress).toEqual([]);
});

/** Fills the form that the page shows with a program, submits it, and waits. @returns The result's lines. */
async function submitInForm(page: Page, rest: Rest, source: string): Promise<string> {
  await page.getByRole("textbox", { name: "Program" }).fill(source);
  await page.getByLabel("Quorum", { exact: true }).fill("1");
  await page.getByRole("button", { name: "Submit job" }).click();
  await expect(page.getByTestId("job-state")).toHaveText("completed", { timeout: 30_000 });
  return rest.result(JobId.parse(new URL(page.url()).pathname.split("/").at(-1)));
}

test("[E3405] run prints what result prints, what run --local prints without a grid, and of a job's result and a sweep what the form makes of them", async ({
  coordinator,
  volunteer,
  rest,
  page,
}) => {
  await volunteer();
  const url = coordinator.origin;
  const job = [WORDS, "--input", TEXT, "--quorum", "1", "--reducers", "2"];
  const run = await runCli(["run", ...job, "-q"], { url });
  expect(run).toMatchObject({ code: 0, stderr: "" });
  expect(run.stdout.split("\n").length).toBeGreaterThan(20);
  const listed = await runCli(["jobs", "--json", "--limit", "1"], { url });
  const [{ id }] = JSON.parse(listed.stdout) as [{ id: string }];
  expect((await runCli(["result", id], { url })).stdout).toBe(run.stdout);
  const local = await runCli(["run", ...job, "--local", "--threads", "2"], { url: "http://127.0.0.1:9" });
  expect(local).toMatchObject({ code: 0, stdout: run.stdout });
  expect((await runCli(["status", id], { url })).stdout).toContain("completed");
  expect((await runCli(["tasks", id, "--json"], { url })).stdout).toContain('"verdict":"valid"');

  const folder = await mkdtemp(path.join(tmpdir(), "tabgrid-inputs-"));
  const cli = (parameters: string[]) =>
    runCli(["run", "program.js", "-q", ...parameters], { url, cwd: folder });
  const pairs = "export const map = ({ key, value }) => `${key} ${value}`;\n";
  await writeFile(path.join(folder, "program.js"), pairs);
  await page.goto(`${url}/jobs/${id}`);
  await page.getByRole("link", { name: "New job on this result" }).click();
  await expect(page.getByLabel("Job whose result is read")).toHaveValue(id);
  const onResult = await submitInForm(page, rest, pairs);
  expect(onResult.split("\n")).toHaveLength(run.stdout.split("\n").length);
  expect(await cli(["--result", id, "--quorum", "1"])).toMatchObject({ code: 0, stdout: onResult });

  await page.goto(`${url}/jobs/new?result=job_0123456789abcdef`);
  await page.getByRole("button", { name: "Submit job" }).click();
  await expect(page.getByRole("alert").getByText(/job_0123456789abcdef/)).toBeVisible();
  const sweep = '{"rate": ["low", "high"], "depth": {"start": 1, "end": 3, "step": 0.5}}';
  const points = "export const map = ({ rate, depth }) => `${rate} ${depth}`;\n";
  await writeFile(path.join(folder, "program.js"), points);
  await page.getByLabel("Input", { exact: true }).selectOption("sweep");
  await page.getByLabel("Values by name").fill(sweep);
  const onSweep = await submitInForm(page, rest, points);
  expect(onSweep.split("\n")).toHaveLength(8 + 1);
  expect(await cli(["--sweep", sweep, "--local"])).toMatchObject({ code: 0, stdout: onSweep });
  await rm(folder, { recursive: true });
});

test("[E3406] map answers lines from a pipe in order, while they still come", async ({
  coordinator,
  volunteer,
}) => {
  await volunteer();
  const folder = await mkdtemp(path.join(tmpdir(), "tabgrid-map-"));
  await writeFile(path.join(folder, "f.ts"), "export default (line: string) => line.toUpperCase();\n");
  const map = startCli(["map", "./f.ts", "--quorum", "1", "-q"], { url: coordinator.origin, cwd: folder });
  map.child.stdin?.write("one\ntwo\n");
  await until(
    "the first lines are answered",
    () => Promise.resolve(map.stdout()),
    (text) => text === "ONE\nTWO\n",
  );
  map.child.stdin?.end("three\n");
  expect(await map.ended).toMatchObject({ code: 0, stdout: "ONE\nTWO\nTHREE\n" });
  await rm(folder, { recursive: true });
});

test("[E3407] a program with imports is bundled, and its errors name the author's own files and lines", async ({
  coordinator,
  volunteer,
}) => {
  await volunteer();
  const folder = await mkdtemp(path.join(tmpdir(), "tabgrid-bundle-"));
  await writeFile(
    path.join(folder, "check.ts"),
    'export function check(n: number): number {\n  if (n === 2) throw new RangeError("two");\n  return n;\n}\n',
  );
  await writeFile(
    path.join(folder, "program.ts"),
    'import { check } from "./check";\nexport const map = (n: number) => {\n  console.log("at", n);\n  return check(n);\n};\n',
  );
  const url = coordinator.origin;
  for (const how of [["--quorum", "1"], ["--local"]]) {
    const run = await runCli(["run", "program.ts", "--range", "3", "--logs", ...how], { url, cwd: folder });
    expect(run).toMatchObject({ code: 1 });
    expect(run.stderr).toContain("record 2: RangeError: two");
    expect(run.stderr).toMatch(/check\.ts:2:\d+/);
    expect(run.stderr).toContain("at 2");
  }
  const failed = connect(url).job({ program: path.join(folder, "program.ts"), input: range(3), ...quorum1 });
  const error = await failed
    .run()
    .toArray()
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(JobFailedError);
  expect(String(error)).toMatch(/record 2: RangeError: two[^]*check\.ts:2:\d+/);
  await writeFile(
    path.join(folder, "broken.ts"),
    'import { nothing } from "./nowhere";\nexport const map = nothing;\n',
  );
  const broken = await runCli(["run", "broken.ts", "--range", "3"], { url, cwd: folder });
  expect(broken.code).toBe(2);
  expect(broken.stderr).toContain('broken.ts:1:25: Could not resolve "./nowhere"');
  await rm(folder, { recursive: true });
});

test("[E3408] what is wrong is told alike by SDK and command line, with the exit code that scripts rely on", async ({
  coordinator,
}) => {
  const url = coordinator.origin;
  const folder = await mkdtemp(path.join(tmpdir(), "tabgrid-wrong-"));
  const file = path.join(folder, "no-map.js");
  const source = "export const reduce = (key, values) => values.length;\n";
  await writeFile(file, source);
  const submission = { program: { source }, input: { range: { end: 3 } } };
  const refused = await connect(url)
    .submit(submission)
    .catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(RefusedError);
  const run = await runCli(["run", file, "--range", "3"], { url });
  expect(run).toMatchObject({ code: 4, stdout: "" });
  expect(run.stderr).toContain((refused as RefusedError).message);
  expect(run.stderr).toContain("map");
  const json = await runCli(["run", file, "--range", "3", "--json"], { url });
  expect(JSON.parse(json.stderr)).toMatchObject({ error: { exitCode: 4, code: "program-invalid" } });

  const quorum = await runCli(["submit", WORDS, "--range", "3", "--quorum", "77"], { url });
  expect(quorum).toMatchObject({ code: 4 });
  expect(quorum.stderr).toContain("options.quorum: must be a whole number from 1 to 9; got 77");
  const usage = await runCli(["submit", WORDS, "--range", "three"], { url });
  expect(usage.code).toBe(2);
  expect(usage.stderr).toContain("--range must be");
  expect(await runCli(["submit", "nowhere.js", "--range", "3"], { url })).toMatchObject({ code: 2 });
  expect(await runCli(["frobnicate"], { url })).toMatchObject({ code: 2 });
  expect(await runCli(["cancel", "job_0123456789abcdef"], { url })).toMatchObject({ code: 4 });
  const nobody = await runCli(["status"], { url: "http://127.0.0.1:9" });
  expect(nobody.code).toBe(3);
  expect(nobody.stderr).toContain("cannot be reached");
  await rm(folder, { recursive: true });
});

test("[E3409] a volunteer in Node and one in a headless Chromium, started from the command line, agree on a job", async ({
  coordinator,
}) => {
  const url = coordinator.origin;
  const volunteers = [
    startCli(["volunteer", "--node", "--slots", "1"], { url }),
    startCli(["volunteer", "--slots", "1"], { url }),
  ];
  try {
    const run = await runCli(["run", WORDS, "--input", TEXT, "--quorum", "1", "-q"], { url });
    expect(run).toMatchObject({ code: 0, stderr: "" });
    for (const volunteer of volunteers)
      await until(
        "it says who it is",
        () => Promise.resolve(volunteer.stdout()),
        (text) => /^v_\w+ gives 1 slots/.test(text),
      );
    expect((await connect(url).volunteers()).filter(({ state }) => state === "connected")).toHaveLength(2);
  } finally {
    for (const { child } of volunteers) child.kill("SIGINT");
  }
  for (const { ended } of volunteers) expect(await ended).toMatchObject({ code: 0 });
});

test("[E3410] a client in Python, made from the API's document, counts words", async ({
  coordinator,
  volunteer,
}) => {
  expect(hasPython(), "this test needs python3 on the PATH: npm test installs it on Debian, as root").toBe(
    true,
  );
  await volunteer();
  const url = coordinator.origin;
  const script = "examples/clients/python/word_count.py";
  const python = await promisify(execFile)("python3", ["-B", script, "--url", url, "--quorum", "1", TEXT]);
  const cli = await runCli(["run", WORDS, "--input", TEXT, "--quorum", "1", "--format", "tsv", "-q"], {
    url,
  });
  expect(python.stdout.split("\n").sort()).toEqual(cli.stdout.split("\n").sort());
  expect(python.stderr).toContain("completed, 100%");
});

/** Files and commands of a document: blocks with a file's name, and of `sh` followed by what they print. */
function blocksOf(document: string) {
  const blocks = [...document.matchAll(/^```(\w+)(?: file=(\S+))?\n([^]*?)^```$/gm)];
  const files = blocks.flatMap(([, , name, text = ""]) => (name === undefined ? [] : [{ name, text }]));
  const commands = blocks.flatMap(([, language, , text = ""], place) =>
    language === "sh" ? [{ command: text, output: blocks[place + 1]?.[3] ?? "" }] : [],
  );
  return { files, commands };
}

test("[E3411] the tutorial's files and commands, run as they stand, print what it says", async ({
  coordinator,
  volunteer,
}) => {
  await volunteer();
  const folder = await mkdtemp(path.join(tmpdir(), "tabgrid-tutorial-"));
  const { files, commands } = blocksOf(readFileSync("docs/TUTORIAL.md", "utf8"));
  expect(commands).toHaveLength(4);
  for (const { name, text } of files) await writeFile(path.join(folder, name), text);
  // As if the package were installed there.
  await mkdir(path.join(folder, "node_modules"));
  await symlink(process.cwd(), path.join(folder, "node_modules/tabgrid"));
  await mkdir(path.join(folder, "bin"));
  await symlink(BIN, path.join(folder, "bin/tabgrid"));
  const env = {
    ...process.env,
    TABGRID_URL: coordinator.origin,
    // Playwright asks for colours, which are not in the document.
    FORCE_COLOR: "0",
    PATH: `${path.join(folder, "bin")}:${process.env.PATH}`,
  };
  for (const { command, output } of commands) {
    const { stdout } = await promisify(execFile)("sh", ["-c", command], { cwd: folder, env });
    expect(stdout, command).toBe(output);
  }
  await rm(folder, { recursive: true });
});

class Point {
  readonly x: number;
  readonly y: number;

  constructor(x: number, y: number) {
    this.x = x;
    this.y = y;
  }
}

const MOVE = `class Point {
  constructor(x, y) { this.x = x; this.y = y; }
}
export const classes = { Point };
export function map(point, { config }) {
  const by = config.by.get("right");
  return new Map([[new Date(config.at.getTime() + 1), new Point(point.x + by, point.y)]]);
}`;

test("[E3412] whole objects go into a program by the SDK and come out of it, and what cannot be carried is told by its path", async ({
  coordinator,
  volunteer,
}) => {
  await volunteer();
  const grid = connect(coordinator.origin, { classes: { Point } });
  const job = { program: { source: MOVE }, input: [new Point(1, 2)], ...quorum1 };
  const config = { by: new Map([["right", 3]]), at: new Date(41) };
  const results = await grid
    .job({ ...job, config })
    .run()
    .toArray();
  expect(results).toEqual([{ key: 0, value: new Map([[new Date(42), new Point(4, 2)]]) }]);
  const [point] = (results[0]?.value as Map<Date, unknown>).values();
  expect(point).toBeInstanceOf(Point);

  const days = grid.map([new Date(1), new Date(2)], (date) => BigInt(date.getTime()), quorum1);
  expect(await days.toArray()).toEqual([1n, 2n]);
  expect(() => grid.job({ ...job, config: { ...config, steps: [() => 1] } })).toThrow(
    "config.steps[0]: a function cannot be carried",
  );
});
