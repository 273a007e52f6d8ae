/** Programs in every language that Tabgrid runs, in real tabs; and what a submitter reads when one is wrong. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { WRONG_WASI, WRONG_WASM } from "../testing/wrong-modules";
import type { JobRequest, Rest } from "./fixtures/rest";
import { readSampleFile, sampleRequest } from "./fixtures/samples";
import { expect, test } from "./fixtures/test";
import { expectToldAlike, type FailedJob } from "./fixtures/told";

type StreamingRequest = Extract<JobRequest["program"], { runtime: "streaming" }>;

interface Line {
  key: unknown;
  value: unknown;
}

async function linesOf(rest: Rest, request: JobRequest): Promise<Line[]> {
  const { id } = await rest.submit(request);
  await rest.completed(id);
  const text = await rest.result(id);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}

/** What the same job gives in a shell: `cat input | mapper | sort | reducer`, as lines in order. */
function inShell(name: string, pipe: string, environment: Record<string, string> = {}): string[] {
  const output = execFileSync("sh", ["-c", pipe], {
    cwd: path.resolve("examples", name),
    env: { ...process.env, LC_ALL: "C", ...environment },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return output.trimEnd().split("\n").sort();
}

/** The lines that a job's reducers wrote. */
const written = (lines: readonly Line[]) =>
  lines.map(({ key, value }) => (value === null ? String(key) : `${String(key)}\t${String(value)}`)).sort();

async function failureOf(rest: Rest, request: JobRequest) {
  const { id } = await rest.submit(request);
  const { state, failure } = await rest.jobUntil(id, "ends", ({ endedAt }) => endedAt !== null);
  expect(state, JSON.stringify(failure)).toBe("failed");
  return { id, ...failure };
}

test("[E3001] TypeScript is made JavaScript at submission, and an error names the submitter's own file and line", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  expect(await linesOf(rest, sampleRequest("perfect-numbers"))).toEqual([
    { key: "abundant", value: { count: 4953, first: [12, 18, 20, 24, 30] } },
    { key: "deficient", value: { count: 15043, first: [1, 2, 3, 4, 5] } },
    { key: "perfect", value: { count: 4, first: [6, 28, 496, 8128] } },
  ]);
  const source = [
    "interface Point { x: number }",
    "type Name = string;",
    "export function map(n: number): Point {",
    "  if (n === 3) throw new RangeError(`no ${n}`);",
    "  return { x: n };",
    "}",
  ].join("\n");
  const input = { range: { end: 5 } };
  const failing = {
    program: { runtime: "ts" as const, source, fileName: "points.ts" },
    input,
    options: { quorum: 1 },
  };
  const failure = await failureOf(rest, failing);
  expect(failure).toMatchObject({ message: "RangeError: no 3", record: 3 });
  expect(failure.stack).toContain("points.ts:4:22");
  expect(failure.stack).not.toContain("program.js");

  const wrong = await rest.refusal({
    ...failing,
    program: { runtime: "ts", source: "export const map: = 1;" },
  });
  expect(wrong).toMatchObject({ type: "/problems/program-invalid", status: 422, line: 1, column: 19 });
});

test("[E3002] an error of a bundle with a source map names the files that went into it", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  const folder = mkdtempSync(path.join(tmpdir(), "tabgrid-bundle-"));
  writeFileSync(
    path.join(folder, "double.js"),
    "// doubles\nexport function double(n) {\n  return n.twice();\n}\n",
  );
  writeFileSync(
    path.join(folder, "main.js"),
    'import { double } from "./double.js";\nexport const map = (n) => double(n);\n',
  );
  const bundle = execFileSync(
    path.resolve("node_modules/.bin/esbuild"),
    ["main.js", "--bundle", "--format=esm", "--minify", "--sourcemap=inline"],
    { cwd: folder, encoding: "utf8" },
  );
  const failure = await failureOf(rest, {
    program: { source: bundle },
    input: { items: [1] },
    options: { quorum: 1 },
  });
  expect(failure.stack).toMatch(/double\.js:3:12/);
  expect(failure.stack).toMatch(/main\.js:2:27/);
});

