/** Puts accepted tasks to the vote again. */
import type { EpochMs } from "../protocol/ids";
import type { Grid, GridJob, Stage } from "./grid";
import type { Effect } from "./grid-events";
import { askForCopies } from "./ask-for-copies";
import { beginTask } from "./open-task";
import type { ReturnedCopy } from "./task";
import type { Doubt } from "./validator";

/** Opens accepted tasks again; what they were accepted by is one vote among those to come. */
export function reopen(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  doubts: readonly Doubt[],
  now: EpochMs,
): Effect[] {
  return doubts.map(({ index, digest, copies, isChecked, reason }) => {
    stage.accepted.delete(index);
    const task = { state: "open", copies: copies.map((copy) => placed(grid, copy)) } as const;
    const doubted = { digest, volunteerIds: copies.map(({ volunteerId }) => volunteerId) };
    const open = beginTask(job, stage, { index, count: 1 }, task, doubted);
    open.isChecked = isChecked;
    askForCopies(grid, job, stage, index, now);
    return { type: "task-doubted", taskId: open.id, reason, at: now };
  });
}

/**
 * Where it ran is not kept of an answer. Of those who are here it is where they are now: nobody beside them, or of another engine, is to look
 * at it again; of the others it is known whose devices they are.
 */
function placed({ volunteers, accounts }: Grid, copy: ReturnedCopy): ReturnedCopy {
  const account = accounts.get(copy.volunteerId) ?? null;
  const away = account && { address: null, account, arithmetic: null };
  const place = copy.place ?? volunteers.get(copy.volunteerId)?.place ?? away;
  return place ? { ...copy, place } : copy;
}
