/**
 * Decides who gets which task. Pull: nobody is given more than they asked for.
 *
 *   who asks, or waits ──▶ `handOut` ──▶ a turn at the job that has had least of its share (`take-turn.ts`), and so on
 *                                                └── nothing for this volunteer ──▶ the job is set aside (`offer.ts`)
 */
import type { EpochMs, VolunteerId } from "../protocol/ids";
import { hasHadShare, holdBack, isHeldBackIn } from "./allowance";
import { currentStage, type Grid, type GridJob, type GridVolunteer, type HeldBack } from "./grid";
import type { Effect } from "./grid-events";
import { hasTaskFor } from "./has-task-for";
import { advanceJob } from "./job";
import { isKeptBack, isStarving } from "./locality";
import { bringBack, isOnOffer, mayFind, mayWorkOn, offerJob, setAside } from "./offer";
import { taskIdsOf } from "./packs";
import { notesOfChecks } from "./spot-checks";
import { leavesLastTasks, setHungry } from "./tail";
import { isHeldBack, mayTake, takeTurn, type Taken } from "./take-turn";

/** Jobs that a volunteer leaves to others at a time, as it has enough to do. */
const PASSED_OVER = 4;

/** Offers new work, when there is some, to those who wait for work and may find some: longest waiting first, but for tasks that are overdue. */
export function handOutToHungry(grid: Grid, now: EpochMs): Effect[] {
  if (!grid.hasNewWork) return [];
  grid.hasNewWork = false;
  const effects: Effect[] = [];
  const isOpen = (id: VolunteerId) => {
    const volunteer = grid.volunteers.get(id);
    return volunteer !== undefined && mayFind(grid, volunteer);
  };
  const waiting = grid.hasOverdue ? grid.hungry.fastestFirst(isOpen) : grid.hungry.longestFirst(isOpen);
  grid.hasOverdue = false;
  for (const volunteerId of waiting) {
    if (grid.shares.next() === undefined && grid.aside.size === 0) break;
    effects.push(...handOut(grid, volunteerId, now));
  }
  return effects;
}

/**
 * Gives one volunteer what it asked for, as far as there is work it may take: in turns, first to the job that has had
 * least of its share; in a job, tasks that others have begun before fresh ones. Who reads results in order waits for the oldest.
 */
export function handOut(grid: Grid, volunteerId: VolunteerId, now: EpochMs): Effect[] {
  const volunteer = grid.volunteers.get(volunteerId);
  if (volunteer?.presence.state !== "connected") return [];
  const taken: Taken[] = [];
  takeBack(grid, volunteer);
  for (let before = Infinity; mayTake(grid, volunteer) && volunteer.wanted < before;) {
    before = volunteer.wanted;
    if (grid.aside.size > 0)
      bringBack(grid, volunteer, volunteer.wanted, (job) => hasTaskFor(grid, job, volunteer));
    giveTurns(grid, volunteer, taken, now);
  }
  // Who was passed over has enough to do, and comes again before it has not.
  setHungry(grid, volunteerId, mayTake(grid, volunteer) && volunteer.passedOver.length === 0);
  return taken.flatMap((each) => assign(each, volunteer, now));
}

/** The volunteer looks again at jobs in which it had had its share, by a deadline of its. */
export function lookAgain(grid: Grid, volunteer: GridVolunteer, due: HeldBack, now: EpochMs): Effect[] {
  // It may have left and come back since.
  if (volunteer.heldBack !== due) return [];
  volunteer.heldBack = null;
  for (const id of due.jobIds) {
    const job = grid.jobs.get(id);
    if (job && isWaitingForShare(grid, job, volunteer)) holdBack(grid, job, volunteer, now);
    else if (job) offerJob(grid, job);
  }
  return handOut(grid, volunteer.id, now);
}

/** What volunteers ask for is cut to what they may hold; what is cut they have to ask for again. */
export function setWanted(grid: Grid, volunteer: GridVolunteer, wanted: number): void {
  const mayHold = volunteer.quota.tasks ?? grid.policy.tasksHeld;
  volunteer.wanted = Math.max(0, Math.min(wanted, mayHold - volunteer.leases.size));
}

function giveTurns(grid: Grid, volunteer: GridVolunteer, taken: Taken[], now: EpochMs): void {
  while (mayTake(grid, volunteer)) {
    const id = grid.shares.next();
    const job = id === undefined ? undefined : grid.jobs.get(id);
    if (!job) return;
    const turn = takeTurn(grid, job, volunteer, now);
    if (turn.spans.length === 0) {
      const hasHad = hasHadShare(grid, job, volunteer);
      if (hasHad && !isHeldBackIn(job, volunteer) && isFor(grid, job, volunteer))
        holdBack(grid, job, volunteer, now);
      const isLeft = mayWorkOn(job, volunteer) && leavesToOthers(grid, job, volunteer);
      setAside(grid, job);
      if (isLeft) volunteer.passedOver.push(job.id);
      if (volunteer.passedOver.length >= PASSED_OVER) return;
    }
    const before = taken.find((each) => each.job === job);
    before?.spans.push(...turn.spans);
    before?.checks.push(...turn.checks);
    if (!before && turn.spans.length > 0) taken.push(turn);
  }
}

/** True when the volunteer has enough to do for now, and would be given some of the job's tasks if it had not. */
function leavesToOthers(grid: Grid, job: GridJob, volunteer: GridVolunteer): boolean {
  const stage = currentStage(job);
  return (isKeptBack(stage) && !isStarving(volunteer)) || leavesLastTasks(grid, job, stage, volunteer);
}

/** True unless there is nothing in the job that the volunteer may take, whatever it has had of it. */
function isFor(grid: Grid, job: GridJob, volunteer: GridVolunteer): boolean {
  return isOnOffer(job) && mayWorkOn(job, volunteer) && hasTaskFor(grid, job, volunteer);
}

function isWaitingForShare(grid: Grid, job: GridJob, volunteer: GridVolunteer): boolean {
  return isHeldBack(grid, job, volunteer) && isFor(grid, job, volunteer);
}

/** Jobs that kept something back from the volunteer may have it for it now. */
function takeBack(grid: Grid, volunteer: GridVolunteer): void {
  const { heldBack } = volunteer;
  for (const id of heldBack?.jobIds ?? []) {
    const job = grid.jobs.get(id);
    if (job && isHeldBack(grid, job, volunteer)) continue;
    heldBack?.jobIds.delete(id);
    if (job) offerJob(grid, job);
  }
  if (volunteer.passedOver.length === 0) return;
  for (const id of volunteer.passedOver) {
    const job = grid.jobs.get(id);
    if (job) offerJob(grid, job);
  }
  volunteer.passedOver = [];
}

function assign({ job, spans, checks }: Taken, volunteer: GridVolunteer, now: EpochMs): Effect[] {
  const { name: stage } = currentStage(job);
  const effects: Effect[] = notesOfChecks(volunteer, taskIdsOf(job.id, stage, checks), now);
  if (job.life.state === "queued") {
    job.life = advanceJob(job.life, { type: "started", at: now });
    effects.push({ type: "job-changed", jobId: job.id, life: job.life });
  }
  return [...effects, { type: "assign", volunteerId: volunteer.id, jobId: job.id, stage, spans }];
}