test("[E3003] a Pando module runs unchanged over numbers and over lines, with results in the order of the input", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  const steps = await linesOf(rest, sampleRequest("collatz"));
  expect(steps).toHaveLength(1000);
  expect(steps.map(({ key }) => key)).toEqual(steps.map((_, index) => index));
  expect(steps[26]?.value).toBe(JSON.stringify({ n: 27, steps: 111 }));

  const source = `exports['/pando/1.0.0'] = (x, cb) => x === "bad" ? cb(new Error("no " + x)) : setTimeout(cb, 5 - x.length, null, x + "!");`;
  const program = { runtime: "pando" as const, source };
  const options = { quorum: 1 };
  const lines = await linesOf(rest, { program, input: { text: "one\ntwo\nthree\n" }, options });
  expect(lines.map(({ value }) => value)).toEqual(["one!", "two!", "three!"]);
  const failure = await failureOf(rest, { program, input: { text: "good\nbad\n" }, options });
  expect(failure).toMatchObject({ message: "Error: no bad", record: 1 });

  const nameless = await rest.refusal({
    program: { runtime: "pando", source: "module.exports = 1;" },
    input: { items: [] },
  });
  expect(nameless).toMatchObject({ type: "/problems/program-invalid", status: 422 });
  expect(nameless.detail).toContain("/pando/1.0.0");
  const importing = { runtime: "pando", source: `const fs = require("fs");\nexports['/pando/1.0.0'] = fs;` };
  const refused = await rest.refusal({ program: importing, input: { items: [] } });
  expect(refused).toMatchObject({ status: 422, line: 1, column: 20 });
  expect(refused.detail).toContain('imports "fs"');
});

test("[E3004] a WebAssembly module maps, combines and reduces by its small interface", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  expect(await linesOf(rest, sampleRequest("prime-count-wasm"))).toEqual([{ key: "primes", value: 78_498 }]);

  const wasm = Buffer.from(await wat(["memory", "alloc"])).toString("base64");
  const input = { items: [1] };
  const incomplete = await rest.refusal({ program: { runtime: "wasm", wasm }, input });
  expect(incomplete).toMatchObject({ type: "/problems/program-invalid", status: 422 });
  expect(incomplete.detail).toContain("must export a function named `map`");
  const noModule = await rest.refusal({ program: { runtime: "wasm", wasm: "AAAA" }, input });
  expect(noModule.detail).toContain("no WebAssembly module");
  const noBase64 = await rest.refusal({ program: { runtime: "wasm", wasm: "%%" }, input });
  expect(noBase64).toMatchObject({ type: "/problems/invalid-input", status: 400 });
  expect(noBase64.detail).toContain("Base64");
});

/** A module with the given exports that do nothing, written byte by byte. */
function wat(names: readonly string[]): Promise<Uint8Array> {
  const text = (value: string) => [value.length, ...Buffer.from(value)];
  const section = (id: number, bytes: readonly number[]) => [id, bytes.length, ...bytes];
  const exported = names.flatMap((name) => [...text(name), name === "memory" ? 2 : 0, 0]);
  return Promise.resolve(
    new Uint8Array([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, [1, 0x60, 0, 0]),
      ...section(3, [1, 0]),
      ...section(5, [1, 0, 1]),
      ...section(7, [names.length, ...exported]),
      ...section(10, [1, 2, 0, 0x0b]),
    ]),
  );
}

test("[E3005] a WASI command reads the records from its standard input, and its output is what it writes", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  const request = sampleRequest("letters-wasi");
  const lines = await linesOf(rest, request);
  const text = readSampleFile("letters-wasi", "text.txt").toLowerCase();
  const counts = new Map<string, number>();
  for (const [letter] of text.matchAll(/[a-z]/g)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  expect(written(lines)).toEqual([...counts].map(([letter, count]) => `${letter}\t${count}`).sort());

  const program = { ...request.program, map: ["wrong"] } as JobRequest["program"];
  const { id } = await rest.submit({ ...request, program });
  const { failure } = await rest.jobUntil(id, "ends", ({ endedAt }) => endedAt !== null);
  expect(failure?.message).toMatch(
    /^Error: The command ended with exit code 2, when it had read 0 of its \d+ lines$/,
  );
});

