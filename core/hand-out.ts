/** Decides who gets which task. Pull: nobody is given more than they asked for. */
import { after, taskIdOf, type EpochMs, type VolunteerId } from "../protocol/ids";
import { currentStage, type Grid, type GridJob, type GridVolunteer, type Stage } from "./grid";
import type { Effect } from "./grid-events";
import { advanceJob } from "./job";
import { judge } from "./judge";
import { grantLease } from "./leases";
import { advanceTask, isHolder, NEW_TASK } from "./task";

/** Offers new work, when there is some, to all who wait for work, longest waiting first. */
export function handOutToHungry(grid: Grid, now: EpochMs): Effect[] {
  if (!grid.hasNewWork) return [];
  grid.hasNewWork = false;
  const effects: Effect[] = [];
  for (const volunteerId of [...grid.hungry]) {
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
    const room = Math.min(volunteer.wanted, grid.policy.tasksHeld - volunteer.leases.size);
    if (room <= 0) break;
    const indexes = takeTasks(grid, job, volunteer, room, now);
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
    if (stage.isReady && (stage.wants.size > 0 || stage.cursor < stage.taskCount)) return true;
  }
  return false;
}

function takeTasks(grid: Grid, job: GridJob, volunteer: GridVolunteer, room: number, now: EpochMs): number[] {
  const stage = currentStage(job);
  const taken: number[] = [];
  if (!stage.isReady) return taken;
  while (taken.length < room) {
    const index = takeWanted(stage, job, volunteer.id) ?? takeFresh(stage);
    if (index === null) break;
    taken.push(index);
    lease(grid, job, stage, index, volunteer, now);
  }
  return taken;
}

function takeWanted(stage: Stage, job: GridJob, volunteerId: VolunteerId): number | null {
  return stage.wants.take(volunteerId, (index) => {
    const open = stage.open.get(index);
    if (!open) return "drop";
    if (isHolder(open.task, volunteerId)) return "skip";
    open.asked -= 1;
    const judgement = judge(open.task, job.policy);
    return judgement.type === "wait" && judgement.missing > open.asked ? "take" : "drop";
  });
}

function takeFresh(stage: Stage): number | null {
  while (stage.cursor < stage.taskCount) {
    const index = stage.cursor++;
    if (!stage.accepted.has(index) && !stage.open.has(index)) return index;
  }
  return null;
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
  const open = stage.open.get(index) ?? { task: NEW_TASK, asked: 0 };
  stage.open.set(index, open);
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
  const judgement = judge(open.task, job.policy);
  if (judgement.type !== "wait") return;
  for (; open.asked < judgement.missing; open.asked++) {
    stage.wants.push(index);
    grid.hasNewWork = true;
  }
}
