/** What it may take to compare one copy with the others of its task: the coordinator does nothing else meanwhile. */

/**
 * A step is some nanoseconds: all of them were at most 60 ms of processor time on the machine this was measured on, with outputs of 64 KiB
 * made to take long. An output of so many bytes of numbers can be compared with seven others.
 */
const MOST_STEPS = 7_000_000;

export class CompareEffort {
  #left = MOST_STEPS;

  /** @throws {CannotCompare} When that is more than is left. */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0)
      throw new CannotCompare("it takes too long to find out whether the copies of the task agree");
  }
}

/** An output that is not compared, with the reason in words: the same for all that are alike. */
export class CannotCompare extends Error {}
