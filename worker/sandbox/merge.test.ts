import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../../protocol/canonical";
import { compareKeys } from "../../protocol/key-order";
import { blocksOf, openFakeStream, sourceOf, type Pair } from "./fake-stream";
import { openGroups } from "./groups";
import { mergeRuns, type Merge } from "./merge";
import { FAN_IN, mergeInPasses, type Run } from "./merge-passes";
import { groupsIn, valuesIn } from "./merged-groups";

const key = fc.oneof(
  fc.string({ maxLength: 2 }),
  fc.integer({ min: -2, max: 3 }),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom([1], { a: 1 }, "\uD800"),
  fc.uint8Array({ maxLength: 1 }),
);
const manyRuns = fc.array(fc.array(fc.tuple(key, fc.nat(99))), { maxLength: 12 });

/** What a map task makes of its pairs. */
function sorted(pairs: readonly Pair[]): Pair[] {
  const groups = openGroups();
  for (const [own, value] of pairs) groups.groupOf(own).values.push(value);
  return groups.sorted().flatMap((group) => group.values.map((value): Pair => [group.key, value]));
}

/** The same, without runs. */
function grouped(runs: readonly (readonly Pair[])[]): [unknown, unknown[]][] {
  const groups = openGroups();
  for (const [own, value] of runs.flat()) groups.groupOf(own).values.push(value);
  return groups.sorted().map((group) => [group.key, group.values]);
}

async function all(merge: Merge): Promise<[unknown, unknown[]][]> {
  const found: [unknown, unknown[]][] = [];
  for await (const groups of groupsIn(merge))
    for (const group of groups) found.push([group.key, group.values]);
  return found;
}

test("[MG1] gives keys in order, and the values of a key in the order of the runs", async () => {
  await fc.assert(
    fc.asyncProperty(manyRuns, async (runs) => {
      const merge = mergeRuns(runs.map((run) => sourceOf(...sorted(run))));
      expect(await all(merge)).toEqual(grouped(runs));
    }),
  );
});

test("[MG2] gives the same whether blocks are there at once or come one by one", async () => {
  await fc.assert(
    fc.asyncProperty(manyRuns, async (runs) => {
      const slow = runs.map((run) => {
        // A block for each pair, as if blocks were tiny.
        const blocks = sorted(run).flatMap((pair) => blocksOf(pair));
        return { next: () => Promise.resolve(blocks.shift() ?? null) };
      });
      expect(await all(mergeRuns(slow))).toEqual(grouped(runs));
    }),
  );
});

test("[MG3] merges more runs than it may hold in passes, to the same end", async () => {
  const runs = Array.from({ length: 3 * FAN_IN + 5 }, (_, run) =>
    Array.from({ length: 20 }, (_, place): Pair => [`k${(run * 7 + place * 3) % 50}`, run * 100 + place]),
  );
  let open = 0;
  let mostOpen = 0;
  const far = runs.map((run): Run => {
    const blocks = blocksOf(...sorted(run));
    let isOpen = false;
    return {
      isFar: true,
      next() {
        if (!isOpen) open += 1;
        isOpen = true;
        mostOpen = Math.max(mostOpen, open);
        const block = blocks.shift() ?? null;
        if (!block) open -= 1;
        return Promise.resolve(block);
      },
    };
  });
  const merge = await mergeInPasses(far, openFakeStream(), far.length);
  expect(await all(merge)).toEqual(grouped(runs));
  expect(mostOpen).toBeLessThanOrEqual(FAN_IN);
});

test("[MG4] passes over values that nobody took", async () => {
  const merge = mergeRuns([sourceOf(["a", 1], ["a", 2], ["b", 3]), sourceOf(["a", 4], ["c", 5])]);
  const seen: unknown[] = [];
  for (let next = await merge.nextKey(); next; next = await merge.nextKey()) seen.push(next.key);
  expect(seen).toEqual(["a", "b", "c"]);
});

test("[MG5] gives the values of a heavy key one by one, as they come", async () => {
  const values = Array.from({ length: 200_000 }, (_, place) => place);
  const blocks = [0, 1, 2, 3].flatMap((quarter) =>
    blocksOf(
      ...values.slice(quarter * 50_000, (quarter + 1) * 50_000).map((value): Pair => ["heavy", value]),
    ),
  );
  blocks.push(...blocksOf(["light", -1]));
  let taken = 0;
  const merge = mergeRuns([{ next: () => (taken++, blocks.shift() ?? null) }]);
  expect((await merge.nextKey())?.key).toBe("heavy");
  let sum = 0;
  for await (const value of valuesIn(merge)) {
    sum += Number(value);
    if (value === 0) expect(taken).toBeLessThanOrEqual(2);
  }
  expect(sum).toBe((199_999 * 200_000) / 2);
  expect((await merge.nextKey())?.key).toBe("light");
});

test("[MG6] refuses to make a list of more values than a tab can hold, and says what to do", async () => {
  const [block] = blocksOf(["too heavy", "x".repeat(400_000)]);
  const merge = mergeRuns([{ next: () => block ?? null }]);
  await expect(all(merge)).rejects.toThrow(
    /those of "too heavy" take more, \d+ so far\. Export combine, or values = "stream"/,
  );
});

test("[MG7] an order that runs do not keep is not noticed, and ends all the same", async () => {
  const merge = mergeRuns([sourceOf(["b", 1], ["a", 2]), sourceOf(["a", 3])]);
  const keys = (await all(merge)).map(([own]) => own);
  expect(new Set(keys)).toEqual(new Set(["a", "b"]));
});

test("[MG8] keys that are grouped come in the order of keys", () => {
  fc.assert(
    fc.property(fc.array(key), (keys) => {
      const groups = openGroups();
      for (const own of keys) groups.groupOf(own);
      const found = groups.sorted();
      for (const [place, group] of found.entries()) {
        const next = found[place + 1];
        if (next) expect(compareKeys(group, next)).toBeLessThan(0);
      }
      const names = new Set(
        keys.map((own) => (own instanceof Uint8Array ? `bytes ${own.join()}` : canonicalJson(own))),
      );
      expect(found).toHaveLength(names.size);
    }),
  );
});
