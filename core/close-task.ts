/** Ends a task that is decided, for the grid and for those who still have a copy of it. */
import type { EpochMs, TaskId, VolunteerId } from "../protocol/ids";
import type { Accepted, Grid, GridJob, Stage } from "./grid";
import type { Effect } from "./grid-events";
import { endLease, revokeLease } from "./leases";
import { closeSpan } from "./packs";
import { advanceTask, type Copy } from "./task";

/** Takes an accepted task out of the open ones, and tells those who still have a copy of it. */
export function closeTask(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  index: number,
  accepted: Accepted,
  reporter: VolunteerId | null,
  now: EpochMs,
): Effect[] {
  const open = stage.open.get(index);
  if (!open) return [];
  const effects = open.task.copies.flatMap((copy) =>
    release(grid, job, stage, open.id, copy, accepted, reporter, now),
  );
  open.task = advanceTask(open.task, { type: "accepted", digest: accepted.digest });
  closeSpan(stage, { index, count: open.count });
  stage.accepted.addAll(index, open.count);
  return effects;
}

/** Tells the others that nobody waits for their copy any more. */
function release(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  taskId: TaskId,
  copy: Copy,
  accepted: Accepted,
  reporter: VolunteerId | null,
  now: EpochMs,
): Effect[] {
  const { volunteerId } = copy;
  const volunteer = grid.volunteers.get(volunteerId);
  if (!volunteer) return [];
  if (copy.state === "leased") {
    revokeLease(grid, job, stage, volunteer, taskId, accepted, now);
    const { leasedAt, place } = copy;
    // For the audit trail: unless its output comes all the same, this is all there is of it.
    const lost = { state: "lost", volunteerId, ...(place && { place }) } as const;
    return [
      { type: "copy-ended", taskId, copy: lost, verdict: "none", leasedAt, at: now },
      { type: "revoke", volunteerId, taskIds: [taskId] },
    ];
  }
  endLease(grid, job, stage, volunteer, taskId, now);
  if (volunteerId === reporter) return [];
  const isHeld = copy.state === "returned" && !copy.bytesHere;
  return isHeld ? [{ type: "settle", volunteerId, taskId, answer: "done" }] : [];
}
