import { describe, expect, it } from "vitest";
import { longestMs, learnCost, UNKNOWN_COST, type TaskCost } from "./task-cost";

const costOf = (...elapsed: number[]) =>
  elapsed.reduce<TaskCost>((cost, ms) => learnCost(cost, ms, 10), UNKNOWN_COST);

describe("what a task costs", () => {
  it("[TC1] is the mean of the latest tasks, and how far from it they are", () => {
    expect(costOf(100, 100, 100)).toMatchObject({ meanMs: 100, meanBytes: 10, samples: 3 });
    const { meanMs, deviationMs } = costOf(
      ...Array.from({ length: 500 }, (_, place) => (place % 2 ? 50 : 150)),
    );
    expect(meanMs).toBeGreaterThan(90);
    expect(meanMs).toBeLessThan(110);
    expect(deviationMs).toBeGreaterThan(40);
    expect(deviationMs).toBeLessThan(60);
  });

  it("[TC2] follows tasks that become dearer", () => {
    const cost = costOf(...Array.from({ length: 50 }, () => 10), ...Array.from({ length: 100 }, () => 1_000));
    expect(cost.meanMs).toBeGreaterThan(900);
  });

  it("[TC3] tells how long hardly any takes: longer where tasks differ, on slow devices and behind others", () => {
    const steady = costOf(...Array.from({ length: 200 }, () => 100));
    const varied = costOf(...Array.from({ length: 200 }, (_, place) => (place % 2 ? 10 : 190)));
    expect(longestMs(steady, 1, 1)).toBeLessThan(110);
    expect(longestMs(varied, 1, 1)).toBeGreaterThan(300);
    expect(longestMs(steady, 1, 8)).toBeCloseTo(8 * longestMs(steady, 1, 1));
    expect(longestMs(steady, 5, 1)).toBeGreaterThan(5 * 100);
  });
});
