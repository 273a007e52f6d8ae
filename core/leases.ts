/** Leases: who holds what until when. Renewing costs O(1); the heap learns of it when the old deadline comes up. */
import type { EpochMs, TaskId } from "../protocol/ids";
import { hasAllVolunteers, isFull, offerJob } from "./offer";
import { learnCost } from "./task-cost";
import type { Deadline, Grid, GridJob, GridVolunteer, Lease, Stage } from "./grid";

export function grantLease(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  volunteer: GridVolunteer,
  taskId: TaskId,
  lease: Lease,
): void {
  if (!volunteer.leases.has(taskId)) {
    stage.copiesOut += 1;
    job.atWork.set(volunteer.id, (job.atWork.get(volunteer.id) ?? 0) + 1);
    // Who is at work on a job is not kept from it by its limit of volunteers.
    if (job.share.maxVolunteers !== null) offerJob(grid, job);
  }
  volunteer.leases.set(taskId, lease);
  grid.deadlines.push({ at: lease.deadlineAt, volunteerId: volunteer.id, taskId });
}

/**
 * Ends a lease, and charges the job what its copy really took.
 *
 * @param elapsedMs As its volunteer says, which is believed as far as it can be; null when the copy gave no answer: then
 *   the job pays for the time that the copy was out, up to the cost of a task.
 */
export function endLease(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  volunteer: GridVolunteer,
  taskId: TaskId,
  now: EpochMs,
  elapsedMs: number | null = null,
): void {
  const lease = volunteer.leases.get(taskId);
  if (!lease) return;
  volunteer.leases.delete(taskId);
  if (lease.type === "run") {
    const outMs = Math.max(0, now - lease.leasedAt);
    const usedMs = Math.min(elapsedMs ?? lease.chargedMs, outMs);
    if (elapsedMs !== null) stage.cost = learnCost(stage.cost, usedMs);
    grid.shares.charge(job.id, usedMs - lease.chargedMs);
  }
  const wasLimited = isFull(job) || hasAllVolunteers(job);
  stage.copiesOut -= 1;
  const held = (job.atWork.get(volunteer.id) ?? 0) - 1;
  if (held > 0) job.atWork.set(volunteer.id, held);
  else job.atWork.delete(volunteer.id);
  if (wasLimited) offerJob(grid, job);
}

/** How many revoked copies of a volunteer are remembered. */
const REVOKED_KEPT = 1_000;

/** Ends a lease whose copy nobody waits for any more; remembers it for when the output still comes. */
export function revokeLease(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  volunteer: GridVolunteer,
  taskId: TaskId,
  now: EpochMs,
): void {
  endLease(grid, job, stage, volunteer, taskId, now);
  volunteer.revoked.add(taskId);
  const [oldest] = volunteer.revoked;
  if (volunteer.revoked.size > REVOKED_KEPT && oldest !== undefined) volunteer.revoked.delete(oldest);
}

/**
 * Takes the deadlines that have really passed: those of leases that were renewed go
 * back with their new time, those of leases that have ended are dropped.
 */
export function takePassedDeadlines(grid: Grid, now: EpochMs): Deadline[] {
  const passed: Deadline[] = [];
  for (let next = grid.deadlines.peek(); next && next.at <= now; next = grid.deadlines.peek()) {
    grid.deadlines.pop();
    const current = currentDeadline(grid, next);
    if (current === null) continue;
    if (current <= now) passed.push(next);
    else grid.deadlines.push({ ...next, at: current });
  }
  return passed;
}

/** When the thing that this deadline watches runs out as of now; null when it is over. */
function currentDeadline(grid: Grid, { volunteerId, taskId }: Deadline): EpochMs | null {
  const volunteer = grid.volunteers.get(volunteerId);
  if (!volunteer) return null;
  if (taskId !== null) return volunteer.leases.get(taskId)?.deadlineAt ?? null;
  return volunteer.presence.state === "away" ? volunteer.presence.until : null;
}
