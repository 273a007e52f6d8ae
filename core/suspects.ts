/**
 * Volunteers that were outvoted in some job, whatever its policy: for a while no job believes them alone, and what others
 * believed them alone is computed again.
 *
 * A job whose program gives everybody another answer outvotes everybody. It convicts nobody any more once it has outvoted more
 * than a third of the volunteers it compared: a submitter's mistake must not cost honest volunteers their trust everywhere.
 */
import { after, type EpochMs, type VolunteerId } from "../protocol/ids";
import { voteOf } from "./compare";
import { currentStage, type Grid, type GridJob } from "./grid";
import type { Effect } from "./grid-events";
import { isReturned } from "./judge";
import { reopen } from "./settle-task";
import type { Task } from "./task";
import type { Acceptance } from "./validator";

/** Volunteers of one job. */
export interface Tally {
  compared: Set<VolunteerId>;
  outvoted: Set<VolunteerId>;
}

/** A job convicts while at most one volunteer in so many was outvoted. */
const OUTVOTED_AT_MOST = 3;

/** How much later a catch has to be than the one before to be told again. */
const RENEW_MS = 3_600_000;

/**
 * Convicts those whose answers differ from one on which two or more agree.
 *
 * @returns Also what is in doubt by that in the running stages of other jobs.
 */
export function convictOutvoted(
  grid: Grid,
  job: GridJob,
  task: Task,
  { output, valid }: Acceptance,
  now: EpochMs,
): Effect[] {
  if (valid.length < 2) return [];
  const liars = task.copies
    .filter(isReturned)
    .filter((copy) => voteOf(copy) !== voteOf(output))
    .map(({ volunteerId }) => volunteerId);
  const { compared, outvoted } = job.tally;
  for (const { volunteerId } of valid) compared.add(volunteerId);
  for (const volunteerId of liars) {
    compared.add(volunteerId);
    outvoted.add(volunteerId);
  }
  if (outvoted.size * OUTVOTED_AT_MOST > compared.size) return [];
  return liars.flatMap((volunteerId) => convict(grid, job, volunteerId, now));
}

/** Lets suspicions pass. O(those that pass). */
export function clearSuspects({ suspects }: Grid, now: EpochMs): void {
  for (const [volunteerId, until] of suspects) {
    if (until > now) return;
    suspects.delete(volunteerId);
  }
}

function convict(grid: Grid, job: GridJob, volunteerId: VolunteerId, now: EpochMs): Effect[] {
  const until = after(now, grid.policy.recheckWindowMs);
  const before = grid.suspects.get(volunteerId);
  if (before !== undefined && until - before < RENEW_MS) return [];
  // Puts it last, so that the first is the one that is over soonest.
  grid.suspects.delete(volunteerId);
  grid.suspects.set(volunteerId, until);
  const caught: Effect = { type: "volunteer-caught", volunteerId, jobId: job.id, at: now };
  const others = [...grid.jobs.values()].filter((other) => other !== job);
  return [
    caught,
    ...others.flatMap((other) =>
      reopen(grid, other, currentStage(other), other.validator.distrust(volunteerId), now),
    ),
  ];
}
