/** Takes what a volunteer reports, outcome by outcome, and gives it what it asks for. */
import { type EpochMs, type TaskId, type VolunteerId } from "../protocol/ids";
import type { Answer } from "../protocol/messages/report";
import { classified } from "./compare";
import { takeBreak } from "./breaks";
import { findTask, type FoundTask } from "./find-task";
import type { Grid, GridJob, GridVolunteer, Stage } from "./grid";
import type { Effect, GridEvent, ReportedOutcome } from "./grid-events";
import { handOut, handOutToHungry, setWanted } from "./hand-out";
import { openTask } from "./open-task";
import { forgetUncounted, isStale, mayAnswer, noteUncounted, takeLate, takeUnanswered } from "./late-answers";
import { endLease, forgetRevoked } from "./leases";
import { isFree } from "./packs";
import { isJudged, noteJudged, placeAgain, unfitFor } from "./placing";
import { loseCopy } from "./presence";
import { quotaAfterError, quotaAfterOutput } from "./quota";
import { settleAfterReport } from "./settle-grown";
import { reopen } from "./reopen-tasks";
import { answerFor, settleTask } from "./settle-task";
import { checkOf, takeChecked, type KnownTask } from "./spot-checks";
import { convictOutvoted } from "./suspects";
import { setHungry } from "./tail";
import { advanceTask, copyOf, NEW_TASK, type Copy, type EndedCopy } from "./task";

export function takeReport(
  grid: Grid,
  { volunteerId, outcomes, want }: Extract<GridEvent, { type: "reported" }>,
  now: EpochMs,
): Effect[] {
  const volunteer = grid.volunteers.get(volunteerId);
  if (!volunteer) return [{ type: "answered", answers: outcomes.map(() => "done" as const) }];
  volunteer.paceMs = grid.paceMs;
  const effects: Effect[] = [];
  for (const outcome of outcomes) effects.push(...takeOutcome(grid, volunteer, outcome, now));
  forgetRevoked(volunteer, now);
  setWanted(grid, volunteer, volunteer.wanted + want);
  // After all of them: one outcome may end the job that another one waits in.
  effects.push({
    type: "answered",
    answers: outcomes.map(({ taskId }) => answerTo(grid, volunteerId, taskId)),
  });
  // Before anybody is given another copy of what needs no more.
  effects.push(...settleAfterReport(grid, outcomes, now));
  if (outcomes.some(isBreak)) {
    // What ended its worker, or filled its tab, is for somebody else to try before it is its own again.
    setHungry(grid, volunteerId, false);
    effects.push(...handOutToHungry(grid, now));
  }
  effects.push(...handOut(grid, volunteerId, now));
  return effects;
}

function answerTo(grid: Grid, volunteerId: VolunteerId, taskId: TaskId): Answer {
  const found = findTask(grid, taskId);
  return found?.open ? answerFor(found.open.task, volunteerId) : "done";
}

function takeOutcome(grid: Grid, volunteer: GridVolunteer, outcome: ReportedOutcome, now: EpochMs): Effect[] {
  const found = findTask(grid, outcome.taskId);
  const unanswered = takeUnanswered(grid, volunteer, outcome.taskId);
  if (outcome.type === "released") {
    const { taskId, reason } = outcome;
    return reason === "stopped"
      ? loseCopy(grid, volunteer, taskId, now)
      : takeBreak(grid, volunteer, taskId, reason, now);
  }
  // The task may have been the last one of its stage, or of its job.
  if (!found) return takeLate(volunteer, outcome, endedCopy(outcome, volunteer), unanswered, now);
  const { job, stage, index, count } = found;
  const check = checkOf(volunteer, outcome.taskId);
  if (check) return takeCheck(grid, job, stage, volunteer, outcome, check, now);
  if (stage.accepted.has(index)) {
    const late = takeLate(volunteer, outcome, endedCopy(outcome, volunteer), unanswered, now);
    if (late.some(isValid)) noteJudged(job, stage, index, [volunteer.id]);
    return late;
  }
  if (isJudged(stage, index, volunteer)) return [];
  const before = copyOf(found.open?.task ?? NEW_TASK, volunteer.id);
  // Who was never given a task has no say in it: colluders must not choose where they vote.
  if (!before && !(job.isRestored && outcome.given)) return [];
  // Its tasks may have been given out anew since, in other packs.
  if (!found.open && !isFree(stage, found)) return [];
  if (outcome.type === "error" && before?.state !== "leased" && !wantsCopy(found))
    return noteLateError(volunteer, outcome, before, now);
  const isOut = before !== undefined && before.state !== "lost";
  const place = isOut ? before.place : placeAgain(before, volunteer);
  const answer = endedCopy(outcome, volunteer, place);
  const isOfOldInput = before === undefined && isStale(found.open);
  if (!isOut && (isOfOldInput || !mayAnswer(grid, found, volunteer)))
    return noteUncounted(found.open, outcome.taskId, answer, outcome.given?.leasedAt ?? null, now);
  const open = openTask(job, stage, { index, count });

  const copy = classified(open.task, answer, job.policy.compare);
  const task = advanceTask(open.task, { type: "ended", copy });
  if (task === open.task) return [];
  open.task = task;
  forgetUncounted(open, volunteer.id);
  noteQuota(grid, volunteer, job, outcome);
  const { elapsedMs, type } = outcome;
  endLease(grid, job, stage, volunteer, outcome.taskId, now, { elapsedMs, isFailed: type === "error" });
  const leasedAt = before?.state === "leased" ? before.leasedAt : (outcome.given?.leasedAt ?? null);
  const ended: Effect = {
    type: "copy-ended",
    taskId: outcome.taskId,
    copy,
    verdict: "pending",
    leasedAt,
    at: now,
  };
  return [ended, ...settleTask(grid, job, stage, index, volunteer.id, now)];
}

