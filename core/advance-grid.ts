/**
 * The scheduler: a state machine from events to effects.
 *
 *   event, now ──▶ advanceGrid(grid, …) ──▶ effects: facts to store, answers, assignments
 *
 * It has no clock, no randomness and no I/O, so that production, tests and simulations run
 * the same code. The same events at the same times give the same effects.
 */
import type { EpochMs, JobId } from "../protocol/ids";
import { followClock } from "./follow-clock";
import { unreachable } from "../protocol/unreachable";
import { changeAccount, knowAccounts } from "./accounts";
import { addJob, reopenJob, restoreJob } from "./admit-job";
import { BitSet } from "./bit-set";
import { currentStage, type Grid, type GridJob, type Stage } from "./grid";
import type { Effect, GridEvent } from "./grid-events";
import { handOutToHungry } from "./hand-out";
import { offerJob } from "./offer";
import { noteLoad } from "./pace";
import { pauseJob, resumeJob } from "./pause-job";
import { beat, disconnect, expire, join, leave } from "./presence";
import { endJob } from "./end-job";
import { finishIfDone } from "./finish-stage";
import { planStages } from "./split-stage";
import { doubtLater, enterStage } from "./recheck";
import { reweighJob } from "./reweigh-job";
import { clearSuspects, suspect } from "./suspects";
import { takeReport } from "./take-report";

export function advanceGrid(grid: Grid, event: GridEvent, now: EpochMs): Effect[] {
  const effects = react(grid, event, now);
  return grid.hasNewWork ? [...effects, ...handOutToHungry(grid, now)] : effects;
}

function react(grid: Grid, event: GridEvent, now: EpochMs): Effect[] {
  switch (event.type) {
    case "job-submitted":
      return addJob(grid, event.job, now);
    case "job-restored":
      return restoreJob(grid, event.job, now);
    case "stage-ready":
      return withJob(grid, event.jobId, (job) => openStage(grid, job, event, now));
    case "suspects-known":
      for (const { volunteerId, jobId, until } of event.suspects) suspect(grid, volunteerId, jobId, until);
      return [];
    case "records-known":
      grid.records.keep(event.records.program, event.records.agreed);
      return [];
    case "accounts-known":
      knowAccounts(grid, event);
      return [];
    case "account-changed":
      return changeAccount(grid, event, now);
    case "answers-doubted":
      return withJob(grid, event.jobId, (job) => doubtLater(job, event.answers));
    case "job-reopened":
      return reopenJob(grid, event.job, now);
    case "job-cancelled":
      return withJob(grid, event.jobId, (job) => endJob(grid, job, { type: "cancelled", at: now }));
    case "job-paused":
      return withJob(grid, event.jobId, (job) => pauseJob(grid, job, now));
    case "job-resumed":
      return withJob(grid, event.jobId, (job) => resumeJob(grid, job));
    case "job-reweighted":
      return withJob(grid, event.jobId, (job) => reweighJob(grid, job, event));
    case "job-failed":
      return withJob(grid, event.jobId, (job) =>
        endJob(grid, job, { type: "failed", at: now, failure: event.failure }),
      );
    case "joined":
      return join(grid, event, now);
    case "reported":
      return takeReport(grid, event, now);
    case "beat":
      return beat(grid, event, now);
    case "disconnected":
      return disconnect(grid, event.volunteerId, now);
    case "left":
      return leave(grid, event.volunteerId, now);
    case "loaded":
      noteLoad(grid, event.busy, event.overMs);
      return [];
    case "clock-jumped":
      followClock(grid, event.byMs);
      return [];
    case "tick":
      clearSuspects(grid, now);
      return expire(grid, now);
    default:
      return unreachable(event);
  }
}

function withJob(grid: Grid, jobId: JobId, act: (job: GridJob) => Effect[]): Effect[] {
  const job = grid.jobs.get(jobId);
  return job ? act(job) : [];
}

function openStage(
  grid: Grid,
  job: GridJob,
  { stage: name, taskCount, stale = [], planned }: Extract<GridEvent, { type: "stage-ready" }>,
  now: EpochMs,
): Effect[] {
  const stage = currentStage(job);
  // Said twice, or of a stage that has been left since.
  if (stage.name !== name || stage.isReady) return [];
  if (job.recheck) return enterStage(grid, job, stale, now);
  if (planned) planStages(job, planned);
  const opened = currentStage(job);
  if (taskCount !== undefined && !opened.isPlanned) planStage(opened, taskCount);
  opened.isReady = true;
  // No partition is heavy.
  if (opened.taskCount === 0 && opened.name === "merge") return finishIfDone(grid, job, opened, now);
  // The program's split gave nothing.
  if (opened.taskCount === 0) return endJob(grid, job, { type: "completed", at: now });
  offerJob(grid, job);
  return [];
}

function planStage(stage: Stage, taskCount: number): void {
  stage.taskCount = taskCount;
  stage.isPlanned = true;
  stage.packed = new BitSet(taskCount);
  stage.accepted = new BitSet(taskCount);
}
