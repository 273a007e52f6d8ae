/** Takes what a volunteer reports, outcome by outcome, and gives it what it asks for. */
import type { EpochMs, VolunteerId } from "../protocol/ids";
import type { Answer } from "../protocol/messages/report";
import { findTask } from "./find-task";
import type { Grid, GridVolunteer } from "./grid";
import type { Effect, GridEvent, ReportedOutcome } from "./grid-events";
import { handOut } from "./hand-out";
import { endLease } from "./leases";
import { loseCopy } from "./presence";
import { answerFor, settleTask } from "./settle-task";
import { advanceTask, copyOf, NEW_TASK, type EndedCopy } from "./task";

export function takeReport(
  grid: Grid,
  { volunteerId, outcomes, want }: Extract<GridEvent, { type: "reported" }>,
  now: EpochMs,
): Effect[] {
  const volunteer = grid.volunteers.get(volunteerId);
  if (!volunteer) return [{ type: "answered", answers: outcomes.map(() => "done" as const) }];
  const taken = outcomes.map((outcome) => takeOutcome(grid, volunteer, outcome, now));
  volunteer.wanted = Math.min(volunteer.wanted + want, grid.policy.tasksHeld);
  return [
    ...taken.flatMap(({ effects }) => effects),
    { type: "answered", answers: taken.map(({ answer }) => answer) },
    ...handOut(grid, volunteerId, now),
  ];
}

interface Taken {
  answer: Answer;
  effects: Effect[];
}

const IGNORED: Taken = { answer: "done", effects: [] };

function takeOutcome(grid: Grid, volunteer: GridVolunteer, outcome: ReportedOutcome, now: EpochMs): Taken {
  const found = findTask(grid, outcome.taskId);
  if (!found) return IGNORED;
  if (outcome.type === "released") {
    return { answer: "done", effects: loseCopy(grid, volunteer, outcome.taskId, now) };
  }
  const { job, stage, index } = found;
  if (stage.accepted.has(index)) return takeLate(volunteer, outcome, now);
  const open = stage.open.get(index) ?? { task: NEW_TASK, asked: 0 };
  const before = copyOf(open.task, volunteer.id);
  // Who was never given a task has no say in it: colluders must not choose where they vote.
  if (!before && !job.isRestored) return IGNORED;

  const copy = endedCopy(outcome, volunteer.id);
  const task = advanceTask(open.task, { type: "ended", copy });
  if (task === open.task) return { answer: answerFor(task, volunteer.id), effects: [] };
  open.task = task;
  stage.open.set(index, open);
  endLease(job, stage, volunteer, outcome.taskId);
  const leasedAt = before?.state === "leased" ? before.leasedAt : null;
  const ended: Effect = {
    type: "copy-ended",
    taskId: outcome.taskId,
    copy,
    verdict: "pending",
    leasedAt,
    at: now,
  };
  const effects = [ended, ...settleTask(grid, job, stage, index, volunteer.id, now)];
  return { answer: answerFor(open.task, volunteer.id), effects };
}

/** An output for a task that was decided without it goes into the audit trail, if it had been given out. */
function takeLate(
  volunteer: GridVolunteer,
  outcome: Exclude<ReportedOutcome, { type: "released" }>,
  now: EpochMs,
): Taken {
  if (!volunteer.revoked.delete(outcome.taskId)) return IGNORED;
  const copy = endedCopy(outcome, volunteer.id);
  const { taskId } = outcome;
  return {
    answer: "done",
    effects: [{ type: "copy-ended", taskId, copy, verdict: "late", leasedAt: null, at: now }],
  };
}

function endedCopy(
  outcome: Exclude<ReportedOutcome, { type: "released" }>,
  volunteerId: VolunteerId,
): EndedCopy {
  const { elapsedMs } = outcome;
  if (outcome.type === "error") return { state: "failed", volunteerId, error: outcome.error, elapsedMs };
  const { digest, parts, bytesHere } = outcome;
  return { state: "returned", volunteerId, digest, parts, bytesHere, elapsedMs };
}
