import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../../protocol/canonical";
import { compareKeys } from "./key-order";
import { partitionOf } from "./partition";
import { seededRandom } from "./random";

const encoded = (key: unknown) => ({ key, keyText: canonicalJson(key) });
const anyKey = fc.jsonValue({ maxDepth: 2 }).map((value) => encoded(JSON.parse(canonicalJson(value))));

test("[SB4] sends a key to the same reducer for ever", () => {
  // Changing these breaks jobs whose map tasks ran before the change.
  const seen = ['"the"', '""', "0", "null", "[1,2]", '{"a":"é"}'].map((text) => partitionOf(text, 256));
  expect(seen).toEqual([161, 156, 239, 234, 181, 131]);
});

test("[SB4] uses every reducer about as much as the others", () => {
  const counts = new Array<number>(8).fill(0);
  for (let key = 0; key < 8_000; key++)
    counts[partitionOf(String(key), 8)] = (counts[partitionOf(String(key), 8)] ?? 0) + 1;
  expect(Math.min(...counts)).toBeGreaterThan(850);
});

test("[SB5] orders keys: null, booleans, numbers, strings, then the rest", () => {
  const ordered = [null, false, true, -1.5, 0, 2, 10, "", "10", "2", "Z", "a", "\uffff", [1], { a: 1 }];
  const shuffled = [...ordered].reverse().map(encoded).sort(compareKeys);
  expect(shuffled.map(({ key }) => key)).toEqual(ordered);
});

test("[SB5] is a total order, equal only for equal canonical JSON", () => {
  fc.assert(
    fc.property(anyKey, anyKey, anyKey, (a, b, c) => {
      expect(Math.sign(compareKeys(a, b)) + Math.sign(compareKeys(b, a))).toBe(0);
      expect(compareKeys(a, b) === 0).toBe(a.keyText === b.keyText);
      if (compareKeys(a, b) <= 0 && compareKeys(b, c) <= 0) expect(compareKeys(a, c)).toBeLessThanOrEqual(0);
    }),
  );
});

test("[SB6] gives every copy of a task the same random numbers, and other tasks others", () => {
  const drawn = (seed: string) => Array.from({ length: 5 }, seededRandom(seed));
  expect(drawn("job_1/map/1")).toEqual(drawn("job_1/map/1"));
  expect(drawn("job_1/map/1")).not.toEqual(drawn("job_1/map/2"));
  const random = seededRandom("mean");
  const mean = Array.from({ length: 10_000 }, random).reduce((sum, value) => sum + value) / 10_000;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
});