test("[E3006] Python maps, combines and reduces; its errors name the program's own lines", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  const lines = await linesOf(rest, sampleRequest("leading-digits"));
  const digits = new Map<string, number>();
  for (let n = 0n; n < 3000n; n++) {
    const digit = (1n << n).toString().slice(0, 1);
    digits.set(digit, (digits.get(digit) ?? 0) + 1);
  }
  expect(lines.map(({ key, value }) => [key, value])).toEqual(
    [...digits].sort(([a], [b]) => (a < b ? -1 : 1)),
  );

  const options = { quorum: 1, chunkSize: 1000 };
  const input = { range: { end: 1000 } };
  const failing = 'def map(n):\n    if n == 999:\n        raise ValueError(f"no {n}")\n    return n\n';
  const python = (source: string) => ({ program: { runtime: "python" as const, source }, input, options });
  const failure = await failureOf(rest, python(failing));
  expect(failure).toMatchObject({ message: "ValueError: no 999", record: 999 });
  expect(failure.stack).toContain('File "program.py", line 3, in map');
  expect(failure.stack).not.toContain("_Runner");

  const syntax = await failureOf(rest, python("def map(n):\n    return n +\n"));
  expect(syntax?.message).toBe("SyntaxError: invalid syntax");
  expect(syntax?.stack).toContain('File "program.py", line 2');
  const tooLarge = await failureOf(rest, python("def map(n):\n    return 2 ** 70\n"));
  expect(tooLarge?.message).toContain("has no exact JSON number");
  const noMap = await rest.refusal(python("def mapp(n):\n    return n\n"));
  expect(noMap).toMatchObject({ type: "/problems/program-invalid", status: 422 });
  expect(noMap.detail).toContain("this one defines `mapp`");
});

test("[E3007] scripts of Hadoop Streaming in Python give what they give in a shell", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  const wanted = inShell("streaming-words", "cat text.txt | python3 mapper.py | sort | python3 reducer.py");
  const { id } = await rest.submit(sampleRequest("streaming-words"));
  await rest.completed(id);
  expect((await rest.result(id, "?format=tsv")).trimEnd().split("\n").sort()).toEqual(wanted);
  const { combiner: _combiner, ...program } = sampleRequest("streaming-words").program as StreamingRequest;
  const lines = await linesOf(rest, { ...sampleRequest("streaming-words"), program });
  expect(written(lines)).toEqual(wanted);
});

test("[E3008] scripts of Hadoop Streaming in JavaScript give what they give in a shell, keys of two fields included", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  const lines = await linesOf(rest, sampleRequest("streaming-temperatures"));
  // There is no package.json beside them in the places where such scripts live.
  const folder = mkdtempSync(path.join(tmpdir(), "tabgrid-scripts-"));
  for (const file of ["mapper.js", "reducer.js", "readings.csv"]) {
    writeFileSync(path.join(folder, file), readSampleFile("streaming-temperatures", file));
  }
  const pipe = `cd ${folder} && cat readings.csv | node mapper.js | sort | node reducer.js`;
  const wanted = inShell("streaming-temperatures", pipe, { highest_possible: "60" });
  expect(written(lines)).toEqual(wanted);
  expect(wanted).toHaveLength(48);
});

const wasm = (module: Uint8Array): JobRequest["program"] => ({
  runtime: "wasm",
  wasm: Buffer.from(module).toString("base64"),
});

const wasi = (module: Uint8Array): JobRequest["program"] => ({
  runtime: "wasi",
  wasm: Buffer.from(module).toString("base64"),
  map: [],
  combine: null,
  reduce: null,
});

