/**
 * Moments to come at which something may be due. Set, taken back and come up in O(1): a hashed timing wheel (Varghese and Lauck, 1987).
 *
 * Nearly every lease ends long before its time. In a heap, what is over stays until its moment comes: with 100,000
 * volunteers that was three times as much as what still runs, and half of the scheduler's work.
 */
import { after, type EpochMs } from "../protocol/ids";

/** One moment that was set, until it comes up or is taken back; then the number is another's. */
export type Timer = number;

const BUCKET_MS = 250;
/** What is due later than so many buckets from now lies among what is due earlier, and is passed over once in every turn. */
const BUCKETS = 512;
const NONE = -1;

/** Numbers kept of each timer, side by side: apart they would be as many waits for memory. When, and which it was of all that were set. */
const [TIMES, AT, ORDER] = [2, 0, 1];
/** Its neighbours in its bucket; of the first, `PREVIOUS` is the bucket itself, as `NONE` less its number. Of a free one, `NEXT` is another free one. */
const [LINKS, NEXT, PREVIOUS] = [2, 0, 1];

export class Timers<T> {
  #times = new Float64Array(64 * TIMES);
  #links = new Int32Array(64 * LINKS);
  readonly #items: (T | undefined)[] = [];
  readonly #first = new Int32Array(BUCKETS).fill(NONE);
  /** The first of the numbers that are free. */
  #free = NONE;
  #size = 0;
  #orders = 0;
  /** The bucket up to which everything has come up, counted from the beginning of time. */
  #current = -Infinity;
  /** How far the clock has jumped since times were first told. */
  #jumpedMs = 0;

  /** Moments that are set. */
  get size(): number {
    return this.#size;
  }

  set(at: EpochMs, item: T): Timer {
    const timer = this.#take();
    this.#times[timer * TIMES + AT] = at - this.#jumpedMs;
    this.#times[timer * TIMES + ORDER] = this.#orders++;
    this.#items[timer] = item;
    const bucket = modulo(Math.max(this.#current, bucketOf(at - this.#jumpedMs)));
    const first = this.#first[bucket] ?? NONE;
    this.#links[timer * LINKS + NEXT] = first;
    this.#links[timer * LINKS + PREVIOUS] = NONE - 1 - bucket;
    if (first !== NONE) this.#links[first * LINKS + PREVIOUS] = timer;
    this.#first[bucket] = timer;
    this.#size += 1;
    return timer;
  }

  /** @param timer One that was set and has not come up. */
  at(timer: Timer): EpochMs {
    return after(this.#time(timer, AT) as EpochMs, this.#jumpedMs);
  }

  /** @param timer One that was set and has not come up. */
  clear(timer: Timer): void {
    const [next, previous] = [this.#link(timer, NEXT), this.#link(timer, PREVIOUS)];
    if (next !== NONE) this.#links[next * LINKS + PREVIOUS] = previous;
    if (previous > NONE) this.#links[previous * LINKS + NEXT] = next;
    else this.#first[NONE - 1 - previous] = next;
    this.#items[timer] = undefined;
    this.#links[timer * LINKS + NEXT] = this.#free;
    this.#free = timer;
    this.#size -= 1;
  }

  /** What is set, in no order. O(all that were ever set at once): for tests. */
  items(): T[] {
    return this.#items.filter((item) => item !== undefined);
  }

  /** Takes what is due by now: the earliest first, and of what is due at one moment what was set first. */
  takePassed(now: EpochMs): T[] {
    const time = now - this.#jumpedMs;
    const last = bucketOf(time);
    const passed: Timer[] = [];
    // After a long time, all buckets have to be looked at, and each only once.
    for (let bucket = Math.max(this.#current, last - BUCKETS + 1); bucket <= last; bucket++)
      this.#findPassed(modulo(bucket), time, passed);
    this.#current = Math.max(this.#current, last);
    passed.sort((a, b) => this.#compare(a, b));
    return passed.map((timer) => {
      const item = this.#items[timer];
      this.clear(timer);
      // Those that are linked into a bucket have an item.
      return item as T;
    });
  }

  /** The clock was set: every moment comes so much later by it; negative for earlier. */
  move(byMs: number): void {
    this.#jumpedMs += byMs;
  }

  #findPassed(bucket: number, time: number, passed: Timer[]): void {
    for (let timer = this.#first[bucket] ?? NONE; timer !== NONE; timer = this.#link(timer, NEXT))
      if (this.#time(timer, AT) <= time) passed.push(timer);
  }

  #compare(a: Timer, b: Timer): number {
    return this.#time(a, AT) - this.#time(b, AT) || this.#time(a, ORDER) - this.#time(b, ORDER);
  }

  #time(timer: Timer, which: number): number {
    return this.#times[timer * TIMES + which] ?? NaN;
  }

  #link(timer: Timer, which: number): number {
    return this.#links[timer * LINKS + which] ?? NONE;
  }

  #take(): Timer {
    const timer = this.#free;
    if (timer === NONE) {
      if (this.#size * LINKS === this.#links.length) this.#grow();
      return this.#size;
    }
    this.#free = this.#link(timer, NEXT);
    return timer;
  }

  #grow(): void {
    const [times, links] = [this.#times, this.#links];
    this.#times = new Float64Array(2 * times.length);
    this.#times.set(times);
    this.#links = new Int32Array(2 * links.length);
    this.#links.set(links);
  }
}

function bucketOf(time: number): number {
  return Math.floor(time / BUCKET_MS);
}

function modulo(bucket: number): number {
  return ((bucket % BUCKETS) + BUCKETS) % BUCKETS;
}
