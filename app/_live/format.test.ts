import { expect, test } from "vitest";
import { formatBytes, formatDuration, formatPercent, formatTimeLeft } from "./format";

test("[UI10] a job that is not finished never reads as 100 %", () => {
  expect(formatPercent(0.9999)).toBe("99 %");
  expect(formatPercent(1)).toBe("100 %");
  expect(formatPercent(0.004)).toBe("0.4 %");
});

test.each([
  [formatDuration(79.4), "79 ms"],
  [formatDuration(59_900), "59 s"],
  [formatDuration(119_900), "1 min 59 s"],
  [formatDuration(3_600_000), "1 h 0 min"],
  [formatTimeLeft(42_000), "about 42 s left"],
  [formatTimeLeft(600_000), "about 10 min left"],
  [formatBytes(4_557_437), "4.6 MB"],
  [formatBytes(999), "999 B"],
])("[UI11] says how long and how much in the largest fitting unit: %s", (text, expected) => {
  expect(text).toBe(expected);
});
