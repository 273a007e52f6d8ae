/** Volunteers come, stay, fall silent and go; this keeps their leases true to that. */
import { after, type EpochMs, type TaskId, type VolunteerId } from "../protocol/ids";
import { findTask } from "./find-task";
import type { Grid, GridVolunteer, Presence } from "./grid";
import type { Effect, GridEvent } from "./grid-events";
import { handOut, lookAgain, setWanted } from "./hand-out";
import { lease } from "./lease-task";
import { dropCopy } from "./open-task";
import { ANY, noteKind } from "./kinds";
import { isStale, mayAnswer } from "./late-answers";
import { endLease, forgetRevoked, noteRoom, takePassedDeadlines } from "./leases";
import { fits, hasAllVolunteers } from "./offer";
import { isJudged, joinKin, leaveKin, placeAt } from "./placing";
import { isFree } from "./packs";
import { rememberQuota, takeQuota } from "./quota";
import { settleAtTick } from "./settle-grown";
import { settleTask, settleUnconfirmed } from "./settle-task";
import { checkOf } from "./spot-checks";
import { checkPace, setHungry, watchPace } from "./tail";
import { copyOf, NEW_TASK } from "./task";

type EventOf<T extends GridEvent["type"]> = Extract<GridEvent, { type: T }>;

const CONNECTED: Presence = { state: "connected" };

/** A volunteer connects, or connects again: what it still holds of its old leases it keeps. */
export function join(grid: Grid, event: EventOf<"joined">, now: EpochMs): Effect[] {
  const before = grid.volunteers.get(event.volunteerId);
  const account = grid.accounts.get(event.volunteerId) ?? null;
  const volunteer: GridVolunteer = {
    id: event.volunteerId,
    presence: CONNECTED,
    connectedAt: before?.connectedAt ?? now,
    slotCount: event.slotCount,
    device: event.device,
    kind: ANY,
    place: placeAt(event.address ?? null, account, event.device, before?.place ?? null),
    kin: before?.kin ?? null,
    wanted: 0,
    quota: before?.quota ?? takeQuota(grid.quotas, event.volunteerId),
    leases: before?.leases ?? new Map(),
    heldTasks: before?.heldTasks ?? 0,
    heldMs: before?.heldMs ?? 0,
    slowness: before?.slowness ?? 1,
    paceMs: grid.paceMs,
    passedOver: before?.passedOver ?? [],
    heldBack: before?.heldBack ?? null,
    revoked: before?.revoked ?? null,
  };
  grid.volunteers.set(volunteer.id, volunteer);
  joinKin(grid, volunteer);
  noteKind(grid, volunteer);
  grid.catalog.replace(volunteer.id, event.blocks ?? []);
  grid.aside.readAgain(volunteer.id);
  const held = new Set(event.held);
  const gone = [...volunteer.leases].filter(([taskId, { type }]) => type === "run" && !held.has(taskId));
  const effects = [
    ...gone.flatMap(([taskId]) => loseCopy(grid, volunteer, taskId, now)),
    ...keepHeld(grid, volunteer, event, now),
  ];
  setWanted(grid, volunteer, event.want);
  return [...effects, ...handOut(grid, volunteer.id, now)];
}

export function beat(grid: Grid, event: EventOf<"beat">, now: EpochMs): Effect[] {
  const volunteer = grid.volunteers.get(event.volunteerId);
  if (!volunteer) return [{ type: "dropped", taskIds: event.held }];
  volunteer.paceMs = grid.paceMs;
  forgetRevoked(volunteer, now);
  for (const key of event.blocks?.dropped ?? []) grid.catalog.drop(volunteer.id, key);
  for (const key of event.blocks?.added ?? []) grid.catalog.add(volunteer.id, key);
  if (volunteer.slotCount !== event.slotCount) reconsider(grid, volunteer, event.slotCount);
  return keepHeld(grid, volunteer, event, now);
}

/** With another number of slots it may suit jobs that it has been passed over for. */
function reconsider(grid: Grid, volunteer: GridVolunteer, slotCount: number): void {
  volunteer.slotCount = slotCount;
  noteKind(grid, volunteer);
  noteRoom(grid, volunteer);
  grid.aside.readAgain(volunteer.id);
  grid.hasNewWork = true;
}

/** The connection broke without a word: for a moment this may be a bad network. */
export function disconnect(grid: Grid, volunteerId: VolunteerId, now: EpochMs): Effect[] {
  const volunteer = grid.volunteers.get(volunteerId);
  if (!volunteer) return [];
  const until = after(now, grid.policy.graceMs);
  volunteer.presence = { state: "away", until };
  volunteer.wanted = 0;
  setHungry(grid, volunteerId, false);
  grid.deadlines.set(until, { type: "grace", volunteerId });
  return [];
}

