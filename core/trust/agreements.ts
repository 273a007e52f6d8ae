/**
 * The tasks of a stage on which several agreed, with who they were.
 *
 * Two that lie together are believed now and then. Sooner or later they are caught at other tasks, and then what rests on them alone
 * does not stand any more.
 */
import type { Digest, VolunteerId } from "../../protocol/ids";
import type { Digests } from "./digests";

export interface Agreement {
  readonly index: number;
  readonly digest: Digest;
  readonly voters: readonly VolunteerId[];
}

export class Agreements {
  readonly #voters = new Map<number, readonly VolunteerId[]>();
  readonly #indexes = new Map<VolunteerId, number[]>();
  readonly #digests: Digests;

  /** @param digests Of accepted tasks: none of those that are kept here is answered alone. */
  constructor(digests: Digests) {
    this.#digests = digests;
  }

  add({ index, digest, voters }: Agreement): void {
    this.#voters.set(index, voters);
    this.#digests.set(index, digest);
    for (const id of voters) {
      const indexes = this.#indexes.get(id);
      if (indexes) indexes.push(index);
      else this.#indexes.set(id, [index]);
    }
  }

  /** The task was decided anew, or is looked at again. */
  remove(index: number): void {
    this.#voters.delete(index);
  }

  /** Takes those that the volunteer has a part in and that do not stand without it. O(its agreements). */
  takeFallen(volunteerId: VolunteerId, stands: (voters: readonly VolunteerId[]) => boolean): Agreement[] {
    const fallen: Agreement[] = [];
    for (const index of this.#indexes.get(volunteerId) ?? []) {
      const voters = this.#voters.get(index);
      if (!voters?.includes(volunteerId) || stands(voters)) continue;
      this.#voters.delete(index);
      fallen.push({ index, digest: this.#digests.get(index), voters });
    }
    return fallen;
  }

  /** Forgets them, because they are believed for good. */
  clear(): void {
    this.#voters.clear();
    this.#indexes.clear();
  }
}
