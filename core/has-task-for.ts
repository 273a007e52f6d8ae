/**
 * Whether there is a task in a job that a volunteer may take, and what keeps one from it, without taking any.
 *
 * `hasTaskFor` is for those who hand out: on its way it drops entries that nobody needs. Everything else here is for those who
 * only ask, and changes nothing.
 */
import { hasFresh } from "./fresh-tasks";
import { currentStage, type Grid, type GridJob, type GridVolunteer, type OpenTask, type Stage } from "./grid";
import { hasWithheld, wouldFindWithheld } from "./locality";
import { hasMixed } from "./mixing";
import { fits } from "./offer";
import { unfitFor } from "./placing";
import { overdueDecision } from "./tail";
import type { Place } from "./task";
import { countingDrops, isWanted, wantDecision } from "./want-decision";
import type { WantDecision } from "./want-log";

export function hasTaskFor(grid: Grid, job: GridJob, volunteer: GridVolunteer): boolean {
  const stage = currentStage(job);
  const { place } = volunteer;
  const decide = wantDecision(grid, stage, job, volunteer);
  const counting = countingDrops(stage, decide);
  if (stage.wants.has(place, counting) || hasFresh(stage) || hasWithheld(stage, place, counting)) return true;
  // These stay where they are, also those that nobody needs.
  if (hasMixed(stage, decide)) return true;
  return stage.overdue.has(place, overdueDecision(grid, job, stage, volunteer));
}

/** As `hasTaskFor`, for those who only ask: nothing is changed by it. */
export function wouldHaveTaskFor(grid: Grid, job: GridJob, volunteer: GridVolunteer): boolean {
  const stage = currentStage(job);
  const { place } = volunteer;
  if (wouldFindWanted(stage, place, wantDecision(grid, stage, job, volunteer))) return true;
  return stage.overdue.wouldFind(place, overdueDecision(grid, job, stage, volunteer));
}

/** True when a task of the job wants a copy more, though perhaps of nobody who is there. For those who only ask. */
export function lacksCopies(job: GridJob): boolean {
  return wouldFindLacking(job, () => true);
}

/** True when the volunteer could have a copy of a pack, if more copies of the job might be out at once. For those who only ask. */
export function lacksRoom(grid: Grid, job: GridJob, volunteer: GridVolunteer): boolean {
  const isFit = (open: OpenTask) => unfitFor(grid, job, open.task, volunteer) === null;
  return wouldFindLacking(job, (open) => !fits(job, open.count) && isFit(open));
}

function wouldFindLacking(job: GridJob, isIt: (open: OpenTask) => boolean): boolean {
  const stage = currentStage(job);
  return wouldFindWanted(stage, NOWHERE, (index, round) => {
    const open = stage.open.get(index);
    return open?.round === round && isWanted(job, open) && isIt(open) ? "take" : "skip";
  });
}

/** Where nobody has read anything from. */
const NOWHERE: Place = { address: null, account: null, arithmetic: null };

function wouldFindWanted(stage: Stage, reader: Place, decide: WantDecision<number>): boolean {
  if (stage.wants.wouldFind(reader, decide) || hasFresh(stage)) return true;
  return wouldFindWithheld(stage, reader, decide) || hasMixed(stage, decide);
}
