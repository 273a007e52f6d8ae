/** Carries out what `judge` says of a task after one of its copies has changed. */
import {
  after,
  taskIdParts,
  type Digest,
  type EpochMs,
  type TaskId,
  type VolunteerId,
} from "../protocol/ids";
import type { Answer } from "../protocol/messages/report";
import { unreachable } from "../protocol/unreachable";
import type { JobFailure } from "../protocol/views";
import {
  currentStage,
  type Accepted,
  type Doubted,
  type Grid,
  type GridJob,
  type OpenTask,
  type Stage,
} from "./grid";
import type { Effect } from "./grid-events";
import { askForCopies } from "./ask-for-copies";
import { beginTask, dropCopy } from "./open-task";
import { advanceJob, type JobEvent } from "./job";
import { disagreementIn } from "./compare";
import type { ErrorOfFew, Judgement } from "./judge";
import { placingOf } from "./locality";
import { acceptedAs, creditUncounted } from "./late-answers";
import { endLease, grantLease, revokeLease } from "./leases";
import { noteJudged } from "./placing";
import { closeSpan, learnPacking, unpack } from "./packs";
import { exonerateAbsent, exonerated } from "./quota";
import { countEvents } from "./rate";
import { beginRecheck, leaveStage, leaveUnresolved, reportRecheck, type HeldFact } from "./recheck";
import { noteGrown } from "./settle-grown";
import { skipTask } from "./skip-task";
import { validateStage } from "./split-stage";
import { noteKnown, releaseChecked } from "./spot-checks";
import { clearOutvoted, convictOutvoted } from "./suspects";
import { advanceTask, copyOf, type Copy, type ReturnedCopy, type Task } from "./task";
import { errorWithoutOthers, takeWaitedFor } from "./unconfirmed";
import type { Acceptance, Doubt } from "./validator";

/**
 * Decides an open task anew.
 *
 * @param reporter The volunteer whose report led here: it gets its word as the answer
 *   to that report, everybody else gets a `settle`.
 */
export function settleTask(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  index: number,
  reporter: VolunteerId | null,
  now: EpochMs,
): Effect[] {
  const open = stage.open.get(index);
  if (!open) return [];
  const judgement = job.validator.judge(open.task, open.isChecked);
  switch (judgement.type) {
    case "wait": {
      const few = errorWithoutOthers(grid, job, stage, index, open, now);
      if (few !== null) return giveUp(grid, job, stage, index, programError(few), reporter, now);
      askForCopies(grid, job, stage, index, now);
      return [];
    }
    case "agreed":
      return askForBytes(grid, job, stage, index, judgement, reporter, now);
    case "accept":
      return accept(grid, job, stage, index, judgement, reporter, now);
    case "give-up":
      return giveUp(grid, job, stage, index, judgement, reporter, now);
    default:
      return unreachable(judgement);
  }
}

/** Looks again at the errors that nobody else has seen for a while. */
export function settleUnconfirmed(grid: Grid, now: EpochMs): Effect[] {
  return takeWaitedFor(grid, now).flatMap(({ job, stage, index }) =>
    grid.jobs.get(job.id) === job ? settleTask(grid, job, stage, index, null, now) : [],
  );
}

type GivenUp = Extract<Judgement, { type: "give-up" }>;

const programError = ({ error }: ErrorOfFew): GivenUp => ({
  type: "give-up",
  reason: "program-error",
  error,
});

