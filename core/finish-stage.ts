/** Goes on from a stage whose tasks are all accepted. */
import type { EpochMs } from "../protocol/ids";
import type { Grid, GridJob, Stage } from "./grid";
import type { Effect } from "./grid-events";
import { beginRecheck, leaveStage } from "./recheck";
import { validateStage } from "./split-stage";
import { releaseChecked } from "./spot-checks";
import { endJob } from "./end-job";
import { reopen } from "./reopen-tasks";

/** Ends the stage when all of it is accepted, and nothing of that has to be looked at again. */
export function finishIfDone(grid: Grid, job: GridJob, stage: Stage, now: EpochMs): Effect[] {
  const effects: Effect[] = [];
  if (!stage.isPlanned || stage.accepted.size < stage.taskCount) return effects;
  effects.push(...reopen(grid, job, stage, job.validator.review(stage.taskCount), now));
  if (stage.accepted.size < stage.taskCount) return effects;
  effects.push(...releaseChecked(grid, job, stage, now), ...finishStage(grid, job, now));
  return effects;
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