const script = (language: "python" | "js", source: string): JobRequest["program"] => ({
  runtime: "streaming",
  mapper: { language, source },
});

const LOOPS: readonly [string, JobRequest["program"]][] = [
  ["ts", { runtime: "ts", source: "export function map(): void { for (;;); }" }],
  ["pando", { runtime: "pando", source: "exports['/pando/1.0.0'] = () => { for (;;); };" }],
  ["python", { runtime: "python", source: "def map(n):\n    while True:\n        pass\n" }],
  [
    "streaming in Python",
    { runtime: "streaming", mapper: { language: "python", source: "while True:\n    pass\n" } },
  ],
  ["streaming in JavaScript", { runtime: "streaming", mapper: { language: "js", source: "for (;;);" } }],
  [
    "a script whose timer never ends",
    { runtime: "streaming", mapper: { language: "js", source: "setInterval(() => {}, 10);" } },
  ],
  ["wasm", wasm(WRONG_WASM.loop)],
  ["wasi", wasi(WRONG_WASI.loop)],
  ["a callback that is never called", { runtime: "pando", source: "exports['/pando/1.0.0'] = () => {};" }],
];

test("[E3009] an endless loop is ended and reported in every language, by every client, and the tab goes on", async ({
  coordinator,
  volunteer,
  rest,
  page,
}) => {
  await volunteer();
  const failed: FailedJob[] = [];
  for (const [what, program] of LOOPS) {
    const options = { quorum: 1, maxErrors: 1, taskTimeoutMs: 500 };
    const failure = await failureOf(rest, { program, input: { items: [1] }, options });
    expect(failure.message, what).toBe("The task ran longer than 500 ms");
    failed.push({ what, id: failure.id, message: "The task ran longer than 500 ms" });
  }
  await expectToldAlike(coordinator.origin, page, failed);
  expect(await linesOf(rest, sampleRequest("prime-count-wasm"))).toHaveLength(1);
});

const EVERY_RECORD = "import sys\nfor n, line in enumerate(sys.stdin):\n";

/** What is wrong with each, and the words in which its submitter is told. */
const WRONG: readonly [
  what: string,
  program: JobRequest["program"],
  message: RegExp,
  record?: number | null,
][] = [
  [
    "JavaScript that throws in the thousandth record",
    { source: "export function map(n) { if (n === 999) throw new RangeError(`no ${n}`); }" },
    /^RangeError: no 999$/,
    999,
  ],
  [
    "TypeScript that calls what is none in the thousandth record",
    { runtime: "ts", source: "export const map = (n: any): void => { if (n === 999) n.words(); };" },
    /^TypeError: n\.words is not a function$/,
    999,
  ],
  [
    "a Pando module that fails in the thousandth record",
    {
      runtime: "pando",
      source:
        "exports['/pando/1.0.0'] = (x, cb) => cb(x === '999' || x === 999 ? new Error('no') : null, x);",
    },
    /^Error: no$/,
    999,
  ],
  [
    "a Python program that raises in the thousandth record",
    { runtime: "python", source: "def map(n):\n    if n == 999: raise ValueError(n)\n" },
    /^ValueError: 999$/,
    999,
  ],
  [
    "a Python script that raises",
    {
      runtime: "streaming",
      mapper: {
        language: "python",
        source: `${EVERY_RECORD}    if n == 999: raise KeyError(line.strip())\n`,
      },
    },
    /^KeyError: '999'$/,
  ],
  [
    "a Python script that is no Python",
    { runtime: "streaming", mapper: { language: "python", source: "for line in\n" } },
    /^SyntaxError: invalid syntax$/,
  ],
  [
    "a Python script that ends with a code",
    { runtime: "streaming", mapper: { language: "python", source: "import sys\nsys.exit(3)\n" } },
    /ended with exit code 3/,
  ],
  [
    "a JavaScript script that ends with a code",
    { runtime: "streaming", mapper: { language: "js", source: "process.exit(4);" } },
    /ended with exit code 4/,
  ],
  [
    "a JavaScript script that throws where nobody catches it",
    {
      runtime: "streaming",
      mapper: { language: "js", source: "process.stdin.on('data', () => { throw new Error('no'); });" },
    },
    /^Error: no$/,
  ],
  [
    "a Python program that allocates 4 GB",
    { runtime: "python", source: "def map(n):\n    return len(bytearray(4 * 2 ** 30))\n" },
    /^(MemoryError|OverflowError)/,
  ],
  [
    "a Python program whose map is none",
    { runtime: "python", source: "map = 5\n" },
    /^TypeError: map must be a function; got int$/,
  ],
  [
    "a Python program that emits what has no JSON",
    { runtime: "python", source: "def map(n):\n    return {1, 2}\n" },
    /^TypeError: Object of type set is not JSON serializable$/,
  ],
  [
    "a module that traps in the thousandth record",
    wasm(WRONG_WASM.thousandth),
    /^RuntimeError: unreachable$/,
    999,
  ],
  [
    "a command that traps in the thousandth record",
    wasi(WRONG_WASI.thousandth),
    /^RuntimeError: unreachable, when it had read 1000 of its 1000 lines$/,
    null,
  ],
  ["a module that allocates 4 GB", wasm(WRONG_WASM.memory), /^RuntimeError: unreachable$/, 0],
  [
    "a command that allocates 4 GB",
    wasi(WRONG_WASI.memory),
    /^RuntimeError: unreachable, when it had read 0 of its 1000 lines$/,
  ],
];