function giveUp(
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

/** What the reporter of an outcome is told, once the task has been settled. */
export function answerFor(task: Task, volunteerId: VolunteerId): Answer {
  if (task.state === "agreed" && task.uploader === volunteerId) return "upload";
  const copy = copyOf(task, volunteerId);
  const isWaiting = task.state === "open" || task.state === "agreed";
  return isWaiting && copy?.state === "returned" && !copy.bytesHere ? "hold" : "done";
}

function askForBytes(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  index: number,
  { digest, uploader }: Extract<Judgement, { type: "agreed" }>,
  reporter: VolunteerId | null,
  now: EpochMs,
): Effect[] {
  const open = stage.open.get(index);
  const volunteer = grid.volunteers.get(uploader);
  // One upload is enough: while its uploader is there, nobody else is asked.
  if (!open || open.task.state === "agreed") return [];
  const taskId = open.id;
  if (!volunteer) {
    // An output whose bytes can't come is no output: its volunteer is gone.
    const copy = dropCopy(stage, open, uploader);
    return [
      { type: "copy-ended", taskId, copy, verdict: "none", leasedAt: null, at: now },
      ...settleTask(grid, job, stage, index, reporter, now),
    ];
  }
  open.task = advanceTask(open.task, { type: "agreed", digest, uploader });
  grantLease(grid, job, stage, volunteer, open.count, {
    type: "upload",
    volunteerId: uploader,
    taskId,
    deadlineAt: after(now, uploadMs(grid, open.task, digest)),
    deadlineTimer: null,
  });
  return uploader === reporter ? [] : [{ type: "settle", volunteerId: uploader, taskId, answer: "upload" }];
}

/** A large output takes longer: as much again for every so many bytes. */
const UPLOAD_BYTES = 8 * 1024 * 1024;

function uploadMs({ policy }: Grid, { copies }: Task, digest: Digest): number {
  const copy = copies.find((copy) => copy.state === "returned" && copy.digest === digest);
  const parts = copy?.state === "returned" ? copy.parts : [];
  return policy.uploadMs * (1 + parts.reduce((sum, { bytes }) => sum + bytes, 0) / UPLOAD_BYTES);
}

function accept(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  index: number,
  acceptance: Acceptance,
  reporter: VolunteerId | null,
  now: EpochMs,
): Effect[] {
  const open = stage.open.get(index);
  if (!open) return [];
  const { output } = acceptance;
  const accepted = acceptedAs(output, job);
  learnPacking(stage, acceptance, open.count);
  noteKnown(job, stage, index, open, acceptance);
  noteJudged(job, stage, index, acceptance.invalid);
  const fact = acceptedEffect(open.id, acceptance, open.doubted, now);
  job.recheck?.held.push(fact);
  const effects: Effect[] = job.recheck ? [] : [fact];
  effects.push(...closeTask(grid, job, stage, index, accepted, reporter, now));
  effects.push(...creditUncounted(open, accepted, now));
  if (open.doubted === null) {
    job.rate = countEvents(job.rate, open.count, now);
    grid.rate = countEvents(grid.rate, open.count, now);
  }
  const doubts = job.validator.learn(index, open.task, acceptance);
  noteGrown(grid, job);
  if (open.doubted !== null && open.doubted.digest !== output.digest)
    effects.push(...clearOutvoted(grid, job, open.id, output, now));
  effects.push(...convictOutvoted(grid, job, open.id, open.task, acceptance, now));
  effects.push(...reopen(grid, job, stage, doubts, now), ...finishIfDone(grid, job, stage, now));
  return effects;
}

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

/** Ends the stage when all of it is accepted, and nothing of that has to be looked at again. */
export function finishIfDone(grid: Grid, job: GridJob, stage: Stage, now: EpochMs): Effect[] {
  const effects: Effect[] = [];
  if (!stage.isPlanned || stage.accepted.size < stage.taskCount) return effects;
  effects.push(...reopen(grid, job, stage, job.validator.review(stage.taskCount), now));
  if (stage.accepted.size < stage.taskCount) return effects;
  effects.push(...releaseChecked(grid, job, stage, now), ...finishStage(grid, job, now));
  return effects;
}

function acceptedEffect(
  taskId: TaskId,
  { output, valid, invalid }: Acceptance,
  doubted: Doubted | null,
  at: EpochMs,
): HeldFact {
  const credited = valid.map(({ volunteerId, elapsedMs }) => ({ volunteerId, elapsedMs }));
  if (doubted !== null && output.digest === doubted.digest) {
    const others = credited.filter(({ volunteerId }) => !doubted.volunteerIds.includes(volunteerId));
    return { type: "task-confirmed", taskId, valid: others, invalid, at };
  }
  const { digest, parts } = output;
  return {
    type: "task-accepted",
    taskId,
    digest,
    parts,
    valid: credited,
    invalid,
    replaces: doubted,
    skipped: null,
    at,
  };
}

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

/** Goes on to the next stage, whose input the shell has to prepare, or ends the job. */
export function finishStage(grid: Grid, job: GridJob, now: EpochMs): Effect[] {
  if (job.recheck) return leaveStage(grid, job, job.recheck, now);
  const next = job.stages[job.stageIndex + 1];
  if (!next && job.later.length > 0) return beginRecheck(grid, job, job.later, new Map(), now);
  if (!next) return endJob(grid, job, { type: "completed", at: now });
  job.stageIndex += 1;
  validateStage(grid, job);
  return [{ type: "stage-finished", jobId: job.id, next: next.name }];
}

type JobEnd = Extract<JobEvent, { type: "completed" | "failed" | "cancelled" }>;

/** Ends the job as the event says, and takes back what its volunteers hold. */
export function endJob(grid: Grid, job: GridJob, event: JobEnd): Effect[] {
  const abandoned = event.type === "completed" ? [] : reportRecheck(job, false, event.at);
  job.life = advanceJob(job.life, event);
  const stage = currentStage(job);
  const standing = job.validator.standing();
  const placing = placingOf(job);
  const records = grid.records.keep(job.program, [...job.validator.agreed()]);
  const effects: Effect[] = [
    ...abandoned,
    {
      ...{ type: "job-changed", jobId: job.id, life: job.life },
      ...(standing && { standing }),
      ...(placing && { placing }),
      ...(records && { records }),
    },
  ];
  for (const volunteerId of [...job.atWork.keys()]) {
    const volunteer = grid.volunteers.get(volunteerId);
    if (!volunteer) continue;
    const taskIds = [...volunteer.leases.keys()].filter((taskId) => taskIdParts(taskId).jobId === job.id);
    for (const taskId of taskIds) endLease(grid, job, stage, volunteer, taskId, event.at);
    effects.push({ type: "revoke", volunteerId, taskIds });
  }
  for (const open of stage.open.values()) effects.push(...releaseHeld(grid, open));
  grid.jobs.delete(job.id);
  grid.kinds.delete(job);
  grid.shares.delete(job.id);
  return effects;
}

/** Tells those who keep bytes of an output that nobody will ask for them. */
function releaseHeld(grid: Grid, { id: taskId, task }: OpenTask): Effect[] {
  return task.copies
    .filter((copy) => copy.state === "returned" && !copy.bytesHere && grid.volunteers.has(copy.volunteerId))
    .map(({ volunteerId }) => ({ type: "settle", volunteerId, taskId, answer: "done" }));
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
