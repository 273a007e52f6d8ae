import { expect, it } from "vitest";
import { openScanner } from "../../core/scan-records";
import type { Digest } from "../../protocol/ids";
import { openBlockWriter } from "./block-writer";

const LINE = Buffer.from("a line\n");

it("[FM4] when two blocks cannot be stored, the first one's error is told once, and settling waits for the second", async () => {
  const ends: (() => void)[] = [];
  const stored: number[] = [];
  const writer = openBlockWriter({
    scanner: openScanner({ type: "lines" }),
    blockBytes: 1,
    store: () =>
      new Promise<Digest>((_, reject) => {
        const error = new Error(`full ${ends.length + 1}`);
        ends.push(() => reject(error));
      }),
    stored: async (_, place) => void stored.push(place),
    headerIn: null,
  });
  await writer.write(LINE);
  const second = writer.write(LINE);
  second.catch(() => {});
  await expect.poll(() => ends.length).toBe(2);

  let isSettled = false;
  const settled = writer.settle().then(() => (isSettled = true));
  ends[0]?.();
  await new Promise((resolve) => setImmediate(resolve));
  expect(isSettled, "the second one is on its way still").toBe(false);
  ends[1]?.();
  await expect(second).rejects.toThrow("full 1");
  await settled;
  expect(stored).toEqual([]);
});