const FOR_EVER = 'const piece = "x".repeat(2 ** 23);\nfor (;;) ';

/** All of them write without end. */
const FLOODS: typeof WRONG = [
  [
    "JavaScript",
    {
      source: `export function map(n, { emit }) { ${FOR_EVER} emit(1, piece); }\nexport function reduce() {}`,
    },
    /^RangeError: .*\(unstoredBytes\)\. Use smaller records/,
    0,
  ],
  [
    "JavaScript, all at once",
    { source: 'export function map(n) { return "x".repeat(70 * 2 ** 20); }' },
    /^RangeError: .*\(pairBytes\); got \d+\. Emit it in smaller pieces$/,
    0,
  ],
  [
    "a Pando module",
    {
      runtime: "pando",
      source: `exports['/pando/1.0.0'] = (x, cb) => cb(null, "x".repeat(70 * 2 ** 20));`,
    },
    /^RangeError: .*\(pairBytes\); got \d+\. Emit it in smaller pieces$/,
    0,
  ],
  [
    "Python",
    { runtime: "python", source: "def map(n, context):\n    while True: context.emit(1, 'x' * 2 ** 23)\n" },
    /^OverflowError: .*\(heldOutputChars\)\. Use smaller records/,
    0,
  ],
  [
    "a Python script",
    script("python", "while True: print('x' * 2 ** 23)\n"),
    /^OverflowError: .*\(heldOutputChars\)/,
  ],
  [
    "a JavaScript script",
    script("js", `${FOR_EVER} process.stdout.write(piece);`),
    /^RangeError: .*\(heldOutputChars\)/,
  ],
  ["a module", wasm(WRONG_WASM.output), /^RangeError: .*\(unstoredBytes\)\. Use smaller records/, 0],
  ["a command", wasi(WRONG_WASI.output), /^RangeError: .*\(heldOutputChars\)\. Use smaller chunks/],
];

test("[E3010] what is wrong with a program is told in words that its submitter can act on, by every client", async ({
  coordinator,
  volunteer,
  rest,
  page,
}) => {
  test.setTimeout(180_000);
  await volunteer();
  const failed: FailedJob[] = [];
  for (const [what, program, message, record] of [...WRONG, ...FLOODS]) {
    const options = { quorum: 1, maxErrors: 1, chunkSize: 1000 };
    const failure = await failureOf(rest, { program, input: { range: { end: 1000 } }, options });
    expect(failure.message, what).toMatch(message);
    if (record !== undefined) expect(failure.record, what).toBe(record);
    failed.push({ what, id: failure.id, message: failure.message ?? "" });
  }
  await expectToldAlike(coordinator.origin, page, failed);
});

