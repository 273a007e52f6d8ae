/** Programs that split their input themselves: in real tabs, by a quorum, across a kill of the coordinator. */
import { connect } from "../sdk/tabgrid";
import { runCli } from "./fixtures/cli";
import { valuesIn } from "./fixtures/programs";
import { sampleRequest } from "./fixtures/samples";
import { expect, test } from "./fixtures/test";

test("[E4301] what split yields in volunteers is mapped, each item once and in order, though the coordinator is killed between", async ({
  coordinator,
  volunteer,
  rest,
  page,
}) => {
  await volunteer();
  await page.goto(`${coordinator.origin}/`);
  const { id, stages } = await rest.submit({
    name: "own split",
    program: {
      source: `export function* split(starts, { config, log }) {
          log("splits", starts.length);
          for (const start of starts) for (let n = 0; n < config.each; n++) yield { n: start + n, padding: "x".repeat(n % 100) };
        }
        export async function map({ n, padding }, { config }) {
          await new Promise((done) => setTimeout(done, config.ms));
          return [n, padding.length];
        }`,
    },
    input: { items: [0, 1_000, 2_000] },
    options: { quorum: 2, chunkSize: 20 },
    config: { each: 300, ms: 10 },
  });
  expect(stages.map(({ name, tasks }) => [name, tasks])).toEqual([
    ["split", 1],
    ["map", 0],
  ]);
  await rest.jobUntil(
    id,
    "waits for a second volunteer",
    ({ waiting }) => waiting?.code === "more-volunteers",
  );
  await page.goto(`${coordinator.origin}/jobs/${id}`);
  await expect(page.getByTestId("stage-split")).toContainText("of 1 task");
  await expect(page.getByTestId("stage-map")).toContainText("Number of tasks not known yet");
  await page.getByRole("tab", { name: "Statistics" }).click();
  await expect(page.getByTestId("statistics-map")).toContainText("number of tasks not known yet");
  const following = rest.fetch(`/api/v1/jobs/${id}/result?follow=1`).catch(() => null);
  await coordinator.kill();
  await coordinator.start();
  void following;

  await volunteer();
  const begun = await rest.jobUntil(
    id,
    "maps what was split",
    ({ stages: [, map] }) => (map?.accepted ?? 0) > 0,
  );
  expect(begun.endedAt).toBeNull();
  await coordinator.kill();
  await coordinator.start();
  const ended = await rest.completed(id);
  expect(ended.stages).toMatchObject([
    { name: "split", tasks: 1, accepted: 1, state: "completed" },
    { name: "map", tasks: 45, accepted: 45 },
  ]);
  const expected = [0, 1_000, 2_000].flatMap((start) =>
    Array.from({ length: 300 }, (_, n) => [start + n, n % 100]),
  );
  expect(valuesIn(await rest.result(id))).toEqual(expected);
  const [split] = await rest.tasks(id);
  expect(split?.copies.filter(({ verdict }) => verdict === "valid")).toHaveLength(2);
  await page.goto(`${coordinator.origin}/jobs/${id}`);
  await expect(page.getByTestId("stage-map")).toContainText("45 of 45 tasks");

  // The sample, with the same program on the grid by the command line, and without a grid.
  const sample = sampleRequest("lattice-walks", { quorum: 2 });
  const walks = await rest.submit({ ...sample, input: { items: [12, 13] }, config: { first: 4 } });
  await rest.completed(walks.id);
  expect(valuesIn(await rest.result(walks.id))).toMatchObject([{ walks: 324_932 }, { walks: 881_500 }]);
  const args = [
    "examples/lattice-walks/program.js",
    "--items",
    "12",
    "13",
    "--config",
    '{"first":4}',
    "--reducers",
    "1",
  ];
  const local = await runCli(["run", ...args, "--local"], { url: "http://127.0.0.1:9" });
  expect(local).toMatchObject({ code: 0, stdout: await rest.result(walks.id) });
});

