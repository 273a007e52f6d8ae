import { describe, expect, it } from "vitest";
import { volunteer } from "../testing/builders";
import { WantLog } from "./want-log";

const [ada, bo] = [volunteer("ada"), volunteer("bo")];

function logOf(...tasks: number[]): WantLog<number, string> {
  const log = new WantLog<number, string>();
  for (const task of tasks) log.push(task, 0);
  return log;
}

describe("WantLog", () => {
  it("[WL1] gives out the oldest entry first, and every entry once", () => {
    const log = logOf(7, 8);
    expect([log.take(ada, () => "take"), log.take(bo, () => "take"), log.take(ada, () => "take")]).toEqual([
      7,
      8,
      null,
    ]);
  });

  it("[WL2] keeps for others what one volunteer skips", () => {
    const log = logOf(7);
    expect(log.take(ada, () => "skip")).toBeNull();
    expect(log.take(bo, () => "take")).toBe(7);
  });

  it("[WL3] does not show an entry again to a volunteer that skipped it", () => {
    const log = logOf(7, 8);
    log.take(ada, () => "skip");
    const seen: number[] = [];
    log.push(9, 0);
    log.take(ada, (task) => (seen.push(task), "skip"));
    expect(seen).toEqual([9]);
  });

  it("[WL4] goes on to the next entry after one that nobody needs any more", () => {
    const log = logOf(7, 8);
    expect(log.take(ada, (task) => (task === 7 ? "drop" : "take"))).toBe(8);
    expect(log.size).toBe(0);
  });

  it("[WL5] tells with an entry in which round of its task it was asked for", () => {
    const log = new WantLog<number, string>();
    log.push(7, 3);
    expect(log.take(ada, (_task, round) => (round === 3 ? "take" : "drop"))).toBe(7);
  });

  it("[WL6] counts the entries not taken yet", () => {
    const log = logOf(7, 8, 9);
    log.take(ada, () => "take");
    expect(log.size).toBe(2);
  });

  it("[WL7] stays as short as what waits, also behind an entry that nobody can take", () => {
    const log = logOf(0);
    for (let task = 1; task <= 10_000; task++) {
      log.push(task, 0);
      expect(log.take(ada, (index) => (index === 0 ? "skip" : "take"))).toBe(task);
    }
    expect(log.size).toBe(1);
    expect(log.lengthInMemory).toBeLessThan(100);
    expect(log.take(bo, () => "take")).toBe(0);
  });

  it("[WL8] shows nobody an entry many times, however long the log gets", () => {
    const log = logOf(...Array.from({ length: 5_000 }, (_, task) => task));
    let looks = 0;
    for (let taken = 0; taken < 5_000; taken++) {
      log.take(ada, () => (looks++, "skip"));
      log.take(bo, () => "take");
    }
    expect(looks).toBeLessThan(20_000);
  });
});
