/**
 * Who may have a copy of a task beside those who have one: nobody twice, nobody of the same account, nobody at the same network address, and
 * in a job whose outputs depend on the JavaScript engine only volunteers whose engine computes alike.
 *
 * A copy keeps the place that it was leased at. Who joins or leaves an account, or moves to another address, changes nothing of the copies it
 * has or had: not its own, and not what others may have beside them.
 *
 * An address is a key that the coordinator makes of where a connection comes from; an arithmetic is a fingerprint of what the device's engine
 * makes of `Math.sin` and its like. A device could lie about that: then its outputs differ from the others' of its class, and are outvoted.
 */
import type { Device } from "../protocol/device";
import type { AccountId, VolunteerId } from "../protocol/ids";
import type { Grid, GridJob, GridVolunteer, Stage } from "./grid";
import { copyOf, isHolder, type Place, type Task } from "./task";

/** Volunteers whose engines compute alike. */
export interface Kin {
  readonly members: Set<VolunteerId>;
}

export function placeAt(address: string | null, account: AccountId | null, { arithmetic }: Device): Place {
  return { address, account, arithmetic };
}

/** Why a volunteer may not have a copy of a task that wants one more. */
export type Unfit = "has-it" | "same-account" | "same-address" | "other-engine";

/** @returns Null when it may have one. O(copies). */
export function unfitFor(grid: Grid, job: GridJob, task: Task, { id, place }: GridVolunteer): Unfit | null {
  return isHolder(task, id) ? "has-it" : unfitBeside(grid, job, task, id, [place, copyOf(task, id)?.place]);
}

/** @param places Where the volunteer is, and where its copy of the task was that it lost: neither may be shared. */
function unfitBeside(
  { policy }: Grid,
  { sameEngine }: GridJob,
  task: Task,
  id: VolunteerId,
  places: readonly (Place | undefined)[],
): Exclude<Unfit, "has-it"> | null {
  const own = places.filter((place) => place !== undefined);
  const mayShare = ({ address, account }: Place) =>
    account === null && (!policy.onePerAddress || address === null);
  if (!sameEngine && own.every(mayShare)) return null;
  const others = task.copies.flatMap(({ state, volunteerId, place }) =>
    state !== "lost" && volunteerId !== id && place ? [place] : [],
  );
  const shares = (part: keyof Place) =>
    own.some((mine) => mine[part] !== null && others.some((other) => other[part] === mine[part]));
  // Not known of some that are gone. Who does not tell it is given nothing of such a job.
  const isOther = ({ arithmetic }: Place) => arithmetic !== null && arithmetic !== own[0]?.arithmetic;
  if (sameEngine && others.some(isOther)) return "other-engine";
  if (shares("account")) return "same-account";
  return policy.onePerAddress && shares("address") ? "same-address" : null;
}

/**
 * Why a volunteer that lost its copy may not come back to it, nor answer it any more: somebody has the task by now that may not share it
 * with this one.
 */
export function unfitAgain(grid: Grid, job: GridJob, task: Task, { id, place }: GridVolunteer): Unfit | null {
  const copy = copyOf(task, id);
  if (copy !== undefined && copy.state !== "lost") return null;
  return unfitBeside(grid, job, task, id, [copy?.place ?? place]);
}

/** Notes who has a verdict on an accepted task whose answer is not among those that it was accepted by. Others' tasks never come into doubt. */
export function noteJudged(
  { policy }: GridJob,
  { judged }: Stage,
  index: number,
  volunteerIds: readonly VolunteerId[],
): void {
  if (policy.adaptive === null || volunteerIds.length === 0) return;
  judged.set(index, [...(judged.get(index) ?? []), ...volunteerIds]);
}

/** True when the volunteer has its verdict on a task that may have come into doubt since: it cannot answer it twice. */
export function isJudged({ judged }: Stage, index: number, { id }: GridVolunteer): boolean {
  return judged.get(index)?.includes(id) ?? false;
}

/** True when too few volunteers compute like this one for a quorum: what it began, nobody could confirm. */
export function lacksKin({ sameEngine, policy }: GridJob, { device, kin }: GridVolunteer): boolean {
  if (!sameEngine) return false;
  const needed = policy.adaptive === null ? policy.quorum : 1;
  return device.arithmetic === null || (kin?.members.size ?? 0) < needed;
}

/** Larger families are enough for every quorum. */
const ENOUGH_KIN = 9;

/** A volunteer has come, with an engine that is what it is while it stays. Those like it may now suit jobs that passed them over. */
export function joinKin(grid: Grid, volunteer: GridVolunteer): void {
  const { arithmetic } = volunteer.device;
  volunteer.kin?.members.delete(volunteer.id);
  volunteer.kin = null;
  if (arithmetic === null) return;
  const kin = grid.kin.get(arithmetic) ?? { members: new Set() };
  grid.kin.set(arithmetic, kin);
  volunteer.kin = kin;
  kin.members.add(volunteer.id);
  if (kin.members.size > ENOUGH_KIN) return;
  for (const id of kin.members) {
    grid.aside.readAgain(id);
    const profile = grid.volunteers.get(id)?.profile;
    if (profile !== undefined) grid.aside.readAgain(profile);
  }
  grid.hasNewWork = true;
}

export function leaveKin(grid: Grid, { id, device, kin }: GridVolunteer): void {
  kin?.members.delete(id);
  if (kin?.members.size === 0 && device.arithmetic !== null) grid.kin.delete(device.arithmetic);
}
