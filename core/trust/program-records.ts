/**
 * What volunteers have shown in jobs of a program, for the next job of it: a volunteer's record belongs to the program, not to one job.
 *
 *   job ends ── outputs of each volunteer that others agreed with ──▶ kept by program ──▶ where its record in the next job begins
 *
 * They are on the disk with the end of the job, so that they hold over a restart, and no job counts twice.
 *
 * What it did since it was first believed alone is not kept: in the next job it may lie for the first time, so that every job
 * compares some of what it is believed alone. Nor is anything of who was caught, in whatever job.
 */
import type { Digest, VolunteerId } from "../../protocol/ids";

/** Outputs that others agreed with. */
export type Agreed = ReadonlyMap<VolunteerId, number>;

/** What is to be written down when a job ends. */
export interface KeptRecords {
  readonly program: Digest;
  readonly agreed: readonly (readonly [VolunteerId, number])[];
  /** Programs whose records are not kept any more. */
  readonly forgotten: readonly Digest[];
}

/** Records in all; beyond, the programs whose jobs ended longest ago are forgotten, and their volunteers begin anew. */
export const MOST_RECORDS = 1_000_000;

export class ProgramRecords {
  /** The program whose job ended last is the last. */
  readonly #programs = new Map<Digest, Map<VolunteerId, number>>();
  readonly #most: number;
  #size = 0;

  constructor(most = MOST_RECORDS) {
    this.#most = most;
  }

  of(program: Digest | null): Agreed {
    return (program === null ? undefined : this.#programs.get(program)) ?? new Map();
  }

  /**
   * @param agreed In this job and those before it. Of two jobs at a time, the one that showed more counts.
   * @returns Null when nothing is to be written down.
   */
  keep(program: Digest | null, agreed: readonly (readonly [VolunteerId, number])[]): KeptRecords | null {
    if (program === null || agreed.length === 0) return null;
    const records = this.#programs.get(program) ?? new Map<VolunteerId, number>();
    const before = records.size;
    for (const [id, count] of agreed) records.set(id, Math.max(count, records.get(id) ?? 0));
    this.#programs.delete(program);
    this.#programs.set(program, records);
    this.#size += records.size - before;
    const forgotten: Digest[] = [];
    for (const [oldest, { size }] of this.#programs) {
      if (this.#size <= this.#most || oldest === program) break;
      this.#programs.delete(oldest);
      this.#size -= size;
      forgotten.push(oldest);
    }
    return { program, agreed, forgotten };
  }

  /** The volunteer was caught: it begins anew. O(programs). */
  forget(volunteerId: VolunteerId): void {
    for (const records of this.#programs.values()) if (records.delete(volunteerId)) this.#size -= 1;
  }
}