/** True when a further copy of an open task would be handed out. */
function wantsCopy({ job, open }: FoundTask): boolean {
  const judgement = job.validator.judge(open?.task ?? NEW_TASK, open?.isChecked ?? false);
  return judgement.type === "wait" && judgement.missing > 0;
}

/**
 * The copy was taken back, and others have it: what its tab made of being stopped, or of the sleep that it was taken back for, is no
 * vote for failing the task. It goes into the audit trail.
 */
function noteLateError(
  volunteer: GridVolunteer,
  outcome: Extract<ReportedOutcome, { type: "error" }>,
  before: Copy | undefined,
  now: EpochMs,
): Effect[] {
  if (before?.state !== "lost") return [];
  const { taskId } = outcome;
  const copy = endedCopy(outcome, volunteer);
  return [{ type: "copy-ended", taskId, copy, verdict: "late", leasedAt: null, at: now }];
}

/** The answer of a volunteer that was checked by a task whose output is known. */
function takeCheck(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  volunteer: GridVolunteer,
  outcome: Exclude<ReportedOutcome, { type: "released" }>,
  check: KnownTask,
  now: EpochMs,
): Effect[] {
  const copy = endedCopy(outcome, volunteer);
  const { taskId } = outcome;
  // Others may be at it by now, beside whom it has no say; or it has moved to the address of one of them.
  const task = stage.open.get(check.index)?.task ?? { state: "open", copies: check.copies };
  if (unfitFor(grid, job, task, volunteer) !== null)
    return takeUnfitCheck(grid, job, stage, volunteer, outcome, check, copy, now);
  noteQuota(grid, volunteer, job, outcome);
  const checked = takeChecked(grid, job, stage, volunteer, taskId, check, copy, now);
  const { effects, doubts, acceptance } = checked;
  if (acceptance !== null) {
    const task = { state: "open", copies: [...acceptance.valid, copy] } as const;
    effects.push(...convictOutvoted(grid, job, taskId, task, acceptance, now));
  }
  effects.push(...reopen(grid, job, stage, doubts, now));
  const open = stage.open.get(check.index);
  if (acceptance !== null || !open) return effects;
  // Its answer is one vote among those that led to the doubt.
  open.task = advanceTask(open.task, { type: "ended", copy });
  return [...effects, ...settleTask(grid, job, stage, check.index, volunteer.id, now)];
}

const isBreak = (outcome: ReportedOutcome) => outcome.type === "released" && outcome.reason !== "stopped";

/** It teaches nothing of anybody, and is paid like any late answer. */
function takeUnfitCheck(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  volunteer: GridVolunteer,
  outcome: Exclude<ReportedOutcome, { type: "released" }>,
  { index, copies: [{ digest }] }: KnownTask,
  copy: EndedCopy,
  now: EpochMs,
): Effect[] {
  const { taskId, elapsedMs, type } = outcome;
  endLease(grid, job, stage, volunteer, taskId, now, { elapsedMs, isFailed: type === "error" });
  const open = stage.open.get(index);
  if (open) return noteUncounted(open, taskId, copy, null, now);
  const late = takeLate(volunteer, outcome, copy, { digest }, now);
  if (late.some(isValid)) noteJudged(job, stage, index, [volunteer.id]);
  return late;
}

const isValid = (effect: Effect) => effect.type === "copy-ended" && effect.verdict === "valid";

function noteQuota(grid: Grid, volunteer: GridVolunteer, { id }: GridJob, { type }: ReportedOutcome): void {
  volunteer.quota =
    type === "error"
      ? quotaAfterError(volunteer.quota, id, volunteer.leases.size)
      : quotaAfterOutput(volunteer.quota, grid.policy.tasksHeld);
}

/** @param place Where it was given out, while it is: who goes elsewhere with it makes its task no fitter for those it has left. */
function endedCopy(
  outcome: Exclude<ReportedOutcome, { type: "released" }>,
  { id: volunteerId, place: placeNow }: GridVolunteer,
  place = placeNow,
): Exclude<EndedCopy, { state: "lost" }> {
  const { elapsedMs } = outcome;
  if (outcome.type === "error")
    return { state: "failed", volunteerId, place, error: outcome.error, elapsedMs };
  const { digest, parts, bytesHere } = outcome;
  return { state: "returned", volunteerId, place, digest, parts, bytesHere, elapsedMs };
}
