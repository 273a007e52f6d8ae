/**
 * Takes a task that others have begun and that wants one copy more, for one volunteer.
 *
 *   takeBegun     kept back for this volunteer, then wanted of anybody, then kept back for others long enough, then overdue (`tail.ts`)
 *   takeKeptBack  kept back for others, be it fresh, for a volunteer that would have nothing to do (`locality.ts`)
 *   takeUnmixed   still to be mixed with more (`mixing.ts`)
 *
 * In which order these are asked for: `take-turn.ts`.
 */
import type { EpochMs } from "../protocol/ids";
import { freshSpan } from "./fresh-tasks";
import type { Grid, GridJob, GridVolunteer, Stage } from "./grid";
import { isStarving, keptTask, localWant, takeWithheld } from "./locality";
import { takeMixed } from "./mixing";
import type { TaskSpan } from "./packs";
import { overdueDecision } from "./tail";
import { countingDrops, wantDecision } from "./want-decision";

/** What others have begun: first what is kept back for this volunteer, last what was kept back for others long enough. */
export function takeBegun(
  grid: Grid,
  stage: Stage,
  job: GridJob,
  volunteer: GridVolunteer,
  now: EpochMs,
): TaskSpan | null {
  if (stage.wants.size === 0 && stage.overdue.size === 0 && !stage.locality) return null;
  const decide = wantDecision(grid, stage, job, volunteer);
  const own = localWant(grid, stage, volunteer.id, decide);
  if (own !== null) return spanAt(stage, own);
  const counting = countingDrops(stage, decide);
  const wanted =
    stage.wants.take(volunteer.place, counting) ??
    takeWithheld(grid, stage, volunteer.place, now, false, counting);
  if (wanted !== null) return askedLess(stage, wanted);
  return spanAt(stage, stage.overdue.take(volunteer.place, overdueDecision(grid, job, stage, volunteer)));
}

/** What is kept back for others, before a slot of this volunteer has nothing to do. */
export function takeKeptBack(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  volunteer: GridVolunteer,
  mayShare: boolean,
  now: EpochMs,
): TaskSpan | null {
  if (!stage.locality || !isStarving(volunteer)) return null;
  const decide = countingDrops(stage, wantDecision(grid, stage, job, volunteer));
  const wanted = mayShare ? takeWithheld(grid, stage, volunteer.place, now, true, decide) : null;
  if (wanted !== null) return askedLess(stage, wanted);
  return freshSpan(grid, job, stage, volunteer, keptTask(grid, stage, now, true));
}

/** What was to be mixed with more, before the volunteer has nothing to do. */
export function takeUnmixed(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  volunteer: GridVolunteer,
): TaskSpan | null {
  if (stage.mixing.length === 0) return null;
  const decide = countingDrops(stage, wantDecision(grid, stage, job, volunteer));
  const index = takeMixed(grid, stage, decide);
  return index === null ? null : askedLess(stage, index);
}

/** An entry of a log was taken. */
function askedLess(stage: Stage, index: number): TaskSpan {
  const open = stage.open.get(index);
  if (open) open.asked -= 1;
  return { index, count: open?.count ?? 1 };
}

function spanAt(stage: Stage, index: number | null): TaskSpan | null {
  return index === null ? null : { index, count: stage.open.get(index)?.count ?? 1 };
}
