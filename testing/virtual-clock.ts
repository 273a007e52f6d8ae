/** Virtual time: what is due next happens next, and the clock jumps to it. */
import TinyQueue from "tinyqueue";
import { after, type EpochMs } from "../protocol/ids";

export interface VirtualClock {
  now(): EpochMs;
  in(delayMs: number, act: () => void): void;
  /** The same without a closure: a function that is there already, and what it acts on. Closures were most of what large simulations left to collect. */
  call<A, B>(delayMs: number, act: (a: A, b: B) => void, a: A, b: B): void;
  /** Goes on until `isOver`, nothing is planned, or the time is up. */
  run(isOver: () => boolean, until: EpochMs): void;
}

/** Milliseconds that are planned for in lists of one millisecond each; what is due later waits in a heap. */
const SOON_MS = 16_384;
const NONE = -1;

/**
 * A calendar queue: planning costs O(1) for what is due soon, and sorting is among the few things of one millisecond.
 * In one heap, 100,000 volunteers have half a million things, and most of the time is spent on waiting for memory.
 */
export function startClock(startAt: EpochMs): VirtualClock {
  const plans = new Plans();
  const soon = new Int32Array(SOON_MS).fill(NONE);
  const later = new TinyQueue<number>([], plans.compare);
  /** Due in the millisecond `current`, or before it. */
  let dues = new TinyQueue<number>([], plans.compare);
  let current = Math.floor(startAt);
  let soonCount = 0;
  let now = startAt;

  function plan(number: number): void {
    const millisecond = Math.floor(plans.at(number));
    if (millisecond <= current) dues.push(number);
    else if (millisecond >= current + SOON_MS) later.push(number);
    else enlist(millisecond, number);
  }

  function enlist(millisecond: number, number: number): void {
    const place = millisecond % SOON_MS;
    plans.link(number, soon[place] ?? NONE);
    soon[place] = number;
    soonCount += 1;
  }

  /** Goes on to the next millisecond in which something is due. */
  function peek(): number | undefined {
    while (dues.length === 0) {
      const next = later.peek();
      if (soonCount === 0 && next === undefined) return undefined;
      current = soonCount > 0 || next === undefined ? current + 1 : Math.floor(plans.at(next));
      bringNearer();
      const here = plans.listFrom(soon[current % SOON_MS] ?? NONE);
      if (here.length === 0) continue;
      soon[current % SOON_MS] = NONE;
      soonCount -= here.length;
      dues = new TinyQueue(here, plans.compare);
    }
    return dues.peek();
  }

  function bringNearer(): void {
    for (
      let next = later.peek();
      next !== undefined && plans.at(next) < current + SOON_MS;
      next = later.peek()
    ) {
      later.pop();
      enlist(Math.floor(plans.at(next)), next);
    }
  }

  return {
    now: () => now,
    in: (delayMs, act) => plan(plans.add(after(now, delayMs), act, undefined, undefined)),
    call: (delayMs, act, a, b) => plan(plans.add(after(now, delayMs), act as Act, a, b)),
    run(isOver, until) {
      for (let due = peek(); due !== undefined && plans.at(due) <= until && !isOver(); due = peek()) {
        dues.pop();
        now = plans.at(due);
        plans.carryOut(due);
      }
    },
  };
}

type Act = (a: unknown, b: unknown) => void;

/** What is planned, by number; a number is another's once its plan was carried out. */
class Plans {
  #at = new Float64Array(64);
  /** Things due at one moment happen in the order in which they were planned. */
  #order = new Float64Array(64);
  #next = new Int32Array(64);
  readonly #acts: Act[] = [];
  readonly #as: unknown[] = [];
  readonly #bs: unknown[] = [];
  readonly #free: number[] = [];
  #orders = 0;

  /** Which of two is due earlier. */
  readonly compare = (a: number, b: number): number =>
    (this.#at[a] ?? 0) - (this.#at[b] ?? 0) || (this.#order[a] ?? 0) - (this.#order[b] ?? 0);

  add(at: EpochMs, act: Act, a: unknown, b: unknown): number {
    const number = this.#free.pop() ?? this.#acts.length;
    if (number === this.#at.length) this.#grow();
    this.#at[number] = at;
    this.#order[number] = this.#orders++;
    this.#acts[number] = act;
    this.#as[number] = a;
    this.#bs[number] = b;
    return number;
  }

  at(number: number): EpochMs {
    return (this.#at[number] ?? NaN) as EpochMs;
  }

  /** Puts it in front of a list. */
  link(number: number, next: number): void {
    this.#next[number] = next;
  }

  listFrom(first: number): number[] {
    const list: number[] = [];
    for (let number = first; number !== NONE; number = this.#next[number] ?? NONE) list.push(number);
    return list;
  }

  carryOut(number: number): void {
    const act = this.#acts[number];
    const [a, b] = [this.#as[number], this.#bs[number]];
    this.#as[number] = undefined;
    this.#bs[number] = undefined;
    this.#free.push(number);
    act?.(a, b);
  }

  #grow(): void {
    const length = 2 * this.#at.length;
    const [at, order, next] = [this.#at, this.#order, this.#next];
    this.#at = new Float64Array(length);
    this.#at.set(at);
    this.#order = new Float64Array(length);
    this.#order.set(order);
    this.#next = new Int32Array(length);
    this.#next.set(next);
  }
}
