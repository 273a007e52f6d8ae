/**
 * One turn of a volunteer at one job: what it is given before it is the next job's turn.
 *
 *   a task it is checked by ──▶ begun by others ──▶ fresh ──▶ kept back for others ──▶ to be mixed with more
 *
 * Each is looked for only when there is nothing of what comes before it. Which job is next is decided in `hand-out.ts`.
 */
import type { EpochMs } from "../protocol/ids";
import { hasHadShare } from "./allowance";
import { hasFresh, takeFresh } from "./fresh-tasks";
import { currentStage, type Grid, type GridJob, type GridVolunteer } from "./grid";
import { lease } from "./lease-task";
import { hasRoom } from "./leases";
import { isFull, isOnOffer, mayWorkOn } from "./offer";
import type { TaskSpan } from "./packs";
import { drawKnown, leaseKnown } from "./spot-checks";
import { leavesLastTasks } from "./tail";
import { takeBegun, takeKeptBack, takeUnmixed } from "./take-begun";

/** Computing time that a volunteer is given of one job before it is the next one's turn: another job costs its slot a new worker, and its volunteer a report. */
const TURN_MS = 1_000;

/** What a volunteer was given of one job. */
export interface Taken {
  readonly job: GridJob;
  readonly spans: TaskSpan[];
  /** Those of the spans that it is checked by. */
  readonly checks: TaskSpan[];
}

export function takeTurn(grid: Grid, job: GridJob, volunteer: GridVolunteer, now: EpochMs): Taken {
  const stage = currentStage(job);
  const taken: Taken = { job, spans: [], checks: [] };
  if (!isOnOffer(job) || !mayWorkOn(job, volunteer)) return taken;
  for (let leftMs = TURN_MS + volunteer.paceMs; leftMs > 0 && mayTake(grid, volunteer) && !isFull(job);) {
    if (leavesLastTasks(grid, job, stage, volunteer) || isHeldBack(grid, job, volunteer)) break;
    const known = hasFresh(stage) ? drawKnown(grid, job, stage, volunteer) : null;
    const mayShare = !hasHadShare(grid, job, volunteer);
    const span =
      known ??
      (mayShare ? takeBegun(grid, stage, job, volunteer, now) : null) ??
      takeFresh(grid, job, stage, volunteer, now) ??
      takeKeptBack(grid, job, stage, volunteer, mayShare, now) ??
      (mayShare ? takeUnmixed(grid, job, stage, volunteer) : null);
    if (span === null) break;
    taken.spans.push({ index: span.index, count: span.count });
    if (known) taken.checks.push(known);
    volunteer.wanted -= 1;
    leftMs -= known
      ? leaseKnown(grid, job, stage, known, volunteer, now)
      : lease(grid, job, stage, span, volunteer, now);
  }
  return taken;
}

/** True when the volunteer has had its share of the job's votes for now, and nothing else is to be had: fresh tasks are for who is proven. */
export function isHeldBack(grid: Grid, job: GridJob, volunteer: GridVolunteer): boolean {
  if (!hasHadShare(grid, job, volunteer)) return false;
  return !job.validator.isProven(volunteer.id) || !hasFresh(currentStage(job));
}

export function mayTake(grid: Grid, volunteer: GridVolunteer): boolean {
  return volunteer.wanted > 0 && hasRoom(grid, volunteer);
}
