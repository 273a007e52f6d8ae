/**
 * Tasks that end the worker they run in, store more than their tab has room for, or read what is lost: given out again and again, they
 * would do that for ever.
 *
 * A worker may also end for other reasons, another tab may have more room, and the right bytes, so one such end is no answer. The third
 * volunteer, or so many times with one, makes it an error like one that the program threw.
 */
import type { EpochMs, TaskId, VolunteerId } from "../protocol/ids";
import { findTask } from "./find-task";
import type { Grid, GridVolunteer, OpenTask } from "./grid";
import type { Effect } from "./grid-events";
import { endLease } from "./leases";
import { unpack } from "./packs";
import { loseCopy } from "./presence";
import { quotaAfterError } from "./quota";
import { settleTask } from "./settle-task";
import { advanceTask, copyOf, type EndedCopy } from "./task";

/** The same words from everybody: errors are compared. */
const ERRORS = {
  broke: told("The task ends its worker whenever it runs: it may need more memory than a tab has"),
  full: told(
    "The task stores more than volunteers' browsers have room for. Use smaller chunks, or export combine",
  ),
  unread: told(
    "The task reads a block that volunteers cannot have: the coordinator does not have it, or has other bytes of it. Submit the job again, with its input",
  ),
};

/** Why a volunteer gives back a task that may be at fault. */
export type BreakReason = keyof typeof ERRORS;

const VOLUNTEERS = 3;
/** A worker may end by chance; what a tab has room for changes little. */
const TIMES: Record<BreakReason, number> = { broke: 5, full: 2, unread: 5 };

/** A volunteer gives a task back that ended the worker it ran in, filled its tab, or cannot be given its input. */
export function takeBreak(
  grid: Grid,
  volunteer: GridVolunteer,
  taskId: TaskId,
  reason: BreakReason,
  now: EpochMs,
): Effect[] {
  const found = findTask(grid, taskId);
  const open = found?.open;
  if (!found || !volunteer.leases.has(taskId)) return [];
  // Others have done it: nobody waits for this one.
  if (!open) return loseCopy(grid, volunteer, taskId, now);
  const { job, stage, index, count } = found;
  if (count > 1) {
    // Which of its tasks it was shows when each runs by itself.
    const lost = loseCopy(grid, volunteer, taskId, now);
    return [...lost, ...(stage.open.get(index) === open ? unpack(grid, job, stage, index, open, now) : [])];
  }
  open.breaks = [...open.breaks, volunteer.id];
  volunteer.quota = quotaAfterError(volunteer.quota, job.id, volunteer.leases.size);
  const blamed = blamedBy(open, volunteer.id, TIMES[reason]);
  if (blamed.length === 0) return loseCopy(grid, volunteer, taskId, now);
  endLease(grid, job, stage, volunteer, taskId, now);
  const effects = blamed.flatMap((volunteerId): Effect[] => {
    const before = copyOf(open.task, volunteerId);
    const isRunning = before?.state === "leased" && volunteerId !== volunteer.id;
    if (isRunning || before?.state === "returned" || before?.state === "failed") return [];
    const failed = { state: "failed", volunteerId, error: ERRORS[reason], elapsedMs: 0 } as const;
    const copy: EndedCopy = before?.place ? { ...failed, place: before.place } : failed;
    open.task = advanceTask(open.task, { type: "ended", copy });
    const leasedAt = before?.state === "leased" ? before.leasedAt : null;
    return [{ type: "copy-ended", taskId, copy, verdict: "pending", leasedAt, at: now }];
  });
  return [...effects, ...settleTask(grid, job, stage, index, volunteer.id, now)];
}

function told(message: string) {
  return { message, stack: "", record: null };
}

/** Whose copies have failed by now; nobody's while the task may not be at fault. */
function blamedBy({ breaks }: OpenTask, latest: VolunteerId, times: number): VolunteerId[] {
  const volunteers = new Set(breaks);
  if (volunteers.size >= VOLUNTEERS) return [...volunteers];
  return breaks.filter((volunteerId) => volunteerId === latest).length >= times ? [latest] : [];
}
