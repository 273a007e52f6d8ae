import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../../protocol/canonical";
import { compareKeys, type EncodedKey } from "../../protocol/key-order";
import { partitionByHash, partitionByRange } from "./partition";
import { seededRandom } from "./random";

const encoded = (key: unknown): EncodedKey => {
  const isStructured = typeof key === "object" && key !== null && !(key instanceof Uint8Array);
  return { key, keyText: isStructured ? canonicalJson(key) : null };
};
const anyKey = fc
  .oneof(
    fc.jsonValue({ maxDepth: 2 }).map((value): unknown => JSON.parse(canonicalJson(value))),
    fc.uint8Array(),
  )
  .map(encoded);

test("[SB4] sends a key to the same reducer for ever", () => {
  // Changing these breaks jobs whose map tasks ran before the change.
  const keys = ["the", "", 0, null, [1, 2], { a: "é" }, Uint8Array.of(116, 104, 101)];
  expect(keys.map(encoded).map(partitionByHash(256))).toEqual([65, 11, 239, 234, 181, 131, 65]);
});

test("[SB4] uses every reducer about as much as the others", () => {
  const counts = new Array<number>(8).fill(0);
  const partitionOf = partitionByHash(8);
  for (let key = 0; key < 8_000; key++) {
    const partition = partitionOf(encoded(String(key)));
    counts[partition] = (counts[partition] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(850);
});

test("[SB5] orders keys: null, booleans, numbers, text, bytes, then the rest", () => {
  const ordered = [
    null,
    false,
    true,
    -1.5,
    0,
    2,
    10,
    "",
    "10",
    "2",
    "Z",
    "a",
    "\uffff",
    Uint8Array.of(),
    Uint8Array.of(1, 255),
    Uint8Array.of(2),
    [1],
    { a: 1 },
  ];
  const shuffled = [...ordered].reverse().map(encoded).sort(compareKeys);
  expect(shuffled.map(({ key }) => key)).toEqual(ordered);
});

test("[SB5] is a total order, equal only for equal canonical JSON", () => {
  fc.assert(
    fc.property(anyKey, anyKey, anyKey, (a, b, c) => {
      expect(Math.sign(compareKeys(a, b)) + Math.sign(compareKeys(b, a))).toBe(0);
      const isSame = a.key instanceof Uint8Array === b.key instanceof Uint8Array;
      expect(compareKeys(a, b) === 0).toBe(isSame && canonicalJson(a.key) === canonicalJson(b.key));
      if (compareKeys(a, b) <= 0 && compareKeys(b, c) <= 0) expect(compareKeys(a, c)).toBeLessThanOrEqual(0);
    }),
  );
});

test("[SB19] cuts keys into ranges that follow one another in the order of keys", () => {
  fc.assert(
    fc.property(fc.array(anyKey), fc.array(anyKey, { minLength: 1 }), (someBounds, keys) => {
      const partitionOf = partitionByRange([...someBounds].sort(compareKeys));
      const sorted = [...keys].sort(compareKeys).map(partitionOf);
      expect(sorted).toEqual([...sorted].sort((a, b) => a - b));
      expect(Math.max(...sorted)).toBeLessThanOrEqual(someBounds.length);
    }),
  );
  const bounds = ["b", "d"].map(encoded);
  expect(["a", "b", "c", "d", "e"].map(encoded).map(partitionByRange(bounds))).toEqual([0, 1, 1, 2, 2]);
});

test("[SB6] gives every copy of a task the same random numbers, and other tasks others", () => {
  const drawn = (seed: string) => Array.from({ length: 5 }, seededRandom(seed));
  expect(drawn("job_1/map/1")).toEqual(drawn("job_1/map/1"));
  expect(drawn("job_1/map/1")).not.toEqual(drawn("job_1/map/2"));
  const random = seededRandom("mean");
  const mean = Array.from({ length: 10_000 }, random).reduce((sum, value) => sum + value) / 10_000;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
});
