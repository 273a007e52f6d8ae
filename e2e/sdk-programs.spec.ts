/** Programs and services that are kept, by the SDK and the command line: with whole objects, and the submitter's own classes. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { RefusedError } from "../sdk/errors";
import { readProgramFile } from "../sdk/node/program-file";
import { connect, range } from "../sdk/node/tabgrid";
import { runCli } from "./fixtures/cli";
import { each } from "./fixtures/each";
import { expect, test } from "./fixtures/test";
import { until } from "./fixtures/until";

const quorum1 = { options: { quorum: 1 } };

class Scale {
  readonly factor: number;
  constructor(factor: number) {
    this.factor = factor;
  }
  times(n: number): number {
    return n * this.factor;
  }
}

class Doubling extends Scale {
  constructor() {
    super(2);
  }
}

const SERVICE = `
class Scale { times(n) { return n * this.factor; } }
export const classes = { Scale };
let scale;
export function start({ config }) { scale = config.scale; }
export function handle({ query }, { config }) {
  return { n: scale.times(Number(query.n)), at: config.at.getTime(), names: [...config.names.keys()] };
}
`;

test("[E3305] a service has whole objects in its config, own classes too; what it cannot be given is refused with the reason", async ({
  coordinator,
  volunteer,
}) => {
  await volunteer();
  const grid = connect(coordinator.origin, { classes: { Scale } });
  const config = { scale: new Scale(3), at: new Date(41), names: new Map([["a", 1]]) };
  const path = "/ada/scale";
  const injected = await grid.programs.inject({
    path,
    kind: "service",
    program: { source: SERVICE },
    config,
  });
  expect(injected).toMatchObject({ path, kind: "service", version: 1, service: null });
  expect(await grid.programs.startService(path, { waitMs: 20_000 })).toMatchObject({
    name: "ada-scale",
    ready: 1,
  });
  const ask = async () => (await grid.services.ask("ada-scale", "/?n=7")).json() as Promise<unknown>;
  expect(await ask()).toEqual({ n: 21, at: 41, names: ["a"] });

  const without = SERVICE.replace("export const classes = { Scale };", "export const classes = {};");
  const refused = grid.programs.update(path, { program: { source: without } });
  await expect(refused).rejects.toThrow(
    'config: holds an instance of the class "Scale", which the program does not have: export const classes',
  );
  const circular: { self?: unknown; again: () => void } = { again: () => {} };
  circular.self = circular;
  await expect(async () =>
    grid.programs.update(path, { program: { source: SERVICE }, config: circular }),
  ).rejects.toThrow("config.again: a function cannot be carried");
  const python = { runtime: "python" as const, source: "def handle(request, context):\n    return 1\n" };
  await expect(grid.programs.update(path, { program: python })).rejects.toThrow("this one is in python");

  const next = { ...config, scale: new Scale(-1) };
  expect(await grid.programs.update(path, { program: { source: SERVICE }, config: next })).toMatchObject({
    version: 2,
  });
  await until("the new version answers", ask, (answer) => (answer as { n: number }).n === -7);
  expect(await grid.services.scale("ada-scale", 0)).toMatchObject({ wanted: 0 });
  expect((await grid.services.list()).map(({ name }) => name)).toEqual(["ada-scale"]);
  expect(await grid.services.get("ada-scale")).toMatchObject({ version: 2, wanted: 0 });
  expect(await grid.programs.stop(path)).toMatchObject({ service: null });
  await expect(grid.services.ask("ada-scale")).rejects.toMatchObject({ code: "service-not-found" });
});

test("[E3414] the SDK keeps, starts, updates, rolls back and removes a program, and wrong orders say what comes first", async ({
  coordinator,
  volunteer,
}) => {
  await volunteer();
  const { programs } = connect(coordinator.origin);
  const name = "/ada/add";
  const add = (n: number) => ({
    source: `export const map = (x, { config, log }) => (log("at", x), x + ${n} * config.by);`,
  });
  await expect(programs.start(name)).rejects.toMatchObject({ code: "program-not-found" });
  await programs.inject({ path: name, kind: "batch", program: add(1), config: { by: 10 }, ...quorum1 });
  await expect(programs.inject({ path: name, kind: "batch", program: add(1) })).rejects.toMatchObject({
    code: "program-exists",
  });
  await expect(programs.start(name)).rejects.toThrow(/give the start an input, or PUT a dataset/);
  await expect(programs.result(name)).rejects.toThrow(/start first/);
  const input = { items: [1, 2] };
  const job = await programs.start<number, number>(name, { input });
  expect(await job.results().next()).toMatchObject({ value: { key: 0, value: 11 } });
  await job.finished();
  expect(await (await programs.result(name)).text()).toBe('{"key":0,"value":11}\n{"key":1,"value":12}\n');
  expect((await (await programs.output(name)).text()).trim().split("\n").sort()).toEqual(["at 1", "at 2"]);

  expect(await programs.update(name, { program: add(2) })).toMatchObject({ version: 2, latestVersion: 2 });
  const second = await programs.start<number, number>(name, { input, config: { by: 1 } });
  await second.finished();
  expect(await (await programs.result(name)).text()).toBe('{"key":0,"value":3}\n{"key":1,"value":4}\n');
  expect(await programs.rollBack(name)).toMatchObject({ version: 1, latestVersion: 2 });
  expect((await programs.versions(name)).map(({ version, isCurrent }) => [version, isCurrent])).toEqual([
    [2, false],
    [1, true],
  ]);
  await expect(programs.stop(name)).rejects.toThrow(/Nothing of \/ada\/add runs/);
  const listed = [];
  for await (const { path: at } of programs.list({ under: "/ada" })) listed.push(at);
  expect(listed).toEqual([name]);
  await programs.remove(name);
  await expect(programs.get(name)).rejects.toBeInstanceOf(RefusedError);
});

test("[E3306] functions given to the SDK make and take instances of classes that go along with them", async ({
  coordinator,
  volunteer,
}) => {
  await volunteer();
  const grid = connect(coordinator.origin);
  const classes = { Doubling, Scale };
  const made = await grid.map(range(1, 3), (n) => new Scale(n), { classes, ...quorum1 }).toArray();
  expect(made).toEqual([new Scale(1), new Scale(2)]);
  expect(made[1]?.times(4)).toBe(8);
  const job = grid.job({
    input: [new Doubling(), new Scale(5)],
    program: {
      map(scale: Scale, { emit }) {
        emit(scale instanceof Doubling ? "double" : "other", scale.times(10));
      },
      reduce: (_kind: string, values: number[]) => new Scale(values[0] ?? 0),
      classes,
    },
    options: { quorum: 1, reducers: 1 },
  });
  const results = await job.run().toArray();
  expect(results).toEqual([
    { key: "double", value: new Scale(20) },
    { key: "other", value: new Scale(50) },
  ]);
  expect(results[0]?.value).toBeInstanceOf(Scale);
  expect(() => grid.map([1], (n) => n, { classes: { Doubling } })).toThrow(
    "classes.Doubling extends Scale, which must be given in classes too",
  );
});

test("[E3415] the command line exports a job, imports it and files of Hadoop, and refuses hostile ones; a program's start takes config and options", async ({
  coordinator,
  volunteer,
  page,
}) => {
  await volunteer();
  const folder = await mkdtemp(path.join(tmpdir(), "tabgrid-xml-"));
  const url = coordinator.origin;
  const cli = (...parameters: string[]) => runCli(parameters, { url, cwd: folder });
  await writeFile(path.join(folder, "times.js"), "export const map = (n, { config }) => n * config.by;\n");
  const first = await cli(
    "submit",
    "times.js",
    "--range",
    "4",
    "--quorum",
    "1",
    "--config",
    '{"by":3}',
    "-q",
  );
  const id = first.stdout.trim();
  const result = await cli("result", id);
  expect(result).toMatchObject({ code: 0 });

  await page.goto(`${url}/jobs/${id}`);
  const download = page.waitForEvent("download");
  await page.getByText("What was submitted").click();
  await page.getByRole("button", { name: "Save as job.xml" }).click();
  expect((await download).suggestedFilename()).toBe(`${id}.xml`);

  const exported = await cli("job", "export", id);
  expect(exported.code).toBe(0);
  expect(exported.stdout).toContain("<name>mapreduce.job.name</name>");
  await writeFile(path.join(folder, "job.xml"), exported.stdout);
  const again = await cli("job", "import", "job.xml", "-q");
  expect(again).toMatchObject({ code: 0, stderr: "" });
  expect(again.stdout.trim()).toMatch(/^job_\w+$/);
  expect(again.stdout.trim()).not.toBe(id);
  expect((await cli("result", again.stdout.trim())).stdout).toBe(result.stdout);

  const entity = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>';
  await writeFile(
    path.join(folder, "hostile.xml"),
    `${entity}<configuration><property><name>&a;</name></property></configuration>`,
  );
  const hostile = await cli("job", "import", "hostile.xml");
  expect(hostile).toMatchObject({ code: 4, stdout: "" });
  expect(hostile.stderr).toMatch(/DOCTYPE|entit/i);
  expect((await cli("job", "import", "nowhere.xml")).code).toBe(2);

  const injected = await cli(
    "program",
    "inject",
    "/ada/times",
    "times.js",
    "--config",
    '{"by":5}',
    "--quorum",
    "1",
  );
  expect(injected).toMatchObject({ code: 0 });
  const started = await cli(
    "program",
    "start",
    "/ada/times",
    "--range",
    "3",
    "--config",
    '{"by":7}',
    "--chunk-size",
    "2",
    "--json",
  );
  const job = JSON.parse(started.stdout) as { id: string; options: object };
  expect(job.options).toMatchObject({ quorum: 1, chunkSize: 2 });
  expect((await cli("program", "result", "/ada/times", "--follow")).stdout).toBe(
    [0, 7, 14].map((value, key) => `${JSON.stringify({ key, value })}\n`).join(""),
  );
  await rm(folder, { recursive: true });
});

const PANDO = "exports['/pando/1.0.0']";

/** A file, how it is run beside its name, and what its author reads. */
const NO_PROGRAMS: readonly (readonly [file: string, source: string, words: RegExp, ...flags: string[]])[] = [
  ["syntax.js", "export const map = (n) => n +;", /syntax\.js:1:30: Unexpected ";"/],
  ["none.js", "export const mop = (n) => n;", /must export a function named `map`/],
  ["type.js", "export const map = 5;", /`map` must be a function/],
  ["syntax.ts", "export const map = (n: number): => n;", /syntax\.ts:1:\d+: Unexpected ":"/],
  ["none.ts", "export const mop = (n: number) => n;", /must export a function named `map`/],
  [
    "syntax.py",
    "def map(n:\n    return n\n",
    /SyntaxError: '\(' was never closed|SyntaxError: invalid syntax/,
  ],
  ["none.py", "def mop(n):\n    return n\n", /must define a function named `?map/],
  ["type.py", "map = 5\n", /map must be a function; got int/],
  ["syntax.cjs", `${PANDO} = (x, cb) => cb(;`, /Unexpected "?;"?/, "--runtime", "pando"],
  [
    "none.cjs",
    "exports.other = 1;",
    /must export a function \(x, callback\) under the name/,
    "--runtime",
    "pando",
  ],
  ["type.cjs", `${PANDO} = 5;`, /must .*function.*got number/, "--runtime", "pando"],
  ["cut.wasm", "\0asm\u0001\0\0\0\u0001", /WebAssembly/],
  ["empty.wasm", "\0asm\u0001\0\0\0", /export.*(memory|alloc|map)/],
  ["no.wasi.wasm", "\0asm\u0001\0\0\0", /export.*(memory|_start)/, "--runtime", "wasi"],
];

test("[E3416] a file that is no program is told of in the same words by SDK and command line, in every language", async ({
  coordinator,
  volunteer,
}) => {
  await volunteer();
  const folder = await mkdtemp(path.join(tmpdir(), "tabgrid-wrong-"));
  const url = coordinator.origin;
  const grid = connect(url);
  await each(NO_PROGRAMS, async ([file, source, words, ...flags]) => {
    await writeFile(path.join(folder, file), source, "latin1");
    const all = ["--range", "1", "--quorum", "1", "--max-errors", "1", ...flags];
    const run = await runCli(["run", file, ...all, "--json"], { url, cwd: folder });
    expect(run.stdout, file).toBe("");
    const { error } = JSON.parse(run.stderr) as { error: { exitCode: number; message: string } };
    expect(error.message, file).toMatch(words);
    expect([1, 2, 4], file).toContain(error.exitCode);
    const runtime = flags[1] as "pando" | "wasi" | undefined;
    const program = await readProgramFile(path.join(folder, file), { ...(runtime && { runtime }) }).catch(
      (thrown: unknown) => thrown as Error,
    );
    const sdk =
      program instanceof Error
        ? program
        : await grid
            .job({ program, input: range(1), options: { quorum: 1, maxErrors: 1 } })
            .run()
            .toArray()
            .catch((thrown: unknown) => thrown as Error);
    expect(String((sdk as Error).message), file).toMatch(words);
  });
  await rm(folder, { recursive: true });
});
