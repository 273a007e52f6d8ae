/**
 * Tasks that nobody has had: whether a stage has some left, and which of them a volunteer begins with, as a pack if they are small.
 *
 * `Stage.cursor` passes over each task once; fresh ones behind it are those kept back for who holds their blocks (`locality.ts`).
 */
import type { EpochMs } from "../protocol/ids";
import type { Grid, GridJob, GridVolunteer, Stage } from "./grid";
import { hasKept, keptTask, localTask, passHeldBlocks } from "./locality";
import { isFreeAt, packSize, type TaskSpan } from "./packs";

/** True when some task was never handed out. O(1) amortised. */
export function hasFresh(stage: Stage): boolean {
  return isFreshAtCursor(stage) || hasKept(stage);
}

/** The cursor stands at the first fresh task from it on then. */
function isFreshAtCursor(stage: Stage): boolean {
  while (stage.cursor < stage.taskCount) {
    if (isFreeAt(stage, stage.cursor)) return true;
    stage.cursor += 1;
  }
  return false;
}

/** A task that nobody has had: first of a block that the volunteer holds, then of one that nobody holds. */
export function takeFresh(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  volunteer: GridVolunteer,
  now: EpochMs,
): TaskSpan | null {
  if (!hasFresh(stage)) return null;
  const task =
    localTask(grid, stage, volunteer.id) ??
    keptTask(grid, stage, now, false) ??
    (passHeldBlocks(grid, stage, now) ? stage.cursor : null);
  return freshSpan(grid, job, stage, volunteer, task);
}

export function freshSpan(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  volunteer: GridVolunteer,
  index: number | null,
): TaskSpan | null {
  if (index === null) return null;
  const span = { index, count: packSize(grid, job, stage, volunteer, index) };
  if (index === stage.cursor) stage.cursor += span.count;
  return span;
}
