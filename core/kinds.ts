/**
 * Kinds of volunteers: those that no job tells apart by what it requires. When a job is for none of a kind, none of them has to be asked,
 * and there are as many kinds as what jobs require makes, however many devices, numbers of slots and tags there are.
 *
 *   a job requires what none before it did ──▶ all volunteers are told apart anew, once: O(volunteers)
 *   a volunteer comes, or has other slots ──▶ its kind: O(what jobs require)
 */
import type { Requirements } from "../protocol/device";
import type { Grid, GridVolunteer } from "./grid";
import { groupOf } from "./hungry";
import { lacking } from "./matching";
import { countKin, ENOUGH_KIN, type Kin } from "./placing";
import { setHungry } from "./tail";

/** Volunteers of one kind suit the same jobs. */
export type Kind = string & { readonly __kind: true };

/** What all jobs take, and all volunteers are until a job requires something. */
export const ANY = "" as Kind;

interface Wanted {
  readonly id: number;
  readonly requires: Requirements;
  /** That require just this. */
  jobs: number;
}

export class Kinds {
  readonly #wanted = new Map<string, Wanted>();
  #lastId = 0;
  /** Jobs that compare outputs of one engine. */
  #engineJobs = 0;
  #tellsKin = false;

  /** @returns True when volunteers have to be told apart anew. */
  add({ requires, sameEngine }: Wants): boolean {
    const key = keyOf(requires);
    const known = this.#wanted.get(key);
    if (known) known.jobs += 1;
    if (sameEngine) this.#engineJobs += 1;
    const isKnown = known !== undefined || key === NOTHING;
    if (isKnown && (!sameEngine || this.#tellsKin)) return false;
    if (!isKnown) this.#wanted.set(key, { id: ++this.#lastId, requires, jobs: 1 });
    for (const [each, { jobs }] of this.#wanted) if (jobs === 0) this.#wanted.delete(each);
    this.#tellsKin = this.#engineJobs > 0;
    return true;
  }

  /** The job has ended. What it required may be asked for again: it goes when the next thing comes. */
  delete({ requires, sameEngine }: Wants): void {
    const known = this.#wanted.get(keyOf(requires));
    if (known) known.jobs -= 1;
    if (sameEngine) this.#engineJobs -= 1;
  }

  of(volunteer: GridVolunteer): Kind {
    const met: number[] = [];
    for (const { id, requires } of this.#wanted.values())
      if (lacking(requires, volunteer).length === 0) met.push(id);
    return `${met.join()}${this.#tellsKin ? ` ${countKin(volunteer)}` : ""}` as Kind;
  }
}

interface Wants {
  readonly requires: Requirements;
  readonly sameEngine: boolean;
}

/** In the order in which they are named: the same in another order is only another kind. */
const keyOf = (requires: Requirements) => JSON.stringify(requires);
const NOTHING = keyOf({});

/** A job comes. */
export function noteWants(grid: Grid, job: Wants): void {
  if (!grid.kinds.add(job)) return;
  for (const volunteer of grid.volunteers.values()) volunteer.kind = grid.kinds.of(volunteer);
  grid.hungry.regroup((id) => {
    const volunteer = grid.volunteers.get(id);
    return volunteer ? groupOf(volunteer) : ANY;
  });
}

/** Another number of volunteers computes alike: as far as jobs ask for that, they are of another kind now. */
export function noteKin(grid: Grid, { members }: Kin): void {
  if (members.size > ENOUGH_KIN) return;
  for (const id of members) {
    const volunteer = grid.volunteers.get(id);
    if (volunteer) noteKind(grid, volunteer);
  }
}

export function noteKind(grid: Grid, volunteer: GridVolunteer): void {
  volunteer.kind = grid.kinds.of(volunteer);
  if (grid.hungry.has(volunteer.id)) setHungry(grid, volunteer.id, true);
}
