/**
 * Leases: who holds what until when.
 *
 *   granted ── mentioned by its volunteer, again and again ──▶ answered
 *      ├── not mentioned for `silenceMs` ──▶ lost
 *      └── out for several times as long as such a task should take on such a device ──▶ lost; the next copy has twice the time
 *
 * Before that, a copy that is late is given to a second volunteer as well (`tail.ts`). All of it costs O(1); that a lease was renewed
 * is noticed when its old deadline comes up.
 */
import { after, taskIdParts, type EpochMs, type TaskId } from "../protocol/ids";
import { unreachable } from "../protocol/unreachable";
import { findTask } from "./find-task";
import { hasAllVolunteers, offerJob } from "./offer";
import { RevokedCopies, type Revoked } from "./revoked-copies";
import { learnSlowness, setHungry, unwatchPace } from "./tail";
import { learnCost, longestMs } from "./task-cost";
import type { Accepted, Deadline, Grid, GridJob, GridVolunteer, Lease, RunLease, Stage } from "./grid";

export function grantLease(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  volunteer: GridVolunteer,
  /** How many tasks it is of. */
  count: number,
  lease: Lease,
): void {
  const { taskId } = lease;
  const before = volunteer.leases.get(taskId);
  if (before) unwatch(grid, before);
  else {
    stage.copiesOut += count;
    job.atWork.set(volunteer.id, (job.atWork.get(volunteer.id) ?? 0) + 1);
    // Who is at work on a job is not kept from it by its limit of volunteers.
    if (job.share.maxVolunteers !== null) offerJob(grid, job);
  }
  volunteer.leases.set(taskId, lease);
  // Given again: what it says now is an answer to this, and no late one to what was taken back.
  volunteer.revoked?.delete(taskId);
  if (lease.type === "run") {
    volunteer.heldTasks += count;
    volunteer.heldMs += lease.chargedMs;
  }
  const at = lease.type === "run" ? lease.mentionBy : lease.deadlineAt;
  lease.deadlineTimer = grid.deadlines.set(at, lease);
}

/** The lease is over, or another takes its place. */
function unwatch(grid: Grid, lease: Lease): void {
  if (lease.deadlineTimer !== null) grid.deadlines.clear(lease.deadlineTimer);
  lease.deadlineTimer = null;
  if (lease.type === "run") unwatchPace(grid, lease);
}

/**
 * Ends a lease, and charges the job what its copy really took.
 *
 * @param answer What its volunteer says, which is believed as far as it can be; null when the copy gave no answer: then
 *   the job pays for the time that the copy was out, up to the cost of its tasks.
 */
export function endLease(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  volunteer: GridVolunteer,
  taskId: TaskId,
  now: EpochMs,
  answer: CopyCost | null = null,
): void {
  const lease = volunteer.leases.get(taskId);
  if (!lease) return;
  volunteer.leases.delete(taskId);
  unwatch(grid, lease);
  const { count } = taskIdParts(taskId);
  if (lease.type === "run") {
    const outMs = Math.max(0, now - lease.leasedAt);
    const usedMs = Math.min(answer?.elapsedMs ?? lease.chargedMs, outMs);
    if (answer !== null) learn(stage, volunteer, usedMs, answer.isFailed, count);
    else learnAtLeast(stage, volunteer, outMs - volunteer.paceMs, count);
    volunteer.heldTasks -= count;
    volunteer.heldMs -= lease.chargedMs;
    grid.shares.charge(job.id, usedMs - lease.chargedMs);
  }
  // A pack may have waited for more room than for one.
  const wasLimited = job.share.maxInFlight !== null || hasAllVolunteers(job);
  stage.copiesOut -= count;
  const held = (job.atWork.get(volunteer.id) ?? 0) - 1;
  if (held > 0) job.atWork.set(volunteer.id, held);
  else job.atWork.delete(volunteer.id);
  if (wasLimited) offerJob(grid, job);
  noteRoom(grid, volunteer);
}

/**
 * True when a volunteer may be given more of what it asks for: it asks by what its latest tasks took, and those of another
 * job may take a thousand times as long.
 */
export function hasRoom(
  { policy }: Grid,
  { leases, heldMs, slowness, paceMs, slotCount }: GridVolunteer,
): boolean {
  const slots = Math.max(1, slotCount);
  return leases.size < 2 * slots || heldMs * slowness < (policy.heldMs + paceMs) * slots;
}

/** How long each slot of a volunteer should have something to do with what it runs or will run, in milliseconds. */
export function workLeftMs(
  { leases, heldMs, slowness, slotCount }: GridVolunteer,
  ended: readonly TaskId[],
): number {
  const endedMs = ended.reduce((sum, taskId) => sum + chargeOf(leases.get(taskId)), 0);
  return ((heldMs - endedMs) * slowness) / Math.max(1, slotCount);
}

