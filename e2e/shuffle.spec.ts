/** Shuffles in real tabs: a total order, heavy keys, partitions that are larger than what a tab holds of them. */
import { checkSorted, checksumOfInput } from "../examples/terasort/validate.mjs";
import { sampleRequest } from "./fixtures/samples";
import { expect, test } from "./fixtures/test";

const linesIn = (text: string) => text.split("\n").slice(0, -1);

test("[E3701] TeraSort gives all records in order, and its reducers share them", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  const count = 100_000;
  const { id, stages } = await rest.submit({
    ...sampleRequest("terasort", { quorum: 1, reducers: 4, chunkSize: 20_000, order: "total" }),
    input: { range: { end: count } },
  });
  expect(stages.map(({ name, tasks }) => [name, tasks])).toEqual([
    ["sample", 5],
    ["map", 5],
    ["reduce", 4],
  ]);
  await rest.completed(id);
  const lines = linesIn(await rest.result(id, "?follow=1"));
  expect(await checkSorted(lines)).toEqual({ records: count, checksum: checksumOfInput(count, 1) });
  const shares = (await rest.tasks(id))
    .filter(({ stage }) => stage === "reduce")
    .map(({ records }) => records ?? 0);
  expect(Math.min(...shares)).toBeGreaterThan(count / 4 / 2);
});

test("[E3702] a key with half of all values is given to reduce as a stream, and a combined one as one value", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  const map = `export const map = (n, { emit }) => { for (let i = 0; i < 10_000; i++) emit(i % 2 ? "heavy" : "k" + (i % 64), "value " + i); };`;
  const input = { range: { end: 10 } };
  const streamed = await rest.submit({
    program: {
      source: `${map} export const values = "stream";
        export async function reduce(key, values) { let count = 0; for await (const value of values) count += 1; return count; }`,
    },
    input,
    options: { quorum: 1, reducers: 2 },
  });
  const combined = await rest.submit({
    program: {
      source: `${map} export const combine = (key, values) => values.reduce((sum, value) => sum + (typeof value === "number" ? value : 1), 0);
        export const reduce = combine;`,
    },
    input,
    options: { quorum: 1, reducers: 2 },
  });
  for (const { id } of [streamed, combined]) {
    await rest.completed(id);
    const counts = new Map(
      linesIn(await rest.result(id)).map(
        (line) => Object.values(JSON.parse(line) as object) as [string, number],
      ),
    );
    expect(counts.get("heavy")).toBe(50_000);
    expect(counts.size).toBe(33);
  }
});

test("[E3703] what a tab has mapped outlives it: another one reduces it, and no map runs twice", async ({
  volunteer,
  rest,
}) => {
  // Of one slot, whose worker is the same for all of a job: where it has mapped, no reduce ends.
  const first = await volunteer(1);
  const source = `
    let hasMapped = false;
    export const map = (n, { emit }) => {
      hasMapped = true;
      for (let i = 0; i < 2_000; i++) emit(i, [n, "x".repeat(20)]);
    };
    export const reduce = (key, values) => (hasMapped ? new Promise(() => {}) : values.length);`;
  const { id } = await rest.submit({
    program: { source },
    input: { range: { end: 2 } },
    options: { quorum: 1, reducers: 1 },
  });
  await rest.jobUntil(id, "is mapped", ({ stages }) => stages[0]?.state === "completed");
  await first.context.close();
  const second = await volunteer(2);
  await rest.completed(id);
  const lines = linesIn(await rest.result(id)).map(
    (line) => JSON.parse(line) as { key: number; value: number },
  );
  expect(lines).toEqual(Array.from({ length: 2_000 }, (_, key) => ({ key, value: 2 })));
  const copies = (await rest.tasks(id)).map((task) => [
    task.stage,
    ...task.copies.map((copy) => copy.volunteerId),
  ]);
  const [mapped, again, reduced] = copies;
  expect([mapped, again]).toEqual([
    ["map", first.id],
    ["map", first.id],
  ]);
  expect(reduced?.at(-1)).toBe(second.id);
});
