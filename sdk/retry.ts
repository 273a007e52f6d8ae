/** How long to wait before something is tried again. Decides; does not wait. */

export interface RetryPolicy {
  /** How often it is tried in all, from 1. */
  readonly attempts: number;
  /** Before the second attempt; it doubles from one to the next. */
  readonly firstMs: number;
  readonly longestMs: number;
}

/** Some seven seconds in all: as long as a coordinator takes to be started again. */
export const REQUEST_RETRIES: RetryPolicy = { attempts: 6, firstMs: 250, longestMs: 5_000 };

/** For what was there before and broke off: some five minutes. */
export const STREAM_RETRIES: RetryPolicy = { attempts: 36, firstMs: 250, longestMs: 10_000 };

/** A coordinator that says to come back in an hour means that it will not answer now. */
const LONGEST_ASKED_MS = 60_000;

/**
 * @param failures How often it was tried so far, from 1.
 * @param chance From 0 up to 1: clients that failed together must not come back together.
 * @param askedMs What the coordinator asked for; never less than that.
 * @returns Null when it is not to be tried again.
 */
export function waitBefore(
  failures: number,
  { attempts, firstMs, longestMs }: RetryPolicy,
  chance: number,
  askedMs: number | null = null,
): number | null {
  if (failures >= attempts) return null;
  if (askedMs !== null && askedMs > LONGEST_ASKED_MS) return null;
  const full = Math.min(longestMs, firstMs * 2 ** (failures - 1));
  return Math.max(askedMs ?? 0, full * (0.5 + chance / 2));
}

/** Milliseconds, from a `Retry-After` header: seconds or a date. Null when there is none that can be read. */
export function readRetryAfter(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}
