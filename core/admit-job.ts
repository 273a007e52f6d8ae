/** Brings jobs into the grid: new ones, and those that were under way when the coordinator stopped. */
import type { EpochMs } from "../protocol/ids";
import { BitSet } from "./bit-set";
import { currentStage, type Grid, type GridJob, type Stage } from "./grid";
import type { Effect, RestoredJob, SubmittedJob } from "./grid-events";
import { openTask } from "./hand-out";
import { offerJob } from "./offer";
import { advanceJob } from "./job";
import { startRate } from "./rate";
import { endJob, finishStage, settleTask } from "./settle-task";
import { advanceTask } from "./task";
import { UNKNOWN_COST } from "./task-cost";
import { WantLog } from "./want-log";

export function addJob(grid: Grid, submitted: SubmittedJob, now: EpochMs): Effect[] {
  const job = createJob(grid, submitted, now, false);
  grid.jobs.set(job.id, job);
  grid.shares.add(job.id, job.share);
  offerJob(grid, job);
  const isEmpty = currentStage(job).taskCount === 0;
  return isEmpty ? endJob(grid, job, { type: "completed", at: now }) : [];
}

/** Puts a job back as the database knows it. Leases are not known there: tabs announce what they hold. */
export function restoreJob(grid: Grid, restored: RestoredJob, now: EpochMs): Effect[] {
  const job = createJob(grid, restored, now, true);
  grid.jobs.set(job.id, job);
  grid.shares.add(job.id, job.share);
  if (restored.startedAt !== null)
    job.life = advanceJob(job.life, { type: "started", at: restored.startedAt });
  if (restored.isPaused) job.life = advanceJob(job.life, { type: "paused" });
  for (const stage of job.stages) {
    for (const index of restored.accepted.get(stage.name) ?? []) stage.accepted.add(index);
    stage.skipped = restored.skipped.get(stage.name) ?? 0;
  }
  offerJob(grid, job);
  const effects: Effect[] = [];
  if (isDone(currentStage(job))) effects.push(...finishStage(grid, job, now));
  const isFinished = grid.jobs.has(job.id) && isDone(currentStage(job));
  if (isFinished) return [...effects, ...finishStage(grid, job, now)];
  return [...effects, ...restoreVotes(grid, job, restored, now)];
}

function restoreVotes(grid: Grid, job: GridJob, { votes }: RestoredJob, now: EpochMs): Effect[] {
  const stage = currentStage(job);
  for (const { stage: name, index, copy } of votes) {
    if (copy.state === "leased" || name !== stage.name || stage.accepted.has(index)) continue;
    const open = openTask(stage, index);
    open.task = advanceTask(open.task, { type: "ended", copy });
  }
  return [...stage.open.keys()].flatMap((index) =>
    grid.jobs.has(job.id) ? settleTask(grid, job, stage, index, null, now) : [],
  );
}

function isDone(stage: Stage): boolean {
  return stage.accepted.size === stage.taskCount;
}

function createJob(
  grid: Grid,
  { id, policy, share, requires, onError, stages }: SubmittedJob,
  now: EpochMs,
  isRestored: boolean,
): GridJob {
  return {
    id,
    policy,
    share,
    requires,
    onError,
    validator: grid.validatorFor(policy, grid.chance),
    life: { state: "queued" },
    stages: stages.map(({ name, taskCount }, place) => ({
      name,
      taskCount,
      isReady: place === 0,
      cursor: 0,
      open: new Map(),
      accepted: new BitSet(taskCount),
      skipped: 0,
      wants: new WantLog(),
      isDry: false,
      overdue: new WantLog(),
      copiesOut: 0,
      cost: UNKNOWN_COST,
    })),
    stageIndex: 0,
    atWork: new Map(),
    rate: startRate(now),
    isRestored,
    offer: { state: "none", round: 0 },
  };
}
