/** Map tasks in real tabs that emit more than they may hold: what they have is written ahead, and merged. */
import { expect, test } from "./fixtures/test";

/** A map task holds some 340,000 of such pairs. */
const PAIRS = 75_000;
const RECORDS = 10;
/** Every key comes twice, and far apart. */
const KEYS = (PAIRS * RECORDS) / 2;

const NUMBERS = `
  export function map(record, { emit }) {
    for (let n = 0; n < ${PAIRS}; n++) emit((record * ${PAIRS} + n) * 7919 % ${KEYS}, record);
  }
  export function reduce(key, values, { emit }) {
    if (values.length !== 2 || values[1] - values[0] !== ${RECORDS / 2}) emit(key, values);
    else if (key % 1000 === 0) emit(key, values[0]);
  }
`;

/** Python hands over some 20,000 of such pairs at a time. */
const PYTHON = `
def map(record, context):
    for n in range(2000):
        context.emit(f"key {n}", [record, "x" * 200])

def reduce(key, values):
    assert [record for record, _ in values] == list(range(30)), values
    return len(values)
`;

/** So many values of 8 MiB each. */
const LARGE = `
  export async function map(count, { emit }) {
    for (let n = 0; n < count; n++) await emit("bytes", new Uint8Array(8 * 2 ** 20).fill(n));
  }
  export const reduce = (key, values) => values.reduce((sum, { length }) => sum + length, 0);
`;

test("[E4501] a map task that emits more than it holds spills: copies agree, and reduce gets every value, in order", async ({
  volunteer,
  rest,
}) => {
  await Promise.all([volunteer(), volunteer()]);
  const numbers = await rest.submit({
    program: { source: NUMBERS },
    input: { range: { end: RECORDS } },
    options: { quorum: 2, reducers: 2, chunkSize: RECORDS },
  });
  const python = await rest.submit({
    program: { runtime: "python", source: PYTHON },
    input: { range: { end: 30 } },
    options: { quorum: 1, reducers: 2, chunkSize: 30 },
  });
  const valuesOf = async (id: typeof python.id) =>
    (await rest.result(id))
      .split("\n")
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { value: unknown }).value);

  await rest.completed(numbers.id);
  const found = await valuesOf(numbers.id);
  expect(found).toHaveLength(KEYS / 1000);
  expect(found.every((value) => typeof value === "number" && value < RECORDS / 2)).toBe(true);

  await rest.completed(python.id);
  expect(await valuesOf(python.id)).toEqual(Array.from({ length: 2000 }, () => 30));
});

test("[E4504] a task that stores more than its browser has room for ends in words that say so, and its tab goes on", async ({
  coordinator,
  volunteer,
  rest,
}) => {
  const tab = await volunteer();
  const devtools = await tab.page.context().newCDPSession(tab.page);
  await devtools.send("Storage.overrideQuotaForOrigin", { origin: coordinator.origin, quotaSize: 2 ** 20 });
  const job = await rest.submit({
    program: { source: LARGE },
    input: { items: [60] },
    options: { quorum: 1, reducers: 1 },
  });
  expect((await rest.jobUntil(job.id, "ends", ({ endedAt }) => endedAt !== null)).failure?.message).toContain(
    "stores more than volunteers' browsers have room for. Use smaller chunks, or export combine",
  );
  const small = await rest.submit({
    program: { source: LARGE },
    input: { items: [1] },
    options: { quorum: 1, reducers: 1 },
  });
  await rest.completed(small.id);
  expect(await rest.result(small.id)).toBe('{"key":"bytes","value":8388608}\n');
});
