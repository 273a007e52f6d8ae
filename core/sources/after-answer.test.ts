import { describe, expect, it } from "vitest";
import { LIMITS } from "../../protocol/limits";
import {
  afterAnswer,
  countAttempt,
  NO_ATTEMPTS,
  requestHeaders,
  START,
  waitAfter,
  type SourcePlace,
} from "./after-answer";

const DATE = "Wed, 25 Nov 2026 10:00:00 GMT";
const OLD = "Wed, 25 Nov 2026 09:00:00 GMT";
const MAX = 1_000;
const after = (status: number, headers: Record<string, string> = {}, place: SourcePlace = START) =>
  afterAnswer({ status, headers }, place, MAX);
const half: SourcePlace = { offset: 50, validator: '"a"', totalBytes: 100 };

describe("an answer", () => {
  it("[UR11] is taken from the start, with what tells whether the source is still the same", () => {
    expect(after(200, { "content-length": "100", etag: '"a"' })).toEqual({
      ...{ type: "take", offset: 0, totalBytes: 100, validator: '"a"' },
    });
    expect(after(200, { etag: 'W/"a"', "last-modified": OLD, date: DATE })).toMatchObject({
      validator: null,
    });
    expect(after(200, { "last-modified": OLD, date: DATE })).toMatchObject({ validator: OLD });
    expect(after(200, { "last-modified": DATE, date: DATE })).toMatchObject({ validator: null });
    expect(after(200)).toMatchObject({ totalBytes: null, validator: null });
  });

  it("[UR12] to a request that goes on is taken from there when it is of the same source, and otherwise all comes anew", () => {
    expect(requestHeaders(half)).toMatchObject({ range: "bytes=50-", "if-range": '"a"' });
    expect(requestHeaders({ ...half, validator: null })).not.toHaveProperty("range");
    const on = (headers: Record<string, string>) => after(206, { etag: '"a"', ...headers }, half);
    expect(on({ "content-range": "bytes 50-99/100" })).toMatchObject({ type: "take", offset: 50 });
    for (const range of ["bytes 0-99/100", "bytes 50-120/121", "bytes */100", "", "items 50-99/100"])
      expect([range, on({ "content-range": range })]).toEqual([range, { type: "anew" }]);
    expect(on({ "content-range": "bytes 50-99/100", etag: '"b"' })).toEqual({ type: "anew" });
    expect(after(416, {}, half)).toEqual({ type: "anew" });
    expect(after(200, { "content-length": "70" }, half)).toMatchObject({ type: "take", offset: 0 });
  });

  it("[UR13] that leads elsewhere or asks for patience is heeded; any other is refused with what it was", () => {
    expect(after(302, { location: "/b" })).toEqual({ type: "redirect", location: "/b" });
    expect(after(503, { "retry-after": "2" })).toMatchObject({ type: "later", afterMs: 2_000 });
    expect(after(429, { "retry-after": "99999" })).toMatchObject({ afterMs: LIMITS.urlIdleMs });
    for (const status of [204, 206, 301, 304, 400, 401, 403, 404, 416, 501])
      expect(() => after(status), String(status)).toThrow(`The host answers ${status}; 200 was expected`);
    expect(() => after(200, { "content-encoding": "br" })).toThrow('content-encoding "br"');
    expect(() => after(200, { "content-length": "1001" })).toThrow(
      "At most 1000 bytes are fetched; there are 1001",
    );
  });

  it("[UR14] that does not come is waited for longer each time, and given up when nothing new came for too many times", () => {
    let attempts = NO_ATTEMPTS;
    const waits: (number | null)[] = [];
    for (let tries = 0; tries < LIMITS.urlTries; tries++) {
      attempts = countAttempt(attempts, 10);
      waits.push(waitAfter(attempts, 500));
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, null]);
    expect(waitAfter(countAttempt(attempts, 11), 500)).toBe(500);
    // What came before does not count as new when it comes again.
    expect(waitAfter(countAttempt(attempts, 9), 500)).toBeNull();
  });
});
