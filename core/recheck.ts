/**
 * Looking again at stages that were over, after a volunteer was caught that had answered tasks of them alone.
 *
 *   completed, or its last stage over ─▶ map: doubted tasks again ─▶ inputs made anew ─▶ reduce: those of other inputs, and doubted ones
 *                                          └── nothing in doubt ──────────────────────────┘                        │
 *                                   all facts of it, in one commit: the result was the old one, and is the new one ◀─┘
 *
 * What is found out is held back until the end: who reads the result meanwhile reads the one that was there. Copies are
 * facts at once, so that a coordinator that stops in the middle goes on with their votes.
 */
import type { Digest, EpochMs, StageName } from "../protocol/ids";
import { currentStage, type Grid, type GridJob, type Stage } from "./grid";
import type { Effect, PastAcceptance } from "./grid-events";
import { askForCopies } from "./ask-for-copies";
import { beginTask } from "./open-task";
import { offerJob } from "./offer";
import { replay } from "./replay";
import { validateStage } from "./split-stage";
import { endJob } from "./end-job";
import { finishIfDone } from "./finish-stage";
import { reopen } from "./reopen-tasks";
import { NEW_TASK } from "./task";
import type { Doubt, PastAnswer } from "./validator";

export type HeldFact = Extract<Effect, { type: "task-accepted" | "task-confirmed" }>;

export interface Recheck {
  /** What volunteers have shown in stages that this coordinator did not see; empty when it saw them. */
  history: ReadonlyMap<StageName, readonly PastAcceptance[]>;
  /** What is in doubt. */
  answers: readonly PastAnswer[];
  held: HeldFact[];
  unresolved: number;
}

/** A task whose input is another one since what it is made of was corrected. */
export interface StaleTask {
  index: number;
  /** What it was accepted as. */
  digest: Digest;
}

/** Keeps doubts in stages that are over until the last one is over too; what is being looked at again already is not doubted twice. */
export function doubtLater(job: GridJob, answers: readonly PastAnswer[]): Effect[] {
  const isOver = ({ stage, index }: PastAnswer) => {
    const place = job.stages.findIndex(({ name }) => name === stage);
    if (job.recheck === null) return place < job.stageIndex;
    return place !== job.stageIndex || !currentStage(job).open.has(index);
  };
  const known = new Set([...job.later, ...(job.recheck?.answers ?? [])].map(nameOf));
  job.later = [...job.later, ...answers.filter((answer) => isOver(answer) && !known.has(nameOf(answer)))];
  return [];
}

const nameOf = ({ stage, index }: PastAnswer) => `${stage}/${index}`;

/** Begins with the first stage; all stages must be over. */
export function beginRecheck(
  grid: Grid,
  job: GridJob,
  answers: readonly PastAnswer[],
  history: Recheck["history"],
  now: EpochMs,
): Effect[] {
  const { held = [], unresolved = 0 } = job.recheck ?? {};
  job.recheck = { history, answers, held, unresolved };
  job.later = [];
  // What `split` gave was not believed alone.
  job.stageIndex = job.stages[0]?.name === "split" ? 1 : 0;
  validateStage(grid, job);
  return enterStage(grid, job, [], now);
}

/** Opens what is in doubt of the current stage, whose input is there. */
export function enterStage(grid: Grid, job: GridJob, stale: readonly StaleTask[], now: EpochMs): Effect[] {
  const stage = currentStage(job);
  stage.isReady = true;
  const doubts = doubtsIn(grid, job, stage, new Set(stale.map(({ index }) => index)));
  for (const task of stale) openStale(grid, job, stage, task, now);
  const effects = reopen(grid, job, stage, doubts, now);
  offerJob(grid, job);
  return [...effects, ...finishIfDone(grid, job, stage, now)];
}

/** Goes on when a stage has been looked at again: to the next one if it has to be, or to the end. */
export function leaveStage(grid: Grid, job: GridJob, recheck: Recheck, now: EpochMs): Effect[] {
  const next = job.stages[job.stageIndex + 1];
  if (!next) return endRecheck(grid, job, now);
  job.stageIndex += 1;
  const isAffected =
    recheck.answers.some(({ stage }) => stage === next.name) || recheck.held.some(isCorrection);
  if (!isAffected) return enterStage(grid, job, [], now);
  next.isReady = false;
  return [{ type: "stage-finished", jobId: job.id, next: next.name }];
}

/** A task that nobody can compute again stays what it was. */
export function leaveUnresolved(job: GridJob): void {
  if (job.recheck) job.recheck.unresolved += 1;
}

export function isCorrection(fact: HeldFact): fact is Extract<HeldFact, { type: "task-accepted" }> {
  return fact.type === "task-accepted" && fact.digest !== fact.replaces?.digest;
}

/** Tells all that was found out. A job that cannot be looked at any further stays what it was. */
export function reportRecheck(job: GridJob, isWhole: boolean, at: EpochMs): Effect[] {
  const { recheck } = job;
  if (!recheck) return [];
  const held = isWhole ? recheck.held : [];
  const corrected = held.filter(isCorrection).length;
  return [
    ...held,
    {
      type: "job-rechecked",
      jobId: job.id,
      confirmed: held.length - corrected,
      corrected,
      unresolved: isWhole ? recheck.unresolved : recheck.answers.length,
      wasCompleted: job.life.state === "completed",
      at,
    },
  ];
}

function endRecheck(grid: Grid, job: GridJob, now: EpochMs): Effect[] {
  // Somebody was caught meanwhile.
  if (job.later.length > 0) return beginRecheck(grid, job, job.later, new Map(), now);
  const found = reportRecheck(job, true, now);
  return [...found, ...endJob(grid, job, { type: "completed", at: now })];
}

/** Of every doubted task one doubt, however many volunteers it is in doubt for. */
function doubtsIn(grid: Grid, job: GridJob, stage: Stage, stale: ReadonlySet<number>): Doubt[] {
  const { validator, recheck } = job;
  const past = (recheck?.history.get(stage.name) ?? []).filter(({ index }) => !stale.has(index));
  const inDoubt = (recheck?.answers ?? []).filter((answer) => answer.stage === stage.name);
  const learnt = [
    ...replay(job, stage, past),
    ...[...grid.suspects.keys()].flatMap((volunteerId) => validator.distrust(volunteerId)),
  ];
  const known = new Set(learnt.map(({ index }) => index));
  const others = validator.doubtAgain(inDoubt.filter(({ index }) => !known.has(index) && !stale.has(index)));
  const all = new Map([...learnt, ...others].map((doubt) => [doubt.index, doubt]));
  return [...all.values()].filter(({ index }) => stage.accepted.has(index));
}

function openStale(grid: Grid, job: GridJob, stage: Stage, { index, digest }: StaleTask, now: EpochMs): void {
  stage.accepted.delete(index);
  stage.judged.delete(index);
  beginTask(job, stage, { index, count: 1 }, NEW_TASK, { digest, volunteerIds: [] });
  askForCopies(grid, job, stage, index, now);
}
