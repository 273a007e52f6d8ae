/** What holds for programs in every language that Tabgrid runs, in real tabs. */
import { linesOf, script } from "./fixtures/programs";
import type { JobRequest, Rest } from "./fixtures/rest";
import { sampleRequest } from "./fixtures/samples";
import { expect, test } from "./fixtures/test";

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

test("[E3014] Python and scripts can be written in the form, and samples in WebAssembly and scripts that are edited first are the jobs that they are by the API", async ({
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
