import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readRetryAfter, REQUEST_RETRIES, waitBefore } from "./retry";

const policy = { attempts: 5, firstMs: 100, longestMs: 1_000 };

describe("waitBefore", () => {
  it("[SK1] doubles from one attempt to the next, up to the longest, and gives up after the last", () => {
    const waits = [1, 2, 3, 4, 5].map((failures) => waitBefore(failures, { ...policy, longestMs: 300 }, 1));
    expect(waits).toEqual([100, 200, 300, 300, null]);
  });

  it("[SK2] lets chance take away at most half, and waits no less than it is asked to", () => {
    const failures = fc.integer({ min: 1, max: REQUEST_RETRIES.attempts - 1 });
    fc.assert(
      fc.property(
        failures,
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.nat(60_000),
        (count, chance, askedMs) => {
          const full = waitBefore(count, REQUEST_RETRIES, 1) ?? NaN;
          const wait = waitBefore(count, REQUEST_RETRIES, chance, askedMs) ?? NaN;
          expect(wait).toBeGreaterThanOrEqual(Math.max(askedMs, full / 2));
          expect(wait).toBeLessThanOrEqual(Math.max(askedMs, full));
        },
      ),
    );
  });

  it("[SK3] does not wait for one who asks for more than a minute", () => {
    expect(waitBefore(1, policy, 1, 60_001)).toBeNull();
  });
});

describe("readRetryAfter", () => {
  it("[SK4] reads seconds and dates, and nothing else", () => {
    const now = Date.UTC(2026, 0, 1);
    const read = (header: string | null) => readRetryAfter(header, now);
    expect([read("3"), read("Thu, 01 Jan 2026 00:00:05 GMT"), read("soon"), read(null)]).toEqual([
      3000,
      5000,
      null,
      null,
    ]);
  });
});
