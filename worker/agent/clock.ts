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
