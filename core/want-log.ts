/**
 * The tasks of a stage that want one more copy, oldest first.
 *
 * A volunteer that holds a task may not take it again, so a plain queue would be
 * scanned past the same entries at every request. Each volunteer therefore reads
 * the log from its own mark, and looks at an entry once until the log is made short again.
 * Taking is O(1) amortised.
 */
import type { VolunteerId } from "../protocol/ids";

interface Want {
  taskIndex: number;
  round: number;
}

/** Shorter logs are not worth shortening. */
const SHORT = 64;

export class WantLog {
  /** Null where one was taken. */
  #entries: (Want | null)[] = [];
  /** Sequence number of `#entries[0]`. */
  #base = 0;
  readonly #marks = new Map<VolunteerId, number>();
  #waiting = 0;

  /** Entries not taken yet. */
  get size(): number {
    return this.#waiting;
  }

  /** Entries kept, taken ones among them. */
  get lengthInMemory(): number {
    return this.#entries.length;
  }

  /** @param round Comes back with the entry, so that its task can tell that it is out of date. */
  push(taskIndex: number, round: number): void {
    this.#entries.push({ taskIndex, round });
    this.#waiting += 1;
  }

  /**
   * The next entry for this volunteer, taken out of the log.
   *
   * @param decide `take` it, `skip` it (it stays for others), or `drop` it (nobody needs it any more).
   */
  take(
    volunteerId: VolunteerId,
    decide: (taskIndex: number, round: number) => "take" | "skip" | "drop",
  ): number | null {
    const end = this.#base + this.#entries.length;
    let mark = Math.max(this.#marks.get(volunteerId) ?? 0, this.#base);
    let found: number | null = null;
    for (; mark < end && found === null; mark++) {
      const want = this.#entries[mark - this.#base];
      if (!want) continue;
      const decision = decide(want.taskIndex, want.round);
      if (decision === "skip") continue;
      this.#entries[mark - this.#base] = null;
      this.#waiting -= 1;
      if (decision === "take") found = want.taskIndex;
    }
    this.#marks.set(volunteerId, mark);
    this.#shorten();
    return found;
  }

  /** Forgets the taken entries once they are more than half; all marks then stand before the first entry. */
  #shorten(): void {
    const length = this.#entries.length;
    if (length < SHORT || this.#waiting * 2 > length) return;
    this.#entries = this.#entries.filter((want) => want !== null);
    this.#base += length;
    this.#marks.clear();
  }
}
