/** Carries out what `judge` says of a task after one of its copies has changed. */
import { after, type Digest, type EpochMs, type TaskId, type VolunteerId } from "../protocol/ids";
import type { Answer } from "../protocol/messages/report";
import { unreachable } from "../protocol/unreachable";
import type { Doubted, Grid, GridJob, Stage } from "./grid";
import type { Effect } from "./grid-events";
import { askForCopies } from "./ask-for-copies";
import { dropCopy } from "./open-task";
import type { Judgement } from "./judge";
import { acceptedAs, creditUncounted } from "./late-answers";
import { grantLease } from "./leases";
import { noteJudged } from "./placing";
import { learnPacking } from "./packs";
import { countEvents } from "./rate";
import type { HeldFact } from "./recheck";
import { noteGrown } from "./settle-grown";
import { noteKnown } from "./spot-checks";
import { clearOutvoted, convictOutvoted } from "./suspects";
import { advanceTask, copyOf, type Task } from "./task";
import { errorWithoutOthers, takeWaitedFor } from "./unconfirmed";
import type { Acceptance } from "./validator";
import { closeTask } from "./close-task";
import { finishIfDone } from "./finish-stage";
import { giveUp, programError } from "./give-up";
import { reopen } from "./reopen-tasks";

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
