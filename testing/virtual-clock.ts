/** Virtual time: what is due next happens next, and the clock jumps to it. */
import TinyQueue from "tinyqueue";
import { after, type EpochMs } from "../protocol/ids";

interface Due {
  at: EpochMs;
  /** Things due at one moment happen in the order in which they were planned. */
  order: number;
  act: () => void;
}

export interface VirtualClock {
  now(): EpochMs;
  in(delayMs: number, act: () => void): void;
  /** Goes on until `isOver`, nothing is planned, or the time is up. */
  run(isOver: () => boolean, until: EpochMs): void;
}

export function startClock(startAt: EpochMs): VirtualClock {
  const dues = new TinyQueue<Due>([], (a, b) => a.at - b.at || a.order - b.order);
  let now = startAt;
  let order = 0;
  return {
    now: () => now,
    in: (delayMs, act) => dues.push({ at: after(now, delayMs), order: order++, act }),
    run(isOver, until) {
      for (let due = dues.peek(); due && due.at <= until && !isOver(); due = dues.peek()) {
        dues.pop();
        now = due.at;
        due.act();
      }
    },
  };
}
