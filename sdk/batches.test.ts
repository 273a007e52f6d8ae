import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchesOf, type Batch, type BatchLimits } from "./batches";

const limits: BatchLimits = { items: () => 3, bytes: 1_000, lingerMs: 5 };

async function cut(
  source: Iterable<unknown> | AsyncIterable<unknown>,
  options: Partial<BatchLimits> = {},
  hasRoom = () => true,
): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of batchesOf(source, { ...limits, ...options }, hasRoom)) batches.push(batch);
  return batches;
}

describe("batches", () => {
  it("[SK26] hold every item once and in order, none empty, none too large", async () => {
    const items = fc.array(fc.string({ maxLength: 50 }));
    await fc.assert(
      fc.asyncProperty(
        items,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 99 }),
        async (all, count, bytes) => {
          const batches = await cut(all, { items: () => count, bytes });
          expect(batches.flatMap((batch) => batch.items)).toEqual(all);
          let place = 0;
          for (const batch of batches) {
            expect(batch.first).toBe(place);
            expect(batch.items.length).toBeGreaterThan(0);
            expect(batch.items.length).toBeLessThanOrEqual(count);
            place += batch.items.length;
          }
        },
      ),
    );
  });

  it("[SK27] grow as their limits say", async () => {
    const batches = await cut(
      Array.from({ length: 20 }, (_, n) => n),
      { items: (index) => 2 ** index },
    );
    expect(batches.map(({ items }) => items.length)).toEqual([1, 2, 4, 8, 5]);
  });

  it("[SK28] do not wait for a source that keeps us waiting, while there is room for another job", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    async function* source() {
      yield "a";
      await held;
      yield "b";
    }
    const batches = batchesOf(source(), limits, () => true);
    expect((await batches.next()).value).toEqual({ items: ["a"], first: 0 });
    release();
    expect((await batches.next()).value).toEqual({ items: ["b"], first: 1 });
  });

  it("[SK29] are not begun anew while there is no room: slow items gather", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    async function* source() {
      yield "a";
      await held;
      yield "b";
    }
    let asked = 0;
    const hasRoom = () => {
      if (++asked === 3) release();
      return asked > 3;
    };
    expect(await cut(source(), {}, hasRoom)).toEqual([{ items: ["a", "b"], first: 0 }]);
  });

  it("[SK30] close their source when nobody wants more of it", async () => {
    let isClosed = false;
    function* source() {
      try {
        for (;;) yield 1;
      } finally {
        isClosed = true;
      }
    }
    for await (const batch of batchesOf(source(), limits, () => true)) if (batch.first > 5) break;
    expect(isClosed).toBe(true);
  });

  it("[SK31] refuse what cannot be carried, by its place", async () => {
    await expect(cut([1, 2, () => 3])).rejects.toThrow("item 2: a function cannot be carried");
  });
});
