/** A key that holds half of all records: what it is made of is combined in pieces, and the job's statistics say so. */
import { JobStatistics } from "../protocol/statistics";
import { connect } from "../sdk/tabgrid";
import { runCli } from "./fixtures/cli";
import { expect, test } from "./fixtures/test";

const RECORDS = 12_000;
const CHUNK = 1_000;

/** Every second record goes to one key: a list of numbers, each with much beside it. */
const MAP = `export const map = (n, { emit }) =>
  emit(n % 2 ? "heavy" : "light " + (n % 128), [{ n, beside: n % 2 ? String(n * 7919).padEnd(900, "abcdefghij") : "" }]);
export const reduce = (key, values) => {
  const all = values.flat().map(({ n }) => n);
  return { count: all.length, sum: all.reduce((a, b) => a + b, 0), isInOrder: all.every((n, at) => at === 0 || all[at - 1] < n) };
};`;
const COMBINE = "export const combine = (key, values) => values.flat();";

test("[E4101] a key with half of all records is split where the program combines, exactly, and page, API, SDK and command line say so", async ({
  volunteer,
  coordinator,
  rest,
  page,
}) => {
  // Blocks of half a megabyte go up and down all the time: on a busy machine that takes a while.
  test.slow();
  await volunteer(2);
  const submit = (source: string) =>
    rest.submit({
      program: { source },
      input: { range: { end: RECORDS } },
      options: { quorum: 1, reducers: 4, chunkSize: CHUNK },
    });
  const split = await submit(`${MAP}\n${COMBINE}`);
  const whole = await submit(MAP);
  const results: string[] = [];
  for (const { id } of [split, whole]) {
    await rest.completed(id);
    results.push(await rest.result(id));
  }
  const lines = (results[0] ?? "").trimEnd().split("\n");
  const found = new Map(
    lines.map((line): [string, unknown] => {
      const { key, value } = JSON.parse(line) as { key: string; value: unknown };
      return [key, value];
    }),
  );
  expect(found.get("heavy")).toEqual({ count: RECORDS / 2, sum: (RECORDS / 2) ** 2, isInOrder: true });
  expect(found.size).toBe(65);
  expect(results[1]).toBe(results[0]);

  const grid = connect(coordinator.origin);
  const { stages, shuffle } = await grid.find(split.id).statistics();
  const [heavy] = shuffle?.heavy ?? [];
  expect(shuffle?.heavy).toHaveLength(1);
  expect(heavy).toMatchObject({ leftWhole: null, message: expect.stringContaining("It was split") });
  expect(heavy?.pieces).toBeGreaterThan(1);
  expect(shuffle?.skew).toBeGreaterThan(2);
  const [map, merge, reduce] = stages;
  expect(map).toMatchObject({ name: "map", tasks: 12, recordsIn: RECORDS, runs: null });
  expect(merge).toMatchObject({ name: "merge", accepted: heavy?.pieces, runs: 12 });
  expect(merge?.recordsOut).toBeLessThan(merge?.recordsIn ?? 0);
  expect(reduce?.recordsIn).toBe((map?.recordsOut ?? 0) - (merge?.recordsIn ?? 0) + (merge?.recordsOut ?? 0));
  expect(reduce).toMatchObject({ recordsOut: 65, runs: 36 + (heavy?.pieces ?? 0) });
  expect(map?.taskMs?.max).toBeGreaterThanOrEqual(map?.taskMs?.p50 ?? Infinity);

  const answer = await rest.fetch(`/api/v1/jobs/${whole.id}/statistics`);
  expect(JobStatistics.parse(await answer.json())).toMatchObject({
    stages: [{ name: "map" }, { name: "reduce", runs: 48, recordsIn: RECORDS }],
    shuffle: { heavy: [{ pieces: 0, leftWhole: "no-combine" }] },
  });

  const { stdout } = await runCli(["status", split.id], { url: coordinator.origin });
  expect(stdout).toContain(heavy?.message ?? "a message");

  await page.goto(`${coordinator.origin}/jobs/${split.id}`);
  await page.getByRole("tab", { name: "Statistics" }).click();
  await expect(page.getByTestId("heavy-partition")).toHaveText(heavy?.message ?? "a message");
  await expect(page.getByTestId("statistics-merge")).toContainText("12 runs");
  await expect(page.getByTestId("statistics-map")).toContainText("12,000 records");
  await expect(page.getByTestId("stage-merge")).toHaveAttribute("data-state", "completed");
});

const PYTHON = `
def map(n, context):
    beside = str(n * 7919).ljust(900, "x") if n % 2 else ""
    context.emit("heavy" if n % 2 else f"light {n % 128}", [[n, beside]])

def combine(key, values):
    return [one for value in values for one in value]

def reduce(key, values):
    numbers = [n for value in values for n, _ in value]
    return [len(numbers), sum(numbers), numbers == sorted(numbers)]
`;

test("[E4503] a heavy partition of a Python program is combined in pieces by Python, exactly and in order", async ({
  volunteer,
  rest,
}) => {
  test.slow();
  await volunteer();
  const { id } = await rest.submit({
    program: { runtime: "python", source: PYTHON },
    input: { range: { end: RECORDS } },
    options: { quorum: 1, reducers: 4, chunkSize: CHUNK },
  });
  const { stages } = await rest.completed(id);
  expect(stages.map(({ name }) => name)).toEqual(["map", "merge", "reduce"]);
  expect(stages[1]?.accepted).toBeGreaterThan(1);
  const lines = (await rest.result(id)).trimEnd().split("\n");
  const found = new Map(lines.map((line) => Object.values(JSON.parse(line) as object) as [string, unknown]));
  expect(found.get("heavy")).toEqual([RECORDS / 2, (RECORDS / 2) ** 2, true]);
  expect(found.size).toBe(65);
});