test("[E3011] what a task writes to the console, prints, or writes to standard error is on the job's page and in its events", async ({
  coordinator,
  volunteer,
  page,
  rest,
}) => {
  await volunteer();
  const programs: [JobRequest["program"], string][] = [
    [{ source: "export function map(n) { console.warn('warned of', { n }); }" }, 'warned of {"n":1}'],
    [{ runtime: "python", source: "def map(n):\n    print('printed', n)\n" }, "printed 1"],
    [
      {
        runtime: "streaming",
        mapper: { language: "python", source: "import sys\nprint('to stderr', file=sys.stderr)\n" },
      },
      "to stderr",
    ],
    [{ runtime: "streaming", mapper: { language: "js", source: "console.error('of', 'node');" } }, "of node"],
  ];
  for (const [program, line] of programs) {
    const { id } = await rest.submit({ program, input: { items: [1] }, options: { quorum: 1 } });
    await rest.completed(id);
    const events = await (await rest.fetch(`/api/v1/jobs/${id}/events`)).text();
    expect(events).toContain(JSON.stringify(line));
    await page.goto(`${coordinator.origin}/jobs/${id}`);
    await page.getByRole("tab", { name: "Log" }).click();
    await expect(page.getByRole("log").getByText(line)).toBeVisible();
  }
});

test("[E3012] Python is fetched once by a tab, and a job finds nothing of the one before", async ({
  coordinator,
  volunteer,
  rest,
}) => {
  await volunteer();
  const program = {
    runtime: "python" as const,
    source:
      "import builtins\ndef map(n):\n    seen = getattr(builtins, 'seen', 0)\n    builtins.seen = n\n    return seen\n",
  };
  const request = { program, input: { items: [7] }, options: { quorum: 1 } };
  expect(await linesOf(rest, request)).toEqual([{ key: 0, value: 0 }]);
  const fetched = () => coordinator.requests.filter((line) => line.includes("/api/v1/blocks/")).length;
  const before = fetched();
  expect(await linesOf(rest, { ...request, input: { items: [8] } })).toEqual([{ key: 0, value: 0 }]);
  // The new input is one block; the program and all of Python are there.
  expect(fetched() - before).toBe(1);
});

test("[E3013] copies agree under a quorum of two in every language, chance and the order of sets included", async ({
  volunteer,
  rest,
}) => {
  await volunteer(1);
  await volunteer(1);
  const python =
    "import random\ndef map(n, context):\n    return [random.random(), context.random(), list({'a', 'b', str(n)})]\n";
  const options = { quorum: 2, chunkSize: 3 };
  expect(
    await linesOf(rest, {
      program: { runtime: "python", source: python },
      input: { range: { end: 6 } },
      options,
    }),
  ).toHaveLength(6);
  for (const name of ["streaming-words", "letters-wasi", "prime-count-wasm", "collatz"]) {
    expect((await linesOf(rest, sampleRequest(name, { quorum: 2 }))).length, name).toBeGreaterThan(0);
  }
});

