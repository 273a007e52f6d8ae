/** Notices that the wall clock was set, or that the machine slept, by a clock that only ever runs. */

/** Smaller differences are the usual corrections of a clock that is kept right. */
const LEAST_MS = 1_000;

/**
 * @param now The wall clock, in milliseconds.
 * @param steadyNow Milliseconds since any moment; never set, and not running while the machine sleeps.
 * @returns By how much the wall clock jumped since it was last asked; 0 when it did not.
 */
export function openJumpWatch(now: () => number, steadyNow: () => number): () => number {
  let offset = now() - steadyNow();
  return () => {
    const current = now() - steadyNow();
    const jumpedMs = Math.round(current - offset);
    if (Math.abs(jumpedMs) < LEAST_MS) return 0;
    offset = current;
    return jumpedMs;
  };
}
