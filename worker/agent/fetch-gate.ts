/** A few fetches at a time, so that blocks on their way never fill the memory: what a task waits for goes before what is fetched ahead. */
import type { Digest } from "../../protocol/ids";

interface Waiting {
  readonly begin: () => void;
}

export class FetchGate {
  readonly #most: number;
  /** In the order in which they will begin. */
  readonly #urgent = new Map<Digest, Waiting>();
  readonly #ahead = new Map<Digest, Waiting>();
  #running = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Runs the fetch when its turn has come. */
  async run<T>(digest: Digest, isUrgent: boolean, fetch: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#most) {
      await new Promise<void>((begin) => (isUrgent ? this.#urgent : this.#ahead).set(digest, { begin }));
    } else this.#running += 1;
    try {
      return await fetch();
    } finally {
      this.#next();
    }
  }

  /** A task waits for it now. */
  hurry(digest: Digest): void {
    const waiting = this.#ahead.get(digest);
    if (!waiting) return;
    this.#ahead.delete(digest);
    this.#urgent.set(digest, waiting);
  }

  /** Whoever is next takes the place of the one that has ended. */
  #next(): void {
    for (const queue of [this.#urgent, this.#ahead]) {
      const [first] = queue;
      if (!first) continue;
      const [digest, { begin }] = first;
      queue.delete(digest);
      return begin();
    }
    this.#running -= 1;
  }
}
