/**
 * Which jobs are offered to volunteers, kept as events change it, so that no request looks through all jobs.
 *
 *   nothing to give out ── offerJob ──▶ offered (`Grid.shares`: who is next?) ── a volunteer may take none of it ──▶ aside
 *                                          ▲                                                                    │
 *                                          └──── something changed, or another volunteer may take some ─────────┘
 *
 * What is aside is read by every volunteer from its own mark, once (`want-log.ts`): a thousand jobs that wait for a second
 * volunteer cost the first one nothing.
 */
import type { JobId, VolunteerId } from "../protocol/ids";
import { isHeldBackIn } from "./allowance";
import { groupOf } from "./hungry";
import { hasKept } from "./locality";
import { lacking } from "./matching";
import { lacksKin } from "./placing";
import { currentStage, type Grid, type GridJob, type GridVolunteer, type Stage } from "./grid";

/** Why nothing of a job is offered to anybody. */
export type JobObstacle = "paused" | "shuffling" | "all-out" | "in-flight-limit";

/** @returns Null when the job has a task that wants a copy, though perhaps not from everybody. */
export function obstacleOf(job: GridJob): JobObstacle | null {
  const stage = currentStage(job);
  if (job.life.state === "paused") return "paused";
  if (!stage.isReady) return "shuffling";
  if (!hasTasks(stage)) return "all-out";
  return isFull(job) ? "in-flight-limit" : null;
}

function hasTasks(stage: Stage): boolean {
  if (
    stage.wants.size > 0 ||
    stage.mixing.length > 0 ||
    stage.cursor < stage.taskCount ||
    stage.overdue.size > 0
  )
    return true;
  return (stage.locality?.withheld.size ?? 0) > 0 || hasKept(stage);
}

export function isOnOffer(job: GridJob): boolean {
  return obstacleOf(job) === null;
}

/** True when as many of its copies are out as its limit allows. */
export function isFull(job: GridJob): boolean {
  return !fits(job, 1);
}

/** True when a copy of so many tasks may be out beside those that are. */
export function fits(job: GridJob, count: number): boolean {
  const { maxInFlight } = job.share;
  return maxInFlight === null || currentStage(job).copiesOut + count <= maxInFlight;
}

/** True when no further volunteer may work on it than those who do, or those but this one. */
export function hasAllVolunteers({ share: { maxVolunteers }, atWork }: GridJob, id?: VolunteerId): boolean {
  if (maxVolunteers === null) return false;
  return atWork.size - (id !== undefined && atWork.has(id) ? 1 : 0) >= maxVolunteers;
}

/** Why a job is not offered to one volunteer, whatever tasks there are. */
export type Barrier = "not-admitted" | "unsuited" | "engine-alone" | "volunteer-limit";

export function barrierFor(job: GridJob, volunteer: GridVolunteer): Barrier | null {
  const { id } = volunteer;
  if (!job.validator.admits(id)) return "not-admitted";
  const barrier = barrierOfKind(job, volunteer);
  if (barrier !== null) return barrier;
  // Who uploads what it has done may be one too many to be given more.
  return hasAllVolunteers(job, id) ? "volunteer-limit" : null;
}

/** Holds for everybody of the volunteer's kind. */
function barrierOfKind(job: GridJob, volunteer: GridVolunteer): "unsuited" | "engine-alone" | null {
  if (lacking(job.requires, volunteer).length > 0) return "unsuited";
  return lacksKin(job, volunteer) ? "engine-alone" : null;
}

export function mayWorkOn(job: GridJob, volunteer: GridVolunteer): boolean {
  return barrierFor(job, volunteer) === null;
}

/** To be called whenever there may be more to take of a job than before. */
export function offerJob(grid: Grid, job: GridJob): void {
  if (!isOnOffer(job)) return;
  job.offer = { state: "none", round: job.offer.round };
  grid.shares.offer(job.id);
  grid.hasNewWork = true;
}

/** A volunteer may take nothing of the job that is next: others may, or nobody. */
export function setAside(grid: Grid, job: GridJob): void {
  grid.shares.withdraw(job.id);
  if (!isOnOffer(job)) return;
  job.offer = { state: "aside", round: job.offer.round + 1 };
  grid.aside.push(job.id, job.offer.round);
}

/**
 * Offers again what was set aside because of others and this volunteer may take.
 *
 * @param most Jobs that are looked for: one for each task that the volunteer wants.
 */
export function bringBack(
  grid: Grid,
  volunteer: GridVolunteer,
  most: number,
  hasTaskFor: (job: GridJob) => boolean,
): void {
  for (let found = 0; found < most; found++) {
    const id = grid.aside.take(volunteer.id, (jobId, round) => {
      const job = jobAside(grid, jobId, round);
      if (!job) return "drop";
      if (isHeldBackIn(job, volunteer)) return "skip";
      return mayWorkOn(job, volunteer) && hasTaskFor(job) ? "take" : "skip";
    });
    const job = id === null ? undefined : grid.jobs.get(id);
    if (!job) return;
    job.offer = { state: "none", round: job.offer.round };
    grid.shares.offer(job.id);
  }
}

/**
 * True unless no job on offer suits the volunteer's kind, or it has had its share of those that do: then nobody else of it finds anything either, until another job is
 * offered. Each kind reads what is aside from a mark of its own, as a volunteer does: O(1) amortised.
 */
export function mayFind(grid: Grid, volunteer: GridVolunteer): boolean {
  const { heldBack } = volunteer;
  if (grid.shares.isAnyOfferedBut(heldBack?.jobIds ?? NONE)) return true;
  return grid.aside.has(`kind ${groupOf(volunteer)}`, (jobId, round) => {
    const job = jobAside(grid, jobId, round);
    if (!job) return "drop";
    if (isHeldBackIn(job, volunteer)) return "skip";
    return barrierOfKind(job, volunteer) === null ? "take" : "skip";
  });
}

const NONE: ReadonlySet<JobId> = new Set();

/** The job of an entry of `Grid.aside`, if it is still there by that. */
function jobAside(grid: Grid, id: JobId, round: number): GridJob | null {
  const job = grid.jobs.get(id);
  return job?.offer.state === "aside" && job.offer.round === round && isOnOffer(job) ? job : null;
}
