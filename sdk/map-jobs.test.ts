import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { until } from "../testing/await";
import type { Batch } from "./batches";
import type { JobHandle } from "./job-handle";
import { runMapJobs } from "./map-jobs";
import type { RunOptions } from "./running";

/** A grid that squares, with a job that fails. */
function openFakeGrid(failing = -1) {
  const grid = {
    submitted: 0,
    most: 0,
    cancelled: [] as number[],
    open: new Set<number>(),
    submit({ items }: Batch): Promise<JobHandle> {
      const number = grid.submitted++;
      grid.open.add(number);
      grid.most = Math.max(grid.most, grid.open.size);
      const job: Pick<JobHandle, "results" | "cancel"> = {
        async *results({ signal } = {}) {
          for (const [key, item] of items.entries()) {
            signal?.throwIfAborted();
            if (number === failing) throw new Error(`job ${number} failed`);
            yield { key, value: Number(item) ** 2 };
          }
          grid.open.delete(number);
        },
        cancel() {
          grid.cancelled.push(number);
          return Promise.reject(new Error("too late"));
        },
      };
      return Promise.resolve(job as JobHandle);
    },
  };
  return grid;
}

function run(grid: ReturnType<typeof openFakeGrid>, count: number, size: number, options: RunOptions = {}) {
  const source = Array.from({ length: count }, (_, n) => n);
  const limits = { items: () => size, bytes: 1e6, lingerMs: 5 };
  return runMapJobs(
    { source, limits, classes: {}, jobsAtOnce: 3, submit: (batch) => grid.submit(batch) },
    options,
  );
}

describe("a map over several jobs", () => {
  it("[SK32] tells one result for each item, in the order of the items, and never has more jobs under way than it may", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(60), fc.integer({ min: 1, max: 20 }), async (count, size) => {
        const grid = openFakeGrid();
        const found: unknown[] = [];
        for await (const placed of run(grid, count, size)) found.push(placed);
        expect(found).toEqual(Array.from({ length: count }, (_, n) => [n, n ** 2]));
        expect(grid.submitted).toBe(Math.ceil(count / size));
        expect(grid.most).toBeLessThanOrEqual(3);
        expect(grid.cancelled).toEqual([]);
      }),
    );
  });

  it("[SK33] ends with the failure of a job, after the results before it, and cancels the jobs behind it", async () => {
    const grid = openFakeGrid(1);
    const found: unknown[] = [];
    const reading = (async () => {
      for await (const [, value] of run(grid, 100, 2)) found.push(value);
    })();
    await expect(reading).rejects.toThrow("job 1 failed");
    expect(found).toEqual([0, 1]);
    await until(() => [...grid.open].every((number) => grid.cancelled.includes(number)));
  });

  it("[SK34] cancels what it has begun when its reader leaves", async () => {
    const grid = openFakeGrid();
    for await (const [index] of run(grid, 100, 10)) if (index === 15) break;
    await until(() => [...grid.open].every((number) => grid.cancelled.includes(number)));
    expect(grid.cancelled).not.toContain(0);
    expect(grid.submitted).toBeLessThan(6);
  });

  it("[SK35] ends with the signal's reason, and cancels what it has begun", async () => {
    const grid = openFakeGrid();
    const leaving = new AbortController();
    const results = run(grid, 100, 10, { signal: leaving.signal });
    await results.next();
    leaving.abort(new Error("enough"));
    await expect(results.next()).rejects.toThrow("enough");
    expect(grid.cancelled).toContain(0);
  });
});
