/** Ends a task of which no output is to be had: its job fails, goes on without it, or hands its pack out in smaller ones. */
import { taskIdParts, type EpochMs, type VolunteerId } from "../protocol/ids";
import type { JobFailure } from "../protocol/views";
import type { Grid, GridJob, OpenTask, Stage } from "./grid";
import type { Effect } from "./grid-events";
import { disagreementIn } from "./compare";
import type { ErrorOfFew, Judgement } from "./judge";
import { unpack } from "./packs";
import { exonerateAbsent, exonerated } from "./quota";
import { leaveUnresolved } from "./recheck";
import { skipTask } from "./skip-task";
import { advanceTask, type Task } from "./task";
import { closeTask } from "./close-task";
import { endJob } from "./end-job";
import { finishIfDone } from "./finish-stage";

type GivenUp = Extract<Judgement, { type: "give-up" }>;

/** The judgement of an error that all have who could have had the task. */
export const programError = ({ error }: ErrorOfFew): GivenUp => ({
  type: "give-up",
  reason: "program-error",
  error,
});

/** What the job says is done: `onError` of an error of the program, the end of the job for a vote without a quorum. */
export function giveUp(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  index: number,
  judgement: GivenUp,
  reporter: VolunteerId | null,
  now: EpochMs,
): Effect[] {
  const open = stage.open.get(index);
  if (!open) return [];
  if (job.recheck && open.doubted) {
    leaveUnresolved(job);
    const { digest } = open.doubted;
    const effects = closeTask(grid, job, stage, index, { digest }, reporter, now);
    return [...effects, ...finishIfDone(grid, job, stage, now)];
  }
  if (open.count > 1) return unpack(grid, job, stage, index, open, now);
  const isError = judgement.reason === "program-error";
  if (isError) exonerate(grid, job, open.task);
  // Without what `split` gives there is nothing to go on with.
  if (isError && job.onError !== "fail" && stage.name !== "split")
    return skipTask(grid, job, stage, index, judgement.error, reporter, now);
  open.task = advanceTask(open.task, { type: "gave-up" });
  const failure = failureOf(open, judgement, job);
  return endJob(grid, job, { type: "failed", at: now, failure });
}

/** The error is the program's, so that nobody's quota shrinks by it. */
function exonerate(grid: Grid, job: GridJob, { copies }: Task): void {
  const { tasksHeld } = grid.policy;
  for (const { state, volunteerId } of copies) {
    if (state !== "failed") continue;
    const volunteer = grid.volunteers.get(volunteerId);
    if (!volunteer) exonerateAbsent(grid.quotas, volunteerId, job.id, tasksHeld);
    else volunteer.quota = exonerated(volunteer.quota, job.id, tasksHeld);
  }
}

function failureOf({ id: taskId, task }: OpenTask, reason: GivenUp, { policy }: GridJob): JobFailure {
  const isSplit = taskIdParts(taskId).stage === "split";
  if (reason.reason === "program-error") {
    const { error } = reason;
    const message = isSplit ? `The program's split failed: ${error.message}` : error.message;
    return { code: "program-error", taskId, ...error, message };
  }
  const where = disagreementIn(task, policy.compare);
  const message =
    `${reason.answers} answers came${isSplit ? " of what the program's split yields" : ""} and no quorum of them agrees: is the program deterministic?` +
    (where === null ? "" : ` They differ in ${where}`);
  return { code: "no-agreement", taskId, message, record: null, stack: "" };
}
