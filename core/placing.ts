/**
 * Who may have a copy of a task beside those who have one: nobody twice, nobody at the same network address, and in a job whose outputs
 * depend on the JavaScript engine only volunteers whose engine computes alike.
 *
 * An address is a key that the coordinator makes of where a connection comes from; an arithmetic is a fingerprint of what the device's engine
 * makes of `Math.sin` and its like. A device could lie about that: then its outputs differ from the others' of its class, and are outvoted.
 */
import type { Device } from "../protocol/device";
import type { VolunteerId } from "../protocol/ids";
import type { Grid, GridJob, GridVolunteer, Stage } from "./grid";
import { isHolder, type Copy, type Place, type Task } from "./task";

/** Volunteers whose engines compute alike. */
export interface Kin {
  readonly members: Set<VolunteerId>;
}

/** @returns The one before, if it is the same: by it a volunteer goes on reading where it was, and from elsewhere it reads anew. */
export function placeAt(address: string | null, { arithmetic }: Device, before: Place | null): Place {
  const isSame = before?.address === address && before.arithmetic === arithmetic;
  return isSame ? before : { address, arithmetic };
}

/** Why a volunteer may not have a copy of a task that wants one more. */
export type Unfit = "has-it" | "same-address" | "other-engine";

/** @returns Null when it may have one. O(copies). */
export function unfitFor({ policy }: Grid, job: GridJob, task: Task, volunteer: GridVolunteer): Unfit | null {
  if (isHolder(task, volunteer.id)) return "has-it";
  if (!job.sameEngine && (!policy.onePerAddress || volunteer.address === null)) return null;
  const others = task.copies.filter((copy) => copy.state !== "lost" && copy.volunteerId !== volunteer.id);
  if (job.sameEngine && others.some(({ place }) => place && place.arithmetic !== volunteer.device.arithmetic))
    return "other-engine";
  const { address } = volunteer;
  const isShared = policy.onePerAddress && address !== null && others.some(isAt(address));
  return isShared ? "same-address" : null;
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

const isAt =
  (address: string) =>
  ({ place }: Copy): boolean =>
    place?.address === address;

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
  for (const id of kin.members) grid.aside.readAgain(id);
  grid.hasNewWork = true;
}

/** How many compute like this volunteer, itself among them, as far as it may matter to a job. */
export function countKin({ kin }: GridVolunteer): number {
  return Math.min(kin?.members.size ?? 0, ENOUGH_KIN);
}

export function leaveKin(grid: Grid, { id, device, kin }: GridVolunteer): void {
  kin?.members.delete(id);
  if (kin?.members.size === 0 && device.arithmetic !== null) grid.kin.delete(device.arithmetic);
}

/** How many of the volunteers there are of which no two are at one address; all of them when that does not matter. */
export function countApart({ policy }: Grid, volunteers: readonly GridVolunteer[]): number {
  const addresses = new Set<string>();
  let alone = 0;
  for (const { address } of volunteers) {
    if (policy.onePerAddress && address !== null) addresses.add(address);
    else alone += 1;
  }
  return alone + addresses.size;
}