export function leave(grid: Grid, volunteerId: VolunteerId, now: EpochMs): Effect[] {
  const volunteer = grid.volunteers.get(volunteerId);
  if (!volunteer) return [];
  grid.volunteers.delete(volunteerId);
  rememberQuota(grid.quotas, volunteerId, volunteer.quota);
  volunteer.wanted = 0;
  leaveKin(grid, volunteer);
  grid.catalog.forget(volunteerId);
  setHungry(grid, volunteerId, false);
  // First those by which it was checked: the stage may end with the others.
  const taskIds = [...volunteer.leases.keys()];
  const checks = taskIds.filter((taskId) => checkOf(volunteer, taskId) !== null);
  const losing = new Set([...checks, ...taskIds]);
  return [...losing].flatMap((taskId) => loseCopy(grid, volunteer, taskId, now));
}

/** Takes back what nobody has mentioned in time, or what takes far too long, and lets go of volunteers that did not come back. */
export function expire(grid: Grid, now: EpochMs): Effect[] {
  const enough = checkPace(grid, now).flatMap(({ job, stage, index }) =>
    grid.jobs.get(job.id) === job ? settleTask(grid, job, stage, index, null, now) : [],
  );
  const lost = takePassedDeadlines(grid, now).flatMap((lease): Effect[] => {
    const { volunteerId } = lease;
    const volunteer = grid.volunteers.get(volunteerId);
    if (!volunteer) return [];
    if (lease.type === "held-back") return lookAgain(grid, volunteer, lease, now);
    if (lease.type === "grace") return leave(grid, volunteerId, now);
    const { taskId } = lease;
    // What was taken back before it may have ended the job.
    if (volunteer.leases.get(taskId) !== lease) return [];
    const open = findTask(grid, taskId)?.open;
    if (open && lease.type === "run" && lease.mentionBy > now) open.overran += 1;
    return [
      ...loseCopy(grid, volunteer, taskId, now),
      { type: "revoke", volunteerId, taskIds: [taskId] } satisfies Effect,
    ];
  });
  return [...enough, ...lost, ...settleUnconfirmed(grid, now), ...settleAtTick(grid, now)];
}

/** Ends a lease without an answer; the task goes to others. */
export function loseCopy(grid: Grid, volunteer: GridVolunteer, taskId: TaskId, now: EpochMs): Effect[] {
  const found = findTask(grid, taskId);
  if (!found || !volunteer.leases.has(taskId)) return [];
  const { job, stage, index } = found;
  endLease(grid, job, stage, volunteer, taskId, now);
  const { open } = found;
  if (!open) return [];
  const copy = copyOf(open.task, volunteer.id);
  const leasedAt = copy?.state === "leased" ? copy.leasedAt : null;
  const lost = dropCopy(stage, open, volunteer.id);
  watchPace(grid, job, stage, index);
  return [
    { type: "copy-ended", taskId, copy: lost, verdict: "none", leasedAt, at: now },
    ...settleTask(grid, job, stage, index, null, now),
  ];
}

/** Renews the leases of what a volunteer says it holds, and names what nobody waits for. */
function keepHeld(
  grid: Grid,
  volunteer: GridVolunteer,
  { held, given = [] }: { held: readonly TaskId[]; given?: readonly TaskId[] },
  now: EpochMs,
): Effect[] {
  const all = new Set(given);
  const taskIds = held.filter(
    (taskId) => !renew(grid, volunteer, taskId, now) && !keep(grid, volunteer, taskId, all.has(taskId), now),
  );
  return [{ type: "dropped", taskIds }];
}

/** @returns False when there is no lease of a running copy. A lease does not outlive its stage. */
function renew({ policy }: Grid, { leases }: GridVolunteer, taskId: TaskId, now: EpochMs): boolean {
  const lease = leases.get(taskId);
  if (lease?.type !== "run") return false;
  lease.mentionBy = after(now, policy.silenceMs);
  return true;
}

/**
 * @param isGiven Whether it shows that it was given the copy. Colluders must not choose where they vote.
 * @returns False when nobody waits for the copy or its bytes. After a loss or a restart the lease is granted anew.
 */
function keep(grid: Grid, volunteer: GridVolunteer, taskId: TaskId, isGiven: boolean, now: EpochMs): boolean {
  const found = findTask(grid, taskId);
  if (!found) return false;
  const { job, stage, index, count } = found;
  // Others have done it, but it was out when the coordinator stopped: its output still counts.
  if (stage.accepted.has(index))
    return job.life.state !== "paused" && (job.unanswered.get(volunteer.id)?.has(taskId) ?? false);
  // Its tasks may be in other packs by now.
  if (!found.open && !isFree(stage, found)) return false;
  const { task, isChecked } = found.open ?? { task: NEW_TASK, isChecked: false };
  const copy = copyOf(task, volunteer.id);
  // Its bytes have been asked for, or may be.
  if (copy?.state === "returned") return !copy.bytesHere;
  if (copy?.state === "failed" || isJudged(stage, index, volunteer)) return false;
  if (job.life.state === "paused") return false;
  const wasGiven = (job.isRestored && isGiven && !isStale(found.open)) || copy?.state === "lost";
  const judgement = job.validator.judge(task, isChecked);
  if (!wasGiven || judgement.type !== "wait" || judgement.missing === 0) return false;
  if (!mayAnswer(grid, found, volunteer)) return false;
  // Others may have been given what it had, and as much as there may be.
  if (!fits(job, count) || hasAllVolunteers(job, volunteer.id)) return false;
  lease(grid, job, stage, found, volunteer, now);
  return true;
}
