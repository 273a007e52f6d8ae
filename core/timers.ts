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

export class Timers<T> {
  /** Of each timer: when, which it was of all that were set, its bucket and its neighbours in it. */
  #at = new Float64Array(64);
  #order = new Float64Array(64);
  #bucket = new Int32Array(64);
  #next = new Int32Array(64);
  #previous = new Int32Array(64);
  readonly #items: (T | undefined)[] = [];
  readonly #first = new Int32Array(BUCKETS).fill(NONE);
  /** The first of the numbers that are free, each the `#next` of another. */
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
    this.#at[timer] = at - this.#jumpedMs;
    this.#order[timer] = this.#orders++;
    this.#items[timer] = item;
    const bucket = modulo(Math.max(this.#current, bucketOf(at - this.#jumpedMs)));
    const first = this.#first[bucket] ?? NONE;
    this.#bucket[timer] = bucket;
    this.#next[timer] = first;
    this.#previous[timer] = NONE;
    if (first !== NONE) this.#previous[first] = timer;
    this.#first[bucket] = timer;
    this.#size += 1;
    return timer;
  }

  /** @param timer One that was set and has not come up. */
  at(timer: Timer): EpochMs {
    return after((this.#at[timer] ?? NaN) as EpochMs, this.#jumpedMs);
  }

  /** @param timer One that was set and has not come up. */
  clear(timer: Timer): void {
    const [next, previous] = [this.#next[timer] ?? NONE, this.#previous[timer] ?? NONE];
    if (next !== NONE) this.#previous[next] = previous;
    if (previous !== NONE) this.#next[previous] = next;
    else this.#first[this.#bucket[timer] ?? 0] = next;
    this.#items[timer] = undefined;
    this.#next[timer] = this.#free;
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
    for (let timer = this.#first[bucket] ?? NONE; timer !== NONE; timer = this.#next[timer] ?? NONE)
      if ((this.#at[timer] ?? Infinity) <= time) passed.push(timer);
  }

  #compare(a: Timer, b: Timer): number {
    return (this.#at[a] ?? 0) - (this.#at[b] ?? 0) || (this.#order[a] ?? 0) - (this.#order[b] ?? 0);
  }

  #take(): Timer {
    const timer = this.#free;
    if (timer === NONE) {
      if (this.#size === this.#at.length) this.#grow();
      return this.#size;
    }
    this.#free = this.#next[timer] ?? NONE;
    return timer;
  }

  #grow(): void {
    const length = 2 * this.#at.length;
    this.#at = longer(new Float64Array(length), this.#at);
    this.#order = longer(new Float64Array(length), this.#order);
    this.#bucket = longer(new Int32Array(length), this.#bucket);
    this.#next = longer(new Int32Array(length), this.#next);
    this.#previous = longer(new Int32Array(length), this.#previous);
  }
}

function bucketOf(time: number): number {
  return Math.floor(time / BUCKET_MS);
}

function modulo(bucket: number): number {
  return ((bucket % BUCKETS) + BUCKETS) % BUCKETS;
}

function longer<A extends Float64Array | Int32Array>(array: A, before: A): A {
  array.set(before);
  return array;
}
