/** For tests: time that moves when told to. */
import type { Clock } from "./clock";

export interface FakeClock extends Clock {
  /** Moves on, calling back what becomes due, and lets promises settle in between. */
  advance(ms: number): Promise<void>;
  /** The browser stands still for so long: what became due comes late. */
  sleep(ms: number): Promise<void>;
}

export function openFakeClock(): FakeClock {
  let now = 1_000_000;
  const timers = new Set<{ dueAt: number; act: () => void }>();
  const clock: FakeClock = {
    now: () => now,
    after(delayMs, act) {
      const timer = { dueAt: now + Math.max(0, delayMs), act };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const end = now + ms;
      await settle();
      for (;;) {
        const next = [...timers].sort((a, b) => a.dueAt - b.dueAt)[0];
        if (!next || next.dueAt > end) break;
        now = Math.max(now, next.dueAt);
        timers.delete(next);
        next.act();
        await settle();
      }
      now = end;
      await settle();
    },
    async sleep(ms) {
      now += ms;
      await clock.advance(0);
    },
  };
  return clock;
}

/** Lets everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}