test("[E4302] blocks of a dataset are split one by one, large items go as blocks, and Python and the SDK split too", async ({
  coordinator,
  volunteer,
  rest,
}) => {
  await volunteer();
  const lines = Array.from({ length: 30_000 }, (_, n) => `line ${n} with some text`).join("\n");
  const put = await rest.fetch("/api/v1/datasets/ada/lines?blockBytes=131072", {
    method: "PUT",
    body: `${lines}\n`,
  });
  expect(put.status).toBe(201);
  const pairs = await rest.submit({
    program: {
      source: `export function* split(lines) {
          for (let at = 0; at < lines.length; at += 1_000) yield lines.slice(at, at + 1_000).map((line) => line.repeat(8));
        }
        export const map = (lines, { emit }) => { for (const line of lines) emit(Number(line.split(" ")[1]) % 7, line.length); };
        export const reduce = (key, lengths) => lengths.length;`,
    },
    input: { dataset: "/ada/lines" },
    options: { quorum: 1, reducers: 2, order: "total" },
  });
  const { stages } = await rest.completed(pairs.id);
  const [split, , map] = stages;
  expect(stages.map(({ name }) => name)).toEqual(["split", "sample", "map", "reduce"]);
  expect(split?.tasks).toBeGreaterThan(3);
  expect(map?.tasks).toBeGreaterThanOrEqual(30);
  const counts = valuesIn(await rest.result(pairs.id)) as number[];
  expect(counts).toHaveLength(7);
  expect(counts.reduce((sum, count) => sum + count)).toBe(30_000);

  const python = await rest.submit({
    program: {
      runtime: "python",
      source: [
        "def split(items, context):",
        "    for item in items:",
        "        for part in range(context.config['parts']):",
        "            yield {'item': item, 'part': part}",
        "def map(record, context):",
        "    return f\"{record['item']}{record['part']}\"",
      ].join("\n"),
    },
    input: { items: ["a", "b"] },
    options: { quorum: 1 },
    config: { parts: 3 },
  });
  await rest.completed(python.id);
  expect(valuesIn(await rest.result(python.id))).toEqual(["a0", "a1", "a2", "b0", "b1", "b2"]);

  const grid = connect(coordinator.origin);
  const results = grid.job({
    input: [[1, 2], [3]],
    program: {
      *split(lists: number[][]) {
        for (const list of lists) for (const n of list) yield new Map([["n", n * factor]]);
      },
      map: (item) => item.get("n") ?? 0,
    },
    with: { factor: 10 },
    options: { quorum: 1 },
  });
  expect(await results.run().toArray()).toEqual([
    { key: 0, value: 10 },
    { key: 1, value: 20 },
    { key: 2, value: 30 },
  ]);
});

declare const factor: number;

test("[E4303] a split that fails, loops or gives no list fails its job in words that name it, and is refused where there can be none", async ({
  volunteer,
  testVolunteer,
  rest,
}) => {
  await volunteer();
  const failureOf = async (split: string, options: object = {}) => {
    const { id } = await rest.submit({
      program: { source: `${split}\nexport const map = (item) => item;` },
      input: { items: [1] },
      options: { quorum: 1, maxErrors: 1, taskTimeoutMs: 30_000, onError: "skip", ...options },
    });
    const job = await rest.jobUntil(id, "ends", ({ endedAt }) => endedAt !== null);
    expect(job).toMatchObject({ state: "failed", failure: { taskId: `${id}/split/0` } });
    return job.failure;
  };
  const thrown = await failureOf("export function* split() {\n  yield 1;\n  throw new Error('no more');\n}");
  expect(thrown?.message).toBe("The program's split failed: Error: no more");
  expect(thrown?.stack).toContain("program.js:3:9");
  expect(
    (await failureOf("export function* split() { for (;;); }", { taskTimeoutMs: 500 }))?.message,
  ).toContain("split failed: ");
  expect((await failureOf("export const split = () => 7;"))?.message).toContain("split must be a generator");

  // Copies of one split that differ: nobody's is taken.
  await testVolunteer(() => ['{"n":2}\n']);
  const differing = await rest.submit({
    program: { source: "export const split = (items) => items; export const map = (item) => item;" },
    input: { items: [{ n: 1 }] },
    options: { quorum: 2, maxCopies: 2 },
  });
  const undecided = await rest.jobUntil(differing.id, "ends", ({ endedAt }) => endedAt !== null);
  expect(undecided.failure).toMatchObject({ code: "no-agreement", taskId: `${differing.id}/split/0` });
  expect(undecided.failure?.message).toContain("program's split");
  expect(undecided.failure?.message).toMatch(/item 0 at \/n: [12] in one, [12] in another/);

  const refused = await rest.refusal({
    program: { source: "export const split = 7; export const map = (item) => item;" },
    input: { items: [1] },
  });
  expect(refused).toMatchObject({ type: "/problems/program-invalid", line: 1 });
  const many = await rest.refusal({
    program: { source: "export const split = (items) => items; export const map = (item) => item;" },
    input: { range: { end: 2_000_000 } },
  });
  expect(many.detail).toContain("splitRecords");
});
