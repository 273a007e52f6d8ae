/**
 * Errors that fewer than three volunteers have seen. They wait for others to see them too, as long as there is anybody who could; a
 * program that is broken still ends its job where there are no three.
 *
 *   seen by a quorum, but not by three ── could anybody else take the task? ── yes ──▶ waits, and is looked at again every 10 s
 *                                                                        └─── no ───▶ is the program's fault
 */
import { after, type EpochMs } from "../protocol/ids";
import { findTask, type FoundTask } from "./find-task";
import type { Grid, GridJob, GridVolunteer, OpenTask, Stage, Unconfirmed } from "./grid";
import { errorOfFew, type ErrorOfFew } from "./judge";
import { barrierFor } from "./offer";
import { isJudged, unfitFor } from "./placing";
import type { Task } from "./task";

/** An idle volunteer takes a task at once; by then, one that has just come has started. */
const LOOK_AGAIN_MS = 10_000;
/** Where none of so many could take a task, who could is rare; then it waits for those that take it before it is looked at again. */
const MOST_LOOKED_AT = 1_000;

/**
 * To be called when a task goes on that may have failed in some volunteers.
 *
 * @returns The error if it has to do, because nobody else could take the task; otherwise another look at it is planned.
 */
export function errorWithoutOthers(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  index: number,
  open: OpenTask,
  now: EpochMs,
): ErrorOfFew | null {
  const few = open.task.state === "open" ? errorOfFew(open.task, job.policy) : null;
  if (few === null) return null;
  // A pack is only taken apart by it: what failed shows when each of its tasks runs by itself.
  if (open.count > 1) return few;
  const isRunning = open.task.copies.some(({ state }) => state === "leased");
  const known = stage.unconfirmed.get(index);
  if (!isRunning && !couldOthersTake(grid, job, stage, index, open.task, known?.isLate ?? false)) return few;
  if (!known) waitForOthers(grid, stage, index, { taskId: open.id, isLate: false }, now);
  return null;
}

function waitForOthers(
  grid: Grid,
  stage: Stage,
  index: number,
  unconfirmed: Unconfirmed,
  now: EpochMs,
): void {
  stage.unconfirmed.set(index, unconfirmed);
  grid.unconfirmed.set(after(now, LOOK_AGAIN_MS), unconfirmed);
}

/** The tasks that have waited long enough to be looked at again, and are not decided. */
export function takeWaitedFor(grid: Grid, now: EpochMs): FoundTask[] {
  return grid.unconfirmed.takePassed(now).flatMap((unconfirmed) => {
    const found = findTask(grid, unconfirmed.taskId);
    if (found?.stage.unconfirmed.get(found.index) !== unconfirmed) return [];
    unconfirmed.isLate = true;
    grid.unconfirmed.set(after(now, LOOK_AGAIN_MS), unconfirmed);
    return [found];
  });
}

/** What volunteers that were asked for have yet to say about one of the job's tasks; null when none waits for that. O(1). */
export function unconfirmedIn(job: GridJob, stage: Stage): (ErrorOfFew & Pick<Unconfirmed, "taskId">) | null {
  const [first] = stage.unconfirmed;
  const task = first && stage.open.get(first[0])?.task;
  const few = task ? errorOfFew(task, job.policy) : null;
  return first && few ? { ...few, taskId: first[1].taskId } : null;
}

/** O(1) where most volunteers could; never more than MOST_LOOKED_AT are looked at. */
function couldOthersTake(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  index: number,
  task: Task,
  isLate: boolean,
): boolean {
  // After a restart, nobody has come back yet.
  if (grid.volunteers.size === 0) return !isLate;
  let looked = 0;
  for (const volunteer of likelyOnes(grid, job)) {
    looked += 1;
    if (looked > MOST_LOOKED_AT) return !isLate;
    // Whose line is broken may be back in a moment.
    const isThere = !isLate || (volunteer.presence.state === "connected" && isAtWork(volunteer));
    if (isThere && couldHave(grid, job, stage, index, task, volunteer)) return true;
  }
  return false;
}

/** Who is at work on the job suits it. */
function* likelyOnes({ volunteers }: Grid, { atWork }: GridJob): Generator<GridVolunteer> {
  for (const id of atWork.keys()) {
    const volunteer = volunteers.get(id);
    if (volunteer) yield volunteer;
  }
  yield* volunteers.values();
}

/** Whose slots were stopped neither asks nor has anything. */
const isAtWork = ({ wanted, leases }: GridVolunteer) => wanted > 0 || leases.size > 0;

/** Though perhaps not now: it may have enough to do, or the job as many volunteers as it may have. */
function couldHave(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  index: number,
  task: Task,
  volunteer: GridVolunteer,
): boolean {
  if (unfitFor(grid, job, task, volunteer) !== null || isJudged(stage, index, volunteer)) return false;
  const barrier = barrierFor(job, volunteer);
  return barrier === null || barrier === "volunteer-limit";
}
