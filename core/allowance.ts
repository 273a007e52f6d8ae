/**
 * How much of a job with an error bound one volunteer may be given, against what the others are: whoever answers at once must not have
 * most of the votes for it.
 *
 *   given a task ──▶ one less is left to it, and a little more to everybody
 *                      └── nothing left ──▶ proven: fresh tasks only, which others may be asked to confirm
 *                                     └──▶ not proven: held back, and looked at again in a quarter of a second
 *
 * What volunteers agree on is as sure as liars are few among those who answer. How many of the volunteers lie can be estimated, but who
 * computes nothing answers a hundred times as often as the others. So ten of a hundred, of whom each has at most twice the mean, have at
 * most a fifth of the votes. The mean is of what is handed out, so that this holds from the first second on. All of it costs O(1).
 * With few volunteers nobody is held back: two of them that lie together are more than that.
 */
import { after, type EpochMs, type VolunteerId } from "../protocol/ids";
import { currentStage, type Grid, type GridJob, type GridVolunteer } from "./grid";
import { FEW } from "./mixing";

export interface Allowances {
  /** Tasks that a volunteer at work has been given on average, but for the first that each was given. */
  mean: number;
  /** When the job last gave anybody a task, or more was left to all because it did not. */
  movedAt: EpochMs;
  readonly of: Map<VolunteerId, Allowance>;
}

interface Allowance {
  /** Tasks that it may be given, when the mean was `mean`. */
  left: number;
  mean: number;
  /** True while it has never used up what everybody may begin with. */
  isNew: boolean;
}

/** Times the mean. Devices of which the fastest is four times as fast as the slowest are hardly ever held back. */
const SHARE = 2;
/** What everybody may begin with. */
const FIRST = 4;
/** No more is left to anybody, or owed, than so many times what volunteers hold at a time: they ask for hundreds of small tasks at once. */
const HELD = 2;
/** When nobody is given anything for so long, the others have left, or have all answered: nobody waits for them. */
const QUIET_MS = 30_000;
const AGAIN_MS = 250;

export function newAllowances(now: EpochMs): Allowances {
  return { mean: 0, movedAt: now, of: new Map() };
}

/** True when the volunteer has had its share of the job's votes for now. */
export function hasHadShare(grid: Grid, job: GridJob, { id }: GridVolunteer): boolean {
  if (job.policy.adaptive === null || grid.volunteers.size < FEW) return false;
  const own = job.allowances.of.get(id);
  return own !== undefined && leftOf(job, own) < 1;
}

/** The volunteer is given a task of the job, which it may have a vote on. */
export function useAllowance(job: GridJob, id: VolunteerId, now: EpochMs): void {
  if (job.policy.adaptive === null) return;
  const { allowances } = job;
  const { mean, of } = allowances;
  const own = of.get(id) ?? { left: FIRST, mean, isNew: true };
  of.set(id, own);
  own.left = Math.max(-mostOf(job), leftOf(job, own) - 1);
  own.mean = mean;
  // What all may begin with says nothing of who is fast.
  if (!own.isNew) allowances.mean += 1 / Math.max(1, job.atWork.size);
  if (own.left < 1) own.isNew = false;
  allowances.movedAt = now;
}

/** Has the volunteer look at the job again in a while; till then it is asked when there is work of others. */
export function holdBack(grid: Grid, job: GridJob, volunteer: GridVolunteer, now: EpochMs): void {
  const { allowances } = job;
  if (currentStage(job).copiesOut === 0 || now - allowances.movedAt >= QUIET_MS) {
    allowances.mean += 1;
    allowances.movedAt = now;
  }
  if (volunteer.heldBack === null) {
    volunteer.heldBack = { type: "held-back", volunteerId: volunteer.id, jobIds: new Set() };
    grid.deadlines.set(after(now, AGAIN_MS), volunteer.heldBack);
  }
  volunteer.heldBack.jobIds.add(job.id);
}

/** True when the job was kept from the volunteer because it has had its share, and it has not looked again since. */
export function isHeldBackIn(job: GridJob, { heldBack }: GridVolunteer): boolean {
  return heldBack?.jobIds.has(job.id) ?? false;
}

function leftOf(job: GridJob, { left, mean }: Allowance): number {
  return Math.min(mostOf(job), left + SHARE * (job.allowances.mean - mean));
}

function mostOf(job: GridJob): number {
  return Math.max(FIRST, (HELD * currentStage(job).copiesOut) / Math.max(1, job.atWork.size));
}
