/**
 * Decides who gets which task. Pull: nobody is given more than they asked for.
 *
 *   who asks, or waits ──▶ `handOut` ──▶ a turn at the job that has had least of its share (`take-turn.ts`), and so on
 *                                                └── nothing for this volunteer ──▶ the job is set aside (`offer.ts`)
 */
import type { EpochMs, VolunteerId } from "../protocol/ids";
import { hasHadShare, holdBack } from "./allowance";
import { currentStage, type Grid, type GridJob, type GridVolunteer } from "./grid";
import type { Effect } from "./grid-events";
import { hasTaskFor } from "./has-task-for";
import { advanceJob } from "./job";
import { isKeptBack, isStarving } from "./locality";
import { bringBack, isOnOffer, mayFind, mayWorkOn, offerJob, setAside } from "./offer";
import { taskIdsOf } from "./packs";
import { notesOfChecks } from "./spot-checks";
import { leavesLastTasks, setHungry } from "./tail";
import { mayTake, takeTurn, type Taken } from "./take-turn";

/** So many jobs may keep a volunteer waiting at a time. */
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
  lookAgain(grid, volunteer);
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
      const isHeld = hasHadShare(grid, job, volunteer) && isOnOffer(job) && isFor(grid, job, volunteer);
      if (isHeld) holdBack(grid, job, volunteer, now);
      const isLeft = mayWorkOn(job, volunteer) && leavesToOthers(grid, job, volunteer);
      setAside(grid, job);
      if (isHeld || isLeft) volunteer.passedOver.push(job.id);
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
  return mayWorkOn(job, volunteer) && hasTaskFor(grid, job, volunteer);
}

/** Jobs that kept something back from the volunteer may have it for it now. */
function lookAgain(grid: Grid, volunteer: GridVolunteer): void {
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
