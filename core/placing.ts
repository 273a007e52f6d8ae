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
import { noteKin } from "./kinds";
import { copyOf, isHolder, type Copy, type Place, type Task } from "./task";

/** Volunteers whose engines compute alike. */
export interface Kin {
  readonly arithmetic: string;
  readonly members: Set<VolunteerId>;
}

/** @returns The one before, if it is the same: by it a volunteer goes on reading where it was, and from elsewhere it reads anew. */
export function placeAt(
  address: string | null,
  account: AccountId | null,
  { arithmetic }: Device,
  before: Place | null,
): Place {
  const isSame =
    before?.address === address && before.account === account && before.arithmetic === arithmetic;
  return isSame ? before : { address, account, arithmetic };
}

/** Where a volunteer is given a task again, or answers one that it lost: it is the device of whose it was when it was given it first. */
export function placeAgain(before: Copy | undefined, { place }: GridVolunteer): Place {
  return before?.place && before.place.account !== place.account
    ? { ...place, account: before.place.account }
    : place;
}

/** Why a volunteer may not have a copy of a task that wants one more. */
export type Unfit = "has-it" | "same-account" | "same-address" | "other-engine";

/** @returns Null when it may have one. O(copies). */
export function unfitFor(grid: Grid, job: GridJob, task: Task, { id, place }: GridVolunteer): Unfit | null {
  if (isHolder(task, id)) return "has-it";
  const unfit = unfitAt(grid, job, task, id, place);
  const before = copyOf(task, id)?.place;
  if (!before || unfit === "same-account" || unfit === "other-engine") return unfit;
  // Where its lost copy was may not be shared either; what its engine was then does not matter to a new one.
  return unfitAt(grid, { sameEngine: false }, task, id, before) ?? unfit;
}

/**
 * Why a volunteer that lost its copy may not come back to it, nor answer it any more: somebody has the task by now that may not share it
 * with this one.
 */
export function unfitAgain(grid: Grid, job: GridJob, task: Task, { id, place }: GridVolunteer): Unfit | null {
  if (isHolder(task, id)) return null;
  return unfitAt(grid, job, task, id, copyOf(task, id)?.place ?? place);
}

function unfitAt(
  { policy }: Grid,
  { sameEngine }: Pick<GridJob, "sameEngine">,
  task: Task,
  id: VolunteerId,
  { address, account, arithmetic }: Place,
): Exclude<Unfit, "has-it"> | null {
  const countsAddress = policy.onePerAddress && address !== null;
  if (!sameEngine && account === null && !countsAddress) return null;
  let unfit: "same-account" | "same-address" | null = null;
  for (const { state, volunteerId, place } of task.copies) {
    if (state === "lost" || volunteerId === id || !place) continue;
    // Not known of some that are gone. Who does not tell it is given nothing of such a job.
    const isKnown = place.arithmetic !== null;
    if (sameEngine && isKnown && place.arithmetic !== arithmetic) return "other-engine";
    if (account !== null && place.account === account) unfit = "same-account";
    else if (countsAddress && place.address === address) unfit ??= "same-address";
  }
  return unfit;
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
export const ENOUGH_KIN = 9;

/** A volunteer has come, with an engine that is what it is while it stays. Those like it may now suit jobs that passed them over. */
export function joinKin(grid: Grid, volunteer: GridVolunteer): void {
  const { arithmetic } = volunteer.device;
  leaveKin(grid, volunteer);
  volunteer.kin = null;
  if (arithmetic === null) return;
  const kin = grid.kin.get(arithmetic) ?? { arithmetic, members: new Set<VolunteerId>() };
  grid.kin.set(arithmetic, kin);
  volunteer.kin = kin;
  kin.members.add(volunteer.id);
  noteKin(grid, kin);
  if (kin.members.size > ENOUGH_KIN) return;
  for (const id of kin.members) grid.aside.readAgain(id);
  grid.hasNewWork = true;
}

/** How many compute like this volunteer, itself among them, as far as it may matter to a job. */
export function countKin({ kin }: GridVolunteer): number {
  return Math.min(kin?.members.size ?? 0, ENOUGH_KIN);
}

export function leaveKin(grid: Grid, { id, kin }: GridVolunteer): void {
  if (!kin?.members.delete(id)) return;
  noteKin(grid, kin);
  if (kin.members.size === 0) grid.kin.delete(kin.arithmetic);
}
