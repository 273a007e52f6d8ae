/** Time as the agent sees it, so that tests can hold it still. */
export interface Clock {
  /** Epoch milliseconds, with fractions where the browser has them. */
  now(): number;
  /** Calls back once. @returns How to not do so. */
  after(delayMs: number, act: () => void): () => void;
}

/** Only for workers: a page's timers slow down to one a minute when it is hidden. */
export const workerClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  after(delayMs, act) {
    const timer = setTimeout(act, delayMs);
    return () => clearTimeout(timer);
  },
};

const SLICE_MS = 2_000;
/** A timer that comes so much later than that says that the browser slept: nothing ran meanwhile. */
const LATE_MS = 2_000;

/**
 * Calls back once so much time is over in which the browser was awake: somebody who has so long must not be held to
 * have been slow because a laptop was closed. Of late slices in a row only the first is let off: on a machine that is just slow it
 * ends, too.
 *
 * @returns How to not do so.
 */
export function afterAwake(clock: Clock, delayMs: number, act: () => void): () => void {
  let leftMs = delayMs;
  let wasLate = false;
  let cancel = () => {};
  wait();
  return () => cancel();

  function wait(): void {
    const sliceMs = Math.min(leftMs, SLICE_MS);
    const beganAt = clock.now();
    cancel = clock.after(sliceMs, () => {
      const tookMs = clock.now() - beganAt;
      const isLate = tookMs > sliceMs + LATE_MS;
      if (!isLate) leftMs -= tookMs;
      else if (wasLate) leftMs -= sliceMs;
      wasLate = isLate;
      if (leftMs > 0) wait();
      else act();
    });
  }
}

/** Waits; ends early, without an error, when the signal is aborted. */
export function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const cancel = clock.after(delayMs, finish);
    signal?.addEventListener("abort", finish, { once: true });
    function finish(): void {
      cancel();
      signal?.removeEventListener("abort", finish);
      resolve();
    }
  });
}
