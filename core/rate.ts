/** Events a second, lately: an exponentially decaying count over about `WINDOW_MS`. */
import type { EpochMs } from "../protocol/ids";

const WINDOW_MS = 5_000;
const LEAST_PER_SECOND = 0.001;

export interface Rate {
  /** Decayed number of events. */
  weight: number;
  /** When counting began: until a window has passed, the rate is over this shorter time. */
  since: EpochMs;
  at: EpochMs;
}

export function startRate(now: EpochMs): Rate {
  return { weight: 0, since: now, at: now };
}

export function countEvents(rate: Rate, events: number, now: EpochMs): Rate {
  return { since: rate.since, weight: decayed(rate, now) + events, at: now };
}

export function eventsPerSecond(rate: Rate, now: EpochMs): number {
  const elapsed = Math.max(now - rate.since, 1);
  // The weight of a steady stream over `elapsed`: divides out the part of the window that has not happened.
  const spanMs = WINDOW_MS * (1 - Math.exp(-elapsed / WINDOW_MS));
  const perSecond = (decayed(rate, now) / spanMs) * 1000;
  // What has all but decayed is over.
  return perSecond < LEAST_PER_SECOND ? 0 : perSecond;
}

function decayed({ weight, at }: Rate, now: EpochMs): number {
  return weight * Math.exp(-Math.max(0, now - at) / WINDOW_MS);
}
