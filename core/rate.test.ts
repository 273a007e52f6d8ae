import { describe, expect, it } from "vitest";
import { at, T0 } from "../testing/builders";
import { countEvents, eventsPerSecond, startRate } from "./rate";

/** A hundred events a second for so many milliseconds. */
function steady(ms: number) {
  let rate = startRate(T0);
  for (let passed = 10; passed <= ms; passed += 10) rate = countEvents(rate, 1, at(passed));
  return rate;
}

describe("eventsPerSecond", () => {
  it("[RA1] is what a steady stream brings, from its first second on", () => {
    for (const ms of [1_000, 5_000, 60_000]) {
      expect(eventsPerSecond(steady(ms), at(ms))).toBeGreaterThan(95);
      expect(eventsPerSecond(steady(ms), at(ms))).toBeLessThan(105);
    }
  });

  it("[RA2] falls towards 0 when nothing happens any more", () => {
    expect(eventsPerSecond(steady(10_000), at(40_000))).toBeLessThan(1);
  });

  it("[RA3] is 0 before anything has happened, also in the first instant", () => {
    expect(eventsPerSecond(startRate(T0), T0)).toBe(0);
  });
});
