/**
 * What wants one more volunteer, oldest first: tasks of a stage, or jobs that some found nothing in.
 *
 * A volunteer that holds a task may not take it again, so a plain queue would be
 * scanned past the same entries at every request. Each volunteer therefore reads
 * the log from its own mark, and looks at an entry once until the log is made short again.
 * Taking is O(1) amortised.
 *
 * What a reader skipped must stay unfit for it, or be pushed again. So a volunteer reads tasks' logs as its `Place`: one that comes back
 * from elsewhere, or with another engine, is another reader; and a copy that is lost, which frees its place, begins a new round.
 */
import type { Place } from "./task";

interface Want<T> {
  item: T;
  round: number;
}

/**
 * `take` the entry, `skip` it (it stays for others), `drop` it (nobody needs it any more), `stop` there until the next time, or look on
 * for now and come back to it the next time (`later`).
 */
export type WantDecision<T> = (item: T, round: number) => "take" | "skip" | "drop" | "stop" | "later";

/** Entries that are looked at beyond one to come back to: they are looked at again, too. */
const MOST_BEYOND = 64;

/** Shorter logs are not worth shortening. */
const SHORT = 64;

/** @typeParam R Who reads it. */
export class WantLog<T = number, R = Place> {
  /** Null where one was taken. */
  #entries: (Want<T> | null)[] = [];
  /** Sequence number of `#entries[0]`. */
  #base = 0;
  readonly #marks = new Map<R, number>();
  #waiting = 0;

  /** Lets a reader look at everything again, because it may take now what it passed over. */
  readAgain(reader: R): void {
    this.#marks.delete(reader);
  }

  /** Entries not taken yet. */
  get size(): number {
    return this.#waiting;
  }

  /** Entries kept, taken ones among them. */
  get lengthInMemory(): number {
    return this.#entries.length;
  }

  /** @param round Comes back with the entry, so that its task can tell that it is out of date. */
  push(item: T, round: number): void {
    this.#entries.push({ item, round });
    this.#waiting += 1;
  }

  /** The next entry for this reader, taken out of the log. */
  take(reader: R, decide: WantDecision<T>): T | null {
    // Marks need not move past entries that were taken.
    if (this.#waiting === 0) return null;
    const place = this.#find(reader, decide);
    const want = place === null ? null : this.#entries[place];
    if (place !== null) {
      this.#remove(place);
      const next = this.#base + place + 1;
      if (this.#marks.get(reader) === next - 1) this.#marks.set(reader, next);
    }
    this.#shorten();
    return want ? want.item : null;
  }

  /** True when `take` would find an entry. */
  has(reader: R, decide: WantDecision<T>): boolean {
    return this.#waiting > 0 && this.#find(reader, decide) !== null;
  }

  /** As `has`, and changes nothing: the same entries are looked at again the next time. */
  wouldFind(reader: R, decide: WantDecision<T>): boolean {
    const mark = Math.max(this.#marks.get(reader) ?? 0, this.#base);
    return this.#entries
      .slice(mark - this.#base)
      .some((want) => want !== null && decide(want.item, want.round) === "take");
  }

  /** The place of the first entry to take; the reader's mark stands at it then, or at one before that it comes back to. */
  #find(reader: R, decide: WantDecision<T>): number | null {
    let end = this.#base + this.#entries.length;
    let mark = Math.max(this.#marks.get(reader) ?? 0, this.#base);
    let backTo: number | null = null;
    for (; mark < end; mark++) {
      const want = this.#entries[mark - this.#base];
      const decision = want ? decide(want.item, want.round) : "skip";
      if (decision === "drop") this.#remove(mark - this.#base);
      if (decision === "later" && backTo === null) {
        backTo = mark;
        end = Math.min(end, mark + MOST_BEYOND);
      }
      if (decision !== "take" && decision !== "stop") continue;
      this.#marks.set(reader, backTo ?? mark);
      return decision === "take" ? mark - this.#base : null;
    }
    this.#marks.set(reader, backTo ?? mark);
    return null;
  }

  #remove(place: number): void {
    this.#entries[place] = null;
    this.#waiting -= 1;
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
