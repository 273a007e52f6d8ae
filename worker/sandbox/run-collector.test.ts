import fc from "fast-check";
import { expect, test } from "vitest";
import { digestOf } from "../../protocol/digest";
import { pairsIn } from "../../protocol/runs/run-block";
import { LIMITS } from "../../protocol/limits";
import { combineEach } from "./combine-runs";
import { openFakeStream, type FakeStream, type Pair } from "./fake-stream";
import { openMapSpills } from "./map-spills";
import { openParts } from "./parts";
import { partitionByHash } from "./partition";
import { openRunCollector, type RunCollectorParts } from "./run-collector";
import type { SlotPart } from "./slot-answers";

const NEVER = Number.MAX_SAFE_INTEGER;
const REDUCERS = 3;

const key = fc.oneof(
  fc.constantFrom("a", "b", "c", "\ud800", ""),
  fc.integer({ min: -2, max: 2 }),
  fc.constantFrom(null, true),
  fc.record({ x: fc.integer({ min: 0, max: 1 }) }),
  fc.uint8Array({ maxLength: 1 }),
);
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.uint8Array({ maxLength: 4 }),
  fc.constantFrom("\udfff", -0, 2 ** 60),
);
const spillWeight = fc.integer({ min: 0, max: 2_000 });

interface Made {
  readonly parts: readonly SlotPart[];
  readonly stream: FakeStream;
  readonly pairs: readonly Pair[];
}

async function collected(pairs: readonly Pair[], of: Partial<RunCollectorParts>): Promise<Made> {
  const stream = openFakeStream();
  const collector = openRunCollector({
    parts: openParts("task", stream),
    stream,
    reducers: REDUCERS,
    partitionOf: partitionByHash(REDUCERS),
    combine: null,
    ...of,
  });
  for (const [key, value] of pairs) collector.emit(key, value);
  const parts = await collector.finish();
  const blocks = parts.map((part) => ("run" in part ? part.run : null)).filter((block) => block !== null);
  return {
    ...{ parts, stream },
    pairs: blocks.flatMap((block) => [...pairsIn(block)].map(({ key, value }): Pair => [key, value])),
  };
}

const sum = (_key: unknown, values: unknown[]) =>
  values.reduce<number>((all, value) => all + Number(value), 0);

test("[MS1] what is spilt and merged gives the bytes of what is not, whenever it is spilt", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(key, value), { maxLength: 60 }),
      spillWeight,
      async (pairs, weight) => {
        const whole = await collected(pairs, { spillWeight: NEVER });
        const spilt = await collected(pairs, { spillWeight: weight });
        expect(spilt.parts).toEqual(whole.parts);
      },
    ),
  );
});

test("[MS1] also when there are more spills than are merged at once, and values of many blocks", async () => {
  const pairs = Array.from({ length: 90 }, (_, n): Pair => [`k${n % 4}`, `${n}`.repeat(20_000)]);
  const whole = await collected(pairs, { spillWeight: NEVER });
  const spilt = await collected(pairs, { spillWeight: 50_000 });
  expect(spilt.stream.runs.size).toBeGreaterThan(90);
  const digests = ({ parts, stream }: Made) =>
    parts.map((part) => "sent" in part && digestOf(stream.sent[part.sent] ?? new Uint8Array(0)));
  expect(digests(spilt)).toEqual(digests(whole));
  expect(whole.stream.sent.length).toBeGreaterThan(4);
});

test("[MS2] combines once more what was spilt: the same pairs as without, for a sum of whole numbers", async () => {
  const numbers = fc.array(fc.tuple(key, fc.integer({ min: -99, max: 99 })), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(numbers, spillWeight, async (pairs, weight) => {
      const { parts } = await collected(pairs, { combine: sum, spillWeight: NEVER });
      const later = async (key: unknown, values: unknown[]) => sum(key, values);
      for (const combine of [sum, later])
        expect((await collected(pairs, { combine, spillWeight: weight })).parts).toEqual(parts);
    }),
  );
});

test("[MS2] a runtime that combines in its own way is given the merged spills", async () => {
  const pairs: Pair[] = ["a", "b", "a", "c", "a"].map((key): Pair => [key, 1]);
  let emit: (key: unknown, value: unknown) => void = () => {};
  const stream = openFakeStream();
  const collector = openRunCollector({
    ...{ parts: openParts("task", stream), stream, reducers: 1, partitionOf: () => 0, combine: null },
    combineRuns: (merge) => combineEach(sum, merge, (key, value) => emit(key, value)),
    spillWeight: 0,
  });
  emit = (key, value) => collector.emit(key, value);
  for (const [key, value] of pairs) emit(key, value);
  const [part] = await collector.finish();
  expect(part && "run" in part ? [...pairsIn(part.run)] : null).toEqual([
    { key: "a", value: 3 },
    { key: "b", value: 1 },
    { key: "c", value: 1 },
  ]);
});

test("[MS3] what combining makes small is not written ahead", async () => {
  const pairs = Array.from({ length: 20_000 }, (_, n): Pair => [`k${n % 50}`, n]);
  const { stream, pairs: made } = await collected(pairs, { combine: sum, spillWeight: 50_000 });
  expect(stream.runs.size).toBe(0);
  expect(made).toHaveLength(50);
});

test("[MS3] a key whose combined value grows is combined less and less often", async () => {
  let taken = 0;
  const union = (_key: unknown, values: unknown[]) => {
    const all = new Set(values.flat());
    taken += values.flat().length;
    return [...all];
  };
  const pairs = Array.from({ length: 40_000 }, (_, n): Pair => ["k", [n]]);
  const { parts } = await collected(pairs, { combine: union, spillWeight: NEVER });
  expect(parts).toMatchObject([{ records: 1 }]);
  expect(taken).toBeLessThan(12 * pairs.length);
});

test("[MS4] copies that emit the same spill alike, whatever room there is", async () => {
  const pairs = Array.from({ length: 3_000 }, (_, n): Pair => [`k${n}`, n / 3]);
  const [one, other] = await Promise.all(
    [null, Promise.resolve()].map(async (room) => {
      const stream = { ...openFakeStream(), room: () => room };
      const made = await collected(pairs, { stream, spillWeight: 100_000 });
      return { runs: [...stream.runs], parts: made.parts };
    }),
  );
  expect(one?.runs.length).toBeGreaterThan(REDUCERS);
  expect(one).toEqual(other);
});

test("[MS5] a task that emits more than mapOutputBytes is told so", () => {
  const spills = openMapSpills(openFakeStream(), 2, 100);
  const [one, other] = spills.open();
  one?.add("a", ["x".repeat(60)]);
  one?.finish();
  other?.add("b", ["x".repeat(60)]);
  expect(() => other?.finish()).toThrow(
    `One map task may emit ${LIMITS.mapOutputBytes} bytes (mapOutputBytes). Use smaller chunks, or export combine`,
  );
});

test("[MS12] combine is given every value as it was emitted, in that order, however often one comes in a row", async () => {
  const emitted = fc.array(
    fc.tuple(fc.constantFrom(1, 2, 0, -0, NaN, "1", null), fc.integer({ min: 1, max: 5 })),
    { minLength: 1, maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(emitted, async (series) => {
      const values = series.flatMap(([value, times]) => Array.from({ length: times }, () => value));
      const given: unknown[][] = [];
      const combine = (_key: unknown, some: unknown[]) => given.push(some.slice());
      await collected(
        values.map((value): Pair => ["k", value]),
        { combine, spillWeight: NEVER },
      );
      expect(given).toEqual([values]);
    }),
  );
});
