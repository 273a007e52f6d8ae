/**
 * The tasks of a stage that want one more copy, oldest first.
 *
 * A volunteer that holds a task may not take it again, so a plain queue would be
 * scanned past the same entries at every request. Each volunteer therefore reads
 * the log from its own mark: it looks at an entry once, ever. Taking is O(1) amortised.
 */
import type { VolunteerId } from "../protocol/ids";

const TAKEN = -1;

export class WantLog {
  #entries: number[] = [];
  /** Sequence number of `#entries[0]`. */
  #base = 0;
  readonly #marks = new Map<VolunteerId, number>();
  #waiting = 0;

  /** Entries not taken yet. */
  get size(): number {
    return this.#waiting;
  }

  push(taskIndex: number): void {
    this.#entries.push(taskIndex);
    this.#waiting += 1;
  }

  /**
   * The next entry for this volunteer, taken out of the log.
   *
   * @param decide `take` it, `skip` it for good (it stays for others), or `drop` it (nobody needs it any more).
   */
  take(volunteerId: VolunteerId, decide: (taskIndex: number) => "take" | "skip" | "drop"): number | null {
    const end = this.#base + this.#entries.length;
    let mark = Math.max(this.#marks.get(volunteerId) ?? 0, this.#base);
    let found: number | null = null;
    for (; mark < end && found === null; mark++) {
      const taskIndex = this.#entries[mark - this.#base] ?? TAKEN;
      if (taskIndex === TAKEN) continue;
      const decision = decide(taskIndex);
      if (decision === "skip") continue;
      this.#entries[mark - this.#base] = TAKEN;
      this.#waiting -= 1;
      if (decision === "take") found = taskIndex;
    }
    this.#marks.set(volunteerId, mark);
    this.#compact();
    return found;
  }

  /** Drops the taken entries at the front, now and then, so that the log stays as long as what waits. */
  #compact(): void {
    if (this.#waiting === 0) {
      this.#base += this.#entries.length;
      this.#entries = [];
      return;
    }
    if (this.#entries[0] !== TAKEN) return;
    const front = this.#entries.findIndex((taskIndex) => taskIndex !== TAKEN);
    if (front * 2 < this.#entries.length && front < 1024) return;
    this.#entries.splice(0, front);
    this.#base += front;
  }
}
