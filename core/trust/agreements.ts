/**
 * The tasks of a stage on which several agreed, with who they were.
 *
 * Two that lie together are believed now and then. Sooner or later they are caught at other tasks, and then what rests on them alone
 * does not stand any more.
 *
 *   starts: where the voters of a task begin, and one    voters: 7 3 12* | 5 2* | ...   indexes of volunteer 7: its tasks
 *
 * Volunteers are numbers here, the last of a task with a mark: four voters take 40 bytes, of ten million tasks 400 MB.
 */
import type { Digest, VolunteerId } from "../../protocol/ids";
import type { Digests } from "./digests";
import { NumberList, PagedNumbers } from "./numbers";

export interface Agreement {
  readonly index: number;
  readonly digest: Digest;
  readonly voters: readonly VolunteerId[];
}

/** Marks the last voter of a task. */
const LAST = 2 ** 31;

export class Agreements {
  /** By task; 0 for one that nobody agreed on, or that was decided anew. */
  readonly #starts = new PagedNumbers();
  readonly #voters = new PagedNumbers();
  #end = 0;
  readonly #numbers = new Map<VolunteerId, number>();
  readonly #volunteers: { id: VolunteerId; indexes: NumberList }[] = [];
  readonly #digests: Digests;

  /** @param digests Of accepted tasks: none of those that are kept here is answered alone. */
  constructor(digests: Digests) {
    this.#digests = digests;
  }

  /** What they take, beside the digests and something for each volunteer. */
  get bytes(): number {
    const ofVolunteers = this.#volunteers.reduce((sum, { indexes }) => sum + indexes.bytes, 0);
    return this.#starts.bytes + this.#voters.bytes + ofVolunteers;
  }

  add({ index, digest, voters }: Agreement): void {
    this.#starts.set(index, this.#end + 1);
    this.#digests.set(index, digest);
    voters.forEach((id, place) => {
      const number = this.#numberOf(id);
      this.#volunteers[number]?.indexes.push(index);
      this.#voters.set(this.#end, place === voters.length - 1 ? number + LAST : number);
      this.#end += 1;
    });
  }

  /** The task was decided anew, or is looked at again. */
  remove(index: number): void {
    if (this.#starts.get(index) > 0) this.#starts.set(index, 0);
  }

  /** Takes those that the volunteer has a part in and that do not stand without it. O(its agreements). */
  takeFallen(volunteerId: VolunteerId, stands: (voters: readonly VolunteerId[]) => boolean): Agreement[] {
    const fallen: Agreement[] = [];
    const volunteer = this.#volunteers[this.#numbers.get(volunteerId) ?? -1];
    for (const index of volunteer?.indexes.all() ?? []) {
      const voters = this.#votersOf(index);
      if (!voters.includes(volunteerId) || stands(voters)) continue;
      this.remove(index);
      fallen.push({ index, digest: this.#digests.get(index), voters });
    }
    return fallen;
  }

  /** Forgets them, because they are believed for good. */
  clear(): void {
    this.#starts.clear();
    this.#voters.clear();
    this.#end = 0;
    this.#numbers.clear();
    this.#volunteers.length = 0;
  }

  #numberOf(id: VolunteerId): number {
    const known = this.#numbers.get(id);
    if (known !== undefined) return known;
    const number = this.#volunteers.push({ id, indexes: new NumberList() }) - 1;
    this.#numbers.set(id, number);
    return number;
  }

  #votersOf(index: number): VolunteerId[] {
    const start = this.#starts.get(index);
    if (start === 0) return [];
    const voters: VolunteerId[] = [];
    for (let place = start - 1; ; place++) {
      const entry = this.#voters.get(place);
      const volunteer = this.#volunteers[entry % LAST];
      if (volunteer) voters.push(volunteer.id);
      if (entry >= LAST) return voters;
    }
  }
}