const chargeOf = (lease: Lease | undefined) => (lease?.type === "run" ? lease.chargedMs : 0);

/** What it holds, or can do in a while, has changed: it may have room for what it asked for, or none any more. */
export function noteRoom(grid: Grid, volunteer: GridVolunteer): void {
  const { id, presence, wanted } = volunteer;
  const isHungry = presence.state === "connected" && wanted > 0 && hasRoom(grid, volunteer);
  if (grid.hungry.has(id) === isHungry) return;
  setHungry(grid, id, isHungry);
  grid.hasNewWork ||= isHungry;
}

/** What a copy took. */
export interface CopyCost {
  elapsedMs: number;
  /** Then it may have run only in part. */
  isFailed: boolean;
}

function learn(
  stage: Stage,
  volunteer: GridVolunteer,
  usedMs: number,
  isFailed: boolean,
  count: number,
): void {
  if (isFailed && count > 1) return;
  stage.cost = learnCost(stage.cost, usedMs / count, 0);
  learnSlowness(volunteer, usedMs / count, stage.cost.meanMs);
}

/** Who is outrun by others again and again gives no answers to learn from; but that it takes so long at least is known. */
function learnAtLeast({ cost }: Stage, volunteer: GridVolunteer, outMs: number, count: number): void {
  if (cost.samples === 0) return;
  const tasks = Math.max(count, volunteer.heldTasks / Math.max(1, volunteer.slotCount));
  if (outMs > volunteer.slowness * tasks * cost.meanMs) learnSlowness(volunteer, outMs / tasks, cost.meanMs);
}

/** Ends a lease whose copy nobody waits for any more; remembers it for when the output still comes. */
export function revokeLease(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  volunteer: GridVolunteer,
  taskId: TaskId,
  accepted: Accepted,
  now: EpochMs,
): void {
  endLease(grid, job, stage, volunteer, taskId, now);
  noteRevoked(volunteer, taskId, { accepted, at: now });
}

export function noteRevoked(volunteer: GridVolunteer, taskId: TaskId, copy: Revoked): void {
  volunteer.revoked ??= new RevokedCopies();
  volunteer.revoked.note(taskId, copy);
}

/** The volunteer has said something: what it has not answered by now it may well never answer. */
export function forgetRevoked(volunteer: GridVolunteer, now: EpochMs): void {
  volunteer.revoked?.forgetOld(now);
  if (volunteer.revoked?.size === 0) volunteer.revoked = null;
}

/** Takes the deadlines that have really passed: those of leases that were renewed are set anew. */
export function takePassedDeadlines(grid: Grid, now: EpochMs): Deadline[] {
  return grid.deadlines.takePassed(now).filter((due) => {
    if (due.type === "held-back") return true;
    const at = currentDeadline(grid, due);
    const isPassed = at !== null && at <= now;
    const timer = at === null || isPassed ? null : grid.deadlines.set(at, due);
    if (due.type === "run" || due.type === "upload") due.deadlineTimer = timer;
    return isPassed;
  });
}

/** When the thing that this deadline watches runs out as of now; null when it is over. */
function currentDeadline(grid: Grid, due: Exclude<Deadline, { type: "held-back" }>): EpochMs | null {
  const volunteer = grid.volunteers.get(due.volunteerId);
  if (!volunteer) return null;
  switch (due.type) {
    case "grace":
      return volunteer.presence.state === "away" ? volunteer.presence.until : null;
    case "upload":
      return due.deadlineAt;
    case "run":
      return runDeadline(grid, volunteer, due);
    default:
      return unreachable(due);
  }
}

/** Late copies are given to a second volunteer first, whose output is then likely to come before the deadline. */
const MARGIN = 4;

/** When a running copy's lease ends, by what is known of its task's cost now. */
function runDeadline(
  grid: Grid,
  { heldTasks, slotCount, slowness, paceMs }: GridVolunteer,
  { taskId, mentionBy, leasedAt }: RunLease,
): EpochMs {
  const found = findTask(grid, taskId);
  if (!found || found.stage.cost.samples === 0) return mentionBy;
  const tasks = Math.max(found.count, heldTasks / Math.max(1, slotCount));
  const costMs = longestMs(found.stage.cost, tasks, slowness) + paceMs;
  const leaseMs = Math.max(grid.policy.leastLeaseMs, costMs) * MARGIN * 2 ** (found.open?.overran ?? 0);
  return Math.min(mentionBy, after(leasedAt, leaseMs)) as EpochMs;
}
