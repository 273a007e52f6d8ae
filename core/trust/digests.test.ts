import { expect, it } from "vitest";
import { digest } from "../../testing/builders";
import { Digests } from "./digests";

it("[TR70] digests of a stage's tasks are kept in 32 bytes each, and come back as they were", () => {
  const digests = new Digests();
  const sha256 = (index: number) => digest(index.toString(16).padStart(8, "0").repeat(8));
  const indexes = [0, 1, 1_023, 1_024, 9_999_999];
  for (const index of indexes) digests.set(index, sha256(index ^ 0xabcdef));
  expect(indexes.map((index) => digests.get(index))).toEqual(
    indexes.map((index) => sha256(index ^ 0xabcdef)),
  );

  digests.set(1, digest("no SHA-256"));
  expect(digests.get(1)).toBe("no SHA-256");
  digests.set(1, sha256(7));
  expect(digests.get(1)).toBe(sha256(7));

  digests.clear();
  expect(() => digests.get(1)).toThrow("No digest of task 1 is kept");
});
