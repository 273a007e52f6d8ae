/** Brings jobs into the grid: new ones, and those that were under way when the coordinator stopped. */
import { taskIdOf, type Digest, type EpochMs, type TaskId } from "../protocol/ids";
import { newAllowances } from "./allowance";
import { createStage } from "./create-stage";
import { classified } from "./compare";
import { currentStage, type Grid, type GridJob, type Stage } from "./grid";
import type { Effect, ReopenedJob, RestoredJob, SubmittedJob } from "./grid-events";
import { openTask } from "./open-task";
import { noteWants } from "./kinds";
import { offerJob } from "./offer";
import { advanceJob } from "./job";
import { isFree } from "./packs";
import { startRate } from "./rate";
import { beginRecheck, doubtLater } from "./recheck";
import { doubtAgain, replay } from "./replay";
import { openValidator, policyFor } from "./split-stage";
import { endJob } from "./end-job";
import { finishIfDone, finishStage } from "./finish-stage";
import { reopen } from "./reopen-tasks";
import { settleTask } from "./settle-task";
import { newTally } from "./suspects";
import { advanceTask } from "./task";

/** Takes a completed job up again, outputs of which came into doubt. */
export function reopenJob(grid: Grid, reopened: ReopenedJob, now: EpochMs): Effect[] {
  const { id, startedAt, endedAt, history, isRestored, answers } = reopened;
  const running = grid.jobs.get(id);
  if (running) return doubtLater(running, answers);
  // What it has shown of volunteers is in their records already, and is learnt from its history now.
  const job = createJob(grid, { ...reopened, program: null }, now, isRestored);
  job.life = { state: "completed", startedAt, endedAt };
  grid.jobs.set(id, job);
  noteWants(grid, job);
  grid.shares.add(id, job.share);
  for (const stage of job.stages) stage.accepted.addAll(0, stage.taskCount);
  const effects = beginRecheck(grid, job, answers, history, now);
  return [...effects, ...(grid.jobs.has(id) ? restoreVotes(grid, job, reopened, now) : [])];
}

export function addJob(grid: Grid, submitted: SubmittedJob, now: EpochMs): Effect[] {
  const job = createJob(grid, submitted, now, false);
  grid.jobs.set(job.id, job);
  noteWants(grid, job);
  grid.shares.add(job.id, job.share);
  offerJob(grid, job);
  const isEmpty = currentStage(job).taskCount === 0;
  return isEmpty ? endJob(grid, job, { type: "completed", at: now }) : [];
}

/** Puts a job back as the database knows it. Leases are not known there: tabs announce what they hold. */
export function restoreJob(grid: Grid, restored: RestoredJob, now: EpochMs): Effect[] {
  const job = createJob(grid, restored, now, true);
  grid.jobs.set(job.id, job);
  noteWants(grid, job);
  grid.shares.add(job.id, job.share);
  if (restored.startedAt !== null)
    job.life = advanceJob(job.life, { type: "started", at: restored.startedAt });
  if (restored.isPaused) job.life = advanceJob(job.life, { type: "paused" });
  for (const stage of job.stages) {
    for (const { index, count } of restored.accepted.get(stage.name) ?? [])
      stage.accepted.addAll(index, count);
    stage.skipped = restored.skipped.get(stage.name) ?? 0;
  }
  // What was answered in the stage that runs, the records of it tell.
  const running = job.stages.findLastIndex(({ accepted }) => accepted.size > 0);
  job.later = restored.later.filter(
    ({ stage }) => job.stages.findIndex(({ name }) => name === stage) < running,
  );
  for (const { stage, index, count, volunteerId, accepted } of restored.unanswered) {
    const ofVolunteer = job.unanswered.get(volunteerId) ?? new Map<TaskId, Digest>();
    job.unanswered.set(volunteerId, ofVolunteer.set(taskIdOf(job.id, stage, index, count), accepted));
  }
  offerJob(grid, job);
  const effects = job.stages.flatMap((stage, place) => restoreStage(grid, job, stage, place, restored, now));
  return [...effects, ...(grid.jobs.has(job.id) ? restoreVotes(grid, job, restored, now) : [])];
}

/** Learns from a stage what it taught, and goes on to the next one when it was over. */
function restoreStage(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  place: number,
  { history, votes }: RestoredJob,
  now: EpochMs,
): Effect[] {
  if (!grid.jobs.has(job.id) || currentStage(job) !== stage) return [];
  // What it has to do is not known before it is ready.
  if (!stage.isPlanned || (place > 0 && stage.taskCount === 0 && stage.name !== "merge")) return [];
  const past = history.get(stage.name) ?? [];
  const learnt = replay(job, stage, past);
  const suspected = [...grid.suspects.keys()].flatMap((id) => job.validator.distrust(id));
  if (job.stages.slice(place + 1).some(({ accepted }) => accepted.size > 0)) {
    // It ended within its bound, and what came after is made of it.
    while (job.validator.review(stage.taskCount).length > 0);
    return finishStage(grid, job, now);
  }
  const known = new Set([...learnt, ...suspected].map(({ index }) => index));
  const undecided = votes.filter(({ stage: name, index }) => name === stage.name && !known.has(index));
  const doubts = [...learnt, ...suspected, ...doubtAgain(job, past, undecided)];
  return [...reopen(grid, job, stage, doubts, now), ...finishIfDone(grid, job, stage, now)];
}

function restoreVotes(
  grid: Grid,
  job: GridJob,
  { votes, uncounted = [] }: Pick<RestoredJob, "votes" | "uncounted">,
  now: EpochMs,
): Effect[] {
  const stage = currentStage(job);
  for (const { stage: name, index, count, copy } of votes) {
    if (copy.state === "leased" || name !== stage.name) continue;
    // Of a pack that was taken apart, some tasks may be decided.
    if (stage.open.get(index)?.count !== count && !isFree(stage, { index, count })) continue;
    const open = openTask(job, stage, { index, count });
    const ended = classified(open.task, copy, job.policy.compare);
    open.task = advanceTask(open.task, { type: "ended", copy: ended });
  }
  for (const { stage: name, index, count, copy } of uncounted) {
    if (name !== stage.name) continue;
    if (stage.open.get(index)?.count !== count && !isFree(stage, { index, count })) continue;
    const open = openTask(job, stage, { index, count });
    open.uncounted = [...open.uncounted, copy];
  }
  return [...stage.open.keys()].flatMap((index) =>
    grid.jobs.has(job.id) ? settleTask(grid, job, stage, index, null, now) : [],
  );
}

function createJob(
  grid: Grid,
  {
    id,
    program = null,
    policy,
    share,
    requires,
    sameEngine = false,
    onError,
    stages,
    ...input
  }: SubmittedJob,
  now: EpochMs,
  isRestored: boolean,
): GridJob {
  const firstPolicy = policyFor(stages[0]?.name ?? "map", policy);
  return {
    id,
    policy: firstPolicy,
    submittedPolicy: policy,
    share,
    requires,
    sameEngine,
    onError,
    program,
    validator: openValidator(grid, firstPolicy, program),
    tally: newTally(),
    later: [],
    recheck: null,
    life: { state: "queued" },
    stages: stages.map((stage, place) => createStage(stage, input, place === 0)),
    stageIndex: 0,
    atWork: new Map(),
    allowances: newAllowances(now),
    rate: startRate(now),
    isRestored,
    unanswered: new Map(),
    offer: { state: "none", round: 0 },
  };
}
