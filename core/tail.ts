/**
 * Tasks that are out for too long are given to a second volunteer as well: while a stage has fresh ones, those that take longer than
 * hardly any such task on such a device; in its tail, when nothing fresh is left, those that take longer than usual.
 *
 *   lease ── too long out? ──▶ `Stage.overdue` ── the fastest who waits ──▶ one copy more than is needed
 *
 * The first valid outputs win, and whoever is left is told to stop. At no time has a task more than one copy beyond those it needs.
 *
 * So that there is less of that, the last tasks lie in nobody's queue: who has something of a stage to do leaves them to the others.
 */
import { after, type EpochMs, type VolunteerId } from "../protocol/ids";
import { findTask, type FoundTask } from "./find-task";
import type { Grid, GridJob, GridVolunteer, OpenTask, RunLease, Stage } from "./grid";
import { groupOf } from "./hungry";
import { hasFresh } from "./fresh-tasks";
import { fits, offerJob } from "./offer";
import { isJudged, unfitFor } from "./placing";
import { longestMs } from "./task-cost";
import type { WantDecision } from "./want-log";

/** Shorter times than this are the network's, and not the volunteer's. */
const SHORTEST_MS = 500;
/** A volunteer that takes so many times the mean time of its jobs' tasks is no help. */
const SLOW = 2;

/** A copy was handed out, or lost: watches how long the task's copies take; all of them once the stage runs dry. O(1) amortised. */
export function watchPace(grid: Grid, job: GridJob, stage: Stage, index: number): void {
  if (grid.policy.tailPatience === null) return;
  if (stage.isDry || hasFresh(stage)) return watchTask(grid, stage, stage.open.get(index));
  stage.isDry = true;
  for (const open of stage.open.values()) watchTask(grid, stage, open);
}

function watchTask(grid: Grid, stage: Stage, open: OpenTask | undefined): void {
  if (!open) return;
  for (const copy of open.task.copies) {
    const volunteer = copy.state === "leased" ? grid.volunteers.get(copy.volunteerId) : undefined;
    const lease = volunteer?.leases.get(open.id);
    if (volunteer && lease?.type === "run")
      checkPaceAt(grid, lease, overdueAt(grid, stage, volunteer, open.count, lease.leasedAt));
  }
}

/** Earlier than planned, but not later: then it would be planned anew. */
function checkPaceAt(grid: Grid, lease: RunLease, at: EpochMs): void {
  if (lease.paceTimer !== null && grid.paceChecks.at(lease.paceTimer) <= at) return;
  unwatchPace(grid, lease);
  lease.paceTimer = grid.paceChecks.set(at, lease);
}

/** The copy is over: nobody has to ask whether it takes too long. */
export function unwatchPace(grid: Grid, lease: RunLease): void {
  if (lease.paceTimer !== null) grid.paceChecks.clear(lease.paceTimer);
  lease.paceTimer = null;
}

/**
 * Puts tasks that are out for too long on offer. Then the fastest are asked first.
 *
 * @returns Those of them whose answers do by now, because records have grown since these came.
 */
export function checkPace(grid: Grid, now: EpochMs): FoundTask[] {
  const enough: FoundTask[] = [];
  for (const lease of grid.paceChecks.takePassed(now)) {
    lease.paceTimer = null;
    const volunteer = grid.volunteers.get(lease.volunteerId);
    const found = findTask(grid, lease.taskId);
    if (!volunteer || !found) continue;
    const { job, stage, index } = found;
    // What is known of the time that tasks take may have grown since.
    const at = overdueAt(grid, stage, volunteer, found.count, lease.leasedAt);
    if (at > now || stage.cost.samples === 0) {
      const again = stage.isDry ? SHORTEST_MS : grid.policy.leastLeaseMs;
      checkPaceAt(grid, lease, at > now ? at : after(now, again));
      continue;
    }
    const { open } = found;
    if (!open) continue;
    if (!isNeeded(job, open, lease.volunteerId)) {
      if (isEnough(job, open)) enough.push(found);
      continue;
    }
    stage.overdue.push(index, open.round);
    grid.hasOverdue = true;
    grid.hasNewWork = true;
    offerJob(grid, job);
  }
  return enough;
}

