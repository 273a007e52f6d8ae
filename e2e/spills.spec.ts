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