test("[E3014] every kind of program can be written in the form, and every sample be submitted from the gallery", async ({
  coordinator,
  volunteer,
  page,
  rest,
}) => {
  await volunteer();
  await page.goto(`${coordinator.origin}/jobs/new`);
  await page.getByLabel("Written in").selectOption("python");
  await expect(page.getByRole("textbox", { name: "Program" })).toContainText("def map(line, context)");
  await page.getByLabel("Quorum", { exact: true }).fill("1");
  await page.getByRole("button", { name: "Submit job" }).click();
  await expect(page.getByTestId("job-state")).toHaveText("completed", { timeout: 30_000 });

  await page.goto(`${coordinator.origin}/jobs/new`);
  await page.getByLabel("Written in").selectOption("streaming");
  await expect(page.getByRole("textbox", { name: "Mapper" })).toContainText("for line in sys.stdin");
  await page.getByLabel("Properties").fill("mapreduce.job.reduces=many");
  await page.getByRole("button", { name: "Submit job" }).click();
  await expect(page.getByTestId("program-problem")).toContainText("must be a whole number from 0 to 256");

  const samples = [
    ["letters-wasi", "wasi"],
    ["prime-count-wasm", "wasm"],
    ["streaming-words", "streaming"],
  ] as const;
  for (const [name, runtime] of samples) {
    await page.goto(`${coordinator.origin}/jobs/new`);
    await page
      .locator(`[data-sample=${name}]`)
      .getByRole("button", { name: /Edit first/ })
      .click();
    await expect(page.getByLabel("Written in")).toHaveValue(runtime);
    await page.getByLabel("Quorum", { exact: true }).fill("1");
    await page.getByRole("button", { name: "Submit job" }).click();
    await expect(page.getByTestId("job-state")).toHaveText("completed", { timeout: 30_000 });
    const id = page.url().split("/").at(-1) as Parameters<Rest["result"]>[0];
    const { id: direct } = await rest.submit(sampleRequest(name));
    await rest.completed(direct);
    expect(await rest.result(id)).toBe(await rest.result(direct));
  }
});

/** Each answers otherwise in every copy; and where its copies differ. */
const INCONSTANT: readonly [what: string, program: JobRequest["program"], where: RegExp][] = [
  [
    "Python",
    { runtime: "python", source: "import os\ndef map(n):\n    return os.urandom(8).hex()\n" },
    /key 0:/,
  ],
  [
    "a Pando module",
    { runtime: "pando", source: "exports['/pando/1.0.0'] = (x, cb) => cb(null, crypto.randomUUID());" },
    /key 0:/,
  ],
  [
    "a JavaScript script before a reducer",
    {
      runtime: "streaming",
      mapper: { language: "js", source: "console.log(`k\\t${Math.random()}`);" },
      reducer: { language: "js", source: "process.stdin.pipe(process.stdout);" },
    },
    /key "k":/,
  ],
  ["a command", wasi(WRONG_WASI.time), /key "k":/],
];

test("[E3015] copies that differ under a quorum of two are told with the key that differs, in every language, by every client", async ({
  coordinator,
  volunteer,
  rest,
  page,
}) => {
  test.setTimeout(180_000);
  const failed: FailedJob[] = [];
  await Promise.all([volunteer(1), volunteer(1)]);
  for (const [what, program, where] of INCONSTANT) {
    const options = { quorum: 2, maxCopies: 2 };
    const failure = await failureOf(rest, { program, input: { items: [1] }, options });
    expect(failure.code, what).toBe("no-agreement");
    expect(failure.message, what).toMatch(/is the program deterministic\? They differ in key .* in one, /);
    expect(failure.message, what).toMatch(where);
    failed.push({ what, id: failure.id, message: failure.message ?? "" });
  }
  await expectToldAlike(coordinator.origin, page, failed);
});

test("[E3016] a job finds nothing of the one before in JavaScript, Pando modules and scripts", async ({
  volunteer,
  rest,
}) => {
  await volunteer(1);
  const look = "const seen = globalThis.seen ?? 0; globalThis.seen = 1; Array.prototype.seen = 1;";
  const programs: readonly JobRequest["program"][] = [
    { source: `export function map(n) { const old = [].seen ?? 0; ${look} return String(seen + old); }` },
    {
      runtime: "pando",
      source: `exports['/pando/1.0.0'] = (x, cb) => { const old = [].seen ?? 0; ${look} cb(null, String(seen + old)); };`,
    },
    script("js", `const old = [].seen ?? 0; ${look} console.log("0\\t" + (seen + old));`),
  ];
  for (const program of [...programs, ...programs]) {
    const lines = await linesOf(rest, { program, input: { items: [7] }, options: { quorum: 1 } });
    expect(lines.map(({ value }) => value)).toEqual(["0"]);
  }
});