function isEnough({ validator }: GridJob, { task, isChecked }: OpenTask): boolean {
  return task.state === "open" && validator.judge(task, isChecked).type !== "wait";
}

/** What a volunteer may do with an entry of `Stage.overdue`. */
export function overdueDecision(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  volunteer: GridVolunteer,
): WantDecision<number> {
  return (index) => {
    const open = stage.open.get(index);
    if (!open || !mayBeDoubled(job, open)) return "drop";
    const isUnfit = unfitFor(grid, job, open.task, volunteer) !== null || isJudged(stage, index, volunteer);
    if (isUnfit || volunteer.slowness > SLOW) return "skip";
    return fits(job, open.count) ? "take" : "later";
  };
}

/** True when what runs and what came would not do without one of the running copies: then no copy beyond those runs yet. */
function mayBeDoubled(job: GridJob, open: OpenTask): boolean {
  return open.task.copies.some(
    ({ state, volunteerId }) => state === "leased" && isNeeded(job, open, volunteerId),
  );
}

/** True when more copies would be missing without this running one, if all of them agree. */
function isNeeded(job: GridJob, { task, isChecked }: OpenTask, volunteerId: VolunteerId): boolean {
  if (task.state !== "open") return false;
  const copies = task.copies.filter((copy) => copy.state !== "leased" || copy.volunteerId !== volunteerId);
  if (copies.length === task.copies.length) return false;
  const judgement = job.validator.judge({ ...task, copies }, isChecked);
  return judgement.type === "wait" && judgement.missing > 0;
}

/**
 * True when the volunteer has something of the stage to do, and the tasks that nobody has had are no more than what the
 * others could begin with at once: behind its own, they would end later than with any of those. Who holds more than that, to report less
 * often, leaves the others as many.
 */
export function leavesLastTasks(grid: Grid, job: GridJob, stage: Stage, volunteer: GridVolunteer): boolean {
  if (grid.policy.tailPatience === null) return false;
  const slots = Math.max(1, volunteer.slotCount);
  const { samples, meanMs } = stage.cost;
  const isSmall = meanMs < SHORTEST_MS && volunteer.paceMs === 0;
  const held = job.atWork.get(volunteer.id) ?? 0;
  if (samples === 0 || isSmall || held < slots) return false;
  const fresh = stage.taskCount - stage.accepted.size - stage.open.size;
  const each = volunteer.paceMs === 0 ? slots : held;
  return fresh < each * (grid.volunteers.size - 1);
}

/** A volunteer works through what it holds; its slots share that. */
function overdueAt(
  grid: Grid,
  stage: Stage,
  { heldTasks, slotCount, slowness, paceMs }: GridVolunteer,
  count: number,
  leasedAt: EpochMs,
): EpochMs {
  const ahead = Math.max(count, Math.ceil(heldTasks / Math.max(1, slotCount)));
  if (!stage.isDry)
    return after(
      leasedAt,
      Math.max(grid.policy.leastLeaseMs, longestMs(stage.cost, ahead, slowness)) + paceMs,
    );
  const patience = grid.policy.tailPatience ?? Infinity;
  return after(leasedAt, Math.max(SHORTEST_MS, patience * stage.cost.meanMs * ahead) + paceMs);
}

/** Whether the volunteer waits for more than it has. */
export function setHungry(grid: Grid, id: VolunteerId, isHungry: boolean): void {
  const volunteer = grid.volunteers.get(id);
  if (isHungry && volunteer) grid.hungry.set(id, groupOf(volunteer), volunteer.slowness);
  else grid.hungry.delete(id);
}

const SLOWNESS_PART = 0.25;

/** @param usedMs What its copy took. @param meanMs What the tasks of that stage take. */
export function learnSlowness(volunteer: GridVolunteer, usedMs: number, meanMs: number): void {
  if (meanMs <= 0) return;
  volunteer.slowness += (usedMs / meanMs - volunteer.slowness) * SLOWNESS_PART;
}
