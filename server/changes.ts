/** Lets readers wait for the next change of something without missing one. */
export class Changes {
  #count = 0;
  readonly #waiting = new Set<() => void>();

  /** How many changes there have been. Taken before a look at the thing, it tells whether the look is out of date. */
  get count(): number {
    return this.#count;
  }

  /** Readers that wait. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  happened(): void {
    this.#count += 1;
    for (const wake of this.#waiting) wake();
  }

  /** Resolves once there have been more than `count` changes. @throws The signal's reason when it aborts. */
  async since(count: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#count > count) return;
    await new Promise<void>((resolve, reject) => {
      const stop = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener("abort", abort);
      };
      const wake = () => (stop(), resolve());
      const abort = () => (stop(), reject(signal.reason as Error));
      this.#waiting.add(wake);
      signal.addEventListener("abort", abort);
    });
  }
}
