/** Writes down that a volunteer runs a task or pack: what follows from it for the task, its job's share, and the volunteer. What a lease is and how it ends: `leases.ts`. */
import { after, type EpochMs } from "../protocol/ids";
import { useAllowance } from "./allowance";
import { askForCopies } from "./ask-for-copies";
import type { Grid, GridJob, GridVolunteer, Stage } from "./grid";
import { forgetUncounted } from "./late-answers";
import { grantLease } from "./leases";
import { notePlaced } from "./locality";
import { openTask } from "./open-task";
import type { TaskSpan } from "./packs";
import { placeAgain } from "./placing";
import { watchPace } from "./tail";
import { advanceTask, copyOf } from "./task";

/**
 * Writes down that this volunteer runs the task or pack, and asks for the further copies that it needs.
 *
 * @returns What the job was charged for it, in milliseconds.
 */
export function lease(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  { index, count }: TaskSpan,
  volunteer: GridVolunteer,
  now: EpochMs,
): number {
  const open = openTask(job, stage, { index, count });
  // A task costs something, however fast it is: a turn has to end.
  const chargedMs = Math.max(count * stage.cost.meanMs, 0.1);
  notePlaced(grid, stage, index, count, volunteer.id);
  grid.shares.charge(job.id, chargedMs);
  open.isChecked ||= job.validator.drawCheck(volunteer.id);
  forgetUncounted(open, volunteer.id);
  open.task = advanceTask(open.task, {
    type: "leased",
    volunteerId: volunteer.id,
    place: placeAgain(copyOf(open.task, volunteer.id), volunteer),
    at: now,
  });
  useAllowance(job, volunteer.id, now);
  grantLease(grid, job, stage, volunteer, count, {
    type: "run",
    volunteerId: volunteer.id,
    taskId: open.id,
    mentionBy: after(now, grid.policy.silenceMs),
    leasedAt: now,
    chargedMs,
    deadlineTimer: null,
    paceTimer: null,
    check: null,
  });
  askForCopies(grid, job, stage, index, now);
  watchPace(grid, job, stage, index);
  return chargedMs;
}
