/** Decides who gets which task. Pull: nobody is given more than they asked for. */
import { after, taskIdOf, type EpochMs, type VolunteerId } from "../protocol/ids";
import { currentStage, type Grid, type GridJob, type GridVolunteer, type OpenTask, type Stage } from "./grid";
import type { Effect } from "./grid-events";
import { advanceJob } from "./job";
import { grantLease } from "./leases";
import { advanceTask, isHolder, NEW_TASK, type EndedCopy } from "./task";

/** Offers new work, when there is some, to all who wait for work, longest waiting first. */
export function handOutToHungry(grid: Grid, now: EpochMs): Effect[] {
  if (!grid.hasNewWork) return [];
  grid.hasNewWork = false;
  const effects: Effect[] = [];
  for (const volunteerId of grid.hungry) {
    if (!hasUntakenWork(grid)) break;
    effects.push(...handOut(grid, volunteerId, now));
  }
  return effects;
}

/**
 * Gives one volunteer what it asked for, as far as there is work it may take:
 * the oldest job first; in a job, tasks that others have begun before fresh ones.
 */
export function handOut(grid: Grid, volunteerId: VolunteerId, now: EpochMs): Effect[] {
  const volunteer = grid.volunteers.get(volunteerId);
  if (volunteer?.presence.state !== "connected") return [];
  const effects: Effect[] = [];
  for (const job of grid.jobs.values()) {
    if (volunteer.wanted === 0) break;
    const indexes = takeTasks(grid, job, volunteer, now);
    if (indexes.length === 0) continue;
    volunteer.wanted -= indexes.length;
    if (job.life.state === "queued") {
      job.life = advanceJob(job.life, { type: "started", at: now });
      effects.push({ type: "job-changed", jobId: job.id, life: job.life });
    }
    effects.push({ type: "assign", volunteerId, jobId: job.id, stage: currentStage(job).name, indexes });
  }
  if (volunteer.wanted > 0) grid.hungry.add(volunteerId);
  else grid.hungry.delete(volunteerId);
  return effects;
}

/** True when some job has a task that wants a copy, though perhaps not from everybody. */
export function hasUntakenWork(grid: Grid): boolean {
  for (const job of grid.jobs.values()) {
    const stage = currentStage(job);
    const isOnOffer = stage.isReady && job.life.state !== "paused";
    if (isOnOffer && (stage.wants.size > 0 || stage.cursor < stage.taskCount)) return true;
  }
  return false;
}

function takeTasks(grid: Grid, job: GridJob, volunteer: GridVolunteer, now: EpochMs): number[] {
  const stage = currentStage(job);
  const taken: number[] = [];
  if (!stage.isReady || job.life.state === "paused" || !job.validator.admits(volunteer.id)) return taken;
  while (taken.length < volunteer.wanted) {
    const index = takeWanted(stage, job, volunteer.id) ?? takeFresh(stage);
    if (index === null) break;
    taken.push(index);
    lease(grid, job, stage, index, volunteer, now);
  }
  return taken;
}

function takeWanted(stage: Stage, job: GridJob, volunteerId: VolunteerId): number | null {
  return stage.wants.take(volunteerId, (index, round) => {
    const open = stage.open.get(index);
    if (!open || open.round !== round) return "drop";
    if (isHolder(open.task, volunteerId)) return "skip";
    open.asked -= 1;
    const judgement = job.validator.judge(open.task, open.isChecked);
    // An open task whose answers would do by now, because their volunteers' records have grown, still needs an
    // event to be settled by: the copy that was asked for.
    const isWanted = judgement.type === "wait" ? judgement.missing > 0 : open.task.state === "open";
    return isWanted ? "take" : "drop";
  });
}

function takeFresh(stage: Stage): number | null {
  while (stage.cursor < stage.taskCount) {
    const index = stage.cursor++;
    if (!stage.accepted.has(index) && !stage.open.has(index)) return index;
  }
  return null;
}

/** What volunteers ask for is cut to what they may hold; what is cut they have to ask for again. */
export function setWanted(grid: Grid, volunteer: GridVolunteer, wanted: number): void {
  volunteer.wanted = Math.max(0, Math.min(wanted, grid.policy.tasksHeld - volunteer.leases.size));
}

/** The task as it is, or as it begins. */
export function openTask(stage: Stage, index: number): OpenTask {
  const open = stage.open.get(index) ?? {
    task: NEW_TASK,
    asked: 0,
    round: 0,
    isChecked: false,
    doubted: null,
  };
  stage.open.set(index, open);
  return open;
}

/** Takes a copy away from its volunteer, which may be given the task again. */
export function dropCopy(open: OpenTask, volunteerId: VolunteerId): EndedCopy {
  const copy = { state: "lost", volunteerId } as const;
  open.task = advanceTask(open.task, { type: "ended", copy });
  open.round += 1;
  open.asked = 0;
  return copy;
}

/** Writes down that this volunteer runs the task, and asks for the further copies that it needs. */
export function lease(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  index: number,
  volunteer: GridVolunteer,
  now: EpochMs,
): void {
  const open = openTask(stage, index);
  open.isChecked ||= job.validator.drawCheck(volunteer.id);
  open.task = advanceTask(open.task, { type: "leased", volunteerId: volunteer.id, at: now });
  grantLease(grid, job, stage, volunteer, taskIdOf(job.id, stage.name, index), {
    type: "run",
    deadlineAt: after(now, grid.policy.leaseMs),
  });
  askForCopies(grid, job, stage, index);
}

/** Puts as many entries into the want log as the task lacks copies. */
export function askForCopies(grid: Grid, job: GridJob, stage: Stage, index: number): void {
  const open = stage.open.get(index);
  if (!open) return;
  const judgement = job.validator.judge(open.task, open.isChecked);
  if (judgement.type !== "wait") return;
  for (; open.asked < judgement.missing; open.asked++) {
    stage.wants.push(index, open.round);
    grid.hasNewWork = true;
  }
}
