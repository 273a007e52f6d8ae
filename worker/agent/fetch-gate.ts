/**
 * A few fetches at a time, so that blocks on their way never fill the memory: what a task waits for goes before what is fetched
 * ahead, which may have to wait for something else, too.
 */
import type { Digest } from "../../protocol/ids";

interface Waiting {
  readonly begin: () => void;
}

export class FetchGate {
  readonly #most: number;
  readonly #mayGoAhead: () => boolean;
  /** In the order in which they will begin. */
  readonly #urgent = new Map<Digest, Waiting>();
  readonly #ahead = new Map<Digest, Waiting>();
  #running = 0;

  /** @param mayGoAhead Whether something may be fetched ahead now; `go` is to be called when that changes. */
  constructor(most: number, mayGoAhead: () => boolean) {
    this.#most = most;
    this.#mayGoAhead = mayGoAhead;
  }

  /** Runs the fetch when its turn has come. */
  async run<T>(digest: Digest, isUrgent: boolean, fetch: () => Promise<T>): Promise<T> {
    await new Promise<void>((begin) => {
      (isUrgent ? this.#urgent : this.#ahead).set(digest, { begin });
      this.go();
    });
    try {
      return await fetch();
    } finally {
      this.#running -= 1;
      this.go();
    }
  }

  /** A task waits for it now. */
  hurry(digest: Digest): void {
    const waiting = this.#ahead.get(digest);
    if (!waiting) return;
    this.#ahead.delete(digest);
    this.#urgent.set(digest, waiting);
    this.go();
  }

  /** Begins what may begin. */
  go(): void {
    while (this.#running < this.#most) {
      const queue = this.#urgent.size > 0 ? this.#urgent : this.#ahead;
      const [first] = queue;
      if (!first || (queue === this.#ahead && !this.#mayGoAhead())) return;
      const [digest, { begin }] = first;
      queue.delete(digest);
      this.#running += 1;
      begin();
    }
  }
}
