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

/** Milliseconds that are planned for in lists of one millisecond each; what is due later waits in a heap. */
const SOON_MS = 16_384;

/**
 * A calendar queue: planning costs O(1) for what is due soon, and sorting is among the few things of one millisecond.
 * In one heap, 100,000 volunteers have half a million things, and most of the time is spent on waiting for memory.
 */
export function startClock(startAt: EpochMs): VirtualClock {
  const soon: Due[][] = Array.from({ length: SOON_MS }, () => []);
  const later = new TinyQueue<Due>([], isEarlier);
  /** Due in the millisecond `current`, or before it. */
  let dues = new TinyQueue<Due>([], isEarlier);
  let current = Math.floor(startAt);
  let soonCount = 0;
  let now = startAt;
  let order = 0;

  function plan(due: Due): void {
    const millisecond = Math.floor(due.at);
    if (millisecond <= current) dues.push(due);
    else if (millisecond >= current + SOON_MS) later.push(due);
    else {
      soon[millisecond % SOON_MS]?.push(due);
      soonCount += 1;
    }
  }

  /** Goes on to the next millisecond in which something is due. */
  function peek(): Due | undefined {
    while (dues.length === 0) {
      const next = later.peek();
      if (soonCount === 0 && !next) return undefined;
      current = soonCount > 0 || !next ? current + 1 : Math.floor(next.at);
      bringNearer();
      const here = soon[current % SOON_MS] ?? [];
      if (here.length === 0) continue;
      soon[current % SOON_MS] = [];
      soonCount -= here.length;
      dues = new TinyQueue(here, isEarlier);
    }
    return dues.peek();
  }

  function bringNearer(): void {
    for (let next = later.peek(); next && next.at < current + SOON_MS; next = later.peek()) {
      later.pop();
      soon[Math.floor(next.at) % SOON_MS]?.push(next);
      soonCount += 1;
    }
  }

  return {
    now: () => now,
    in: (delayMs, act) => plan({ at: after(now, delayMs), order: order++, act }),
    run(isOver, until) {
      for (let due = peek(); due && due.at <= until && !isOver(); due = peek()) {
        dues.pop();
        now = due.at;
        due.act();
      }
    },
  };
}

function isEarlier(a: Due, b: Due): number {
  return a.at - b.at || a.order - b.order;
}
