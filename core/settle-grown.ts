/**
 * Open tasks whose answers do by now, because their volunteers' records have grown since these came. No event of their own will end
 * them, so they are looked for: a few after each report, and more of them at each tick.
 *
 *   a record changes ──▶ all open tasks of its stage, in turn ── `judge` says enough ──▶ settled
 */
import { currentStage, type Grid, type GridJob, type Stage } from "./grid";
import type { Effect, ReportedOutcome } from "./grid-events";
import { taskIdParts, type EpochMs } from "../protocol/ids";
import { isReturned } from "./judge";
import { settleTask } from "./settle-task";
import type { Copy, Task } from "./task";

/** The rest of the round under way, and all of the next. */
const ROUNDS = 2;
/** Tasks of its job that are looked at for each outcome that is reported. */
const FOR_EACH_OUTCOME = 2;
/** Tasks that are looked at in each tick, of all jobs. */
const FOR_EACH_TICK = 200;
/** Tasks without enough answers that are passed over for one that is looked at: that takes next to nothing. */
const PASSED_OVER = 8;

/** To be called when the records of a job's volunteers have changed. */
export function noteGrown(grid: Grid, job: GridJob): void {
  if (job.policy.adaptive === null) return;
  currentStage(job).roundsLeft = ROUNDS;
  grid.grown.add(job);
}

/** After a report. O(outcomes). */
export function settleAfterReport(grid: Grid, outcomes: readonly ReportedOutcome[], now: EpochMs): Effect[] {
  return outcomes.flatMap(({ taskId }) => {
    const job = grid.jobs.get(taskIdParts(taskId).jobId);
    return job && grid.grown.has(job) ? settleSome(grid, job, FOR_EACH_OUTCOME, now) : [];
  });
}

/** When nobody reports any more, it is time that brings them up. */
export function settleAtTick(grid: Grid, now: EpochMs): Effect[] {
  if (grid.grown.size === 0) return [];
  const each = Math.max(FOR_EACH_OUTCOME, Math.floor(FOR_EACH_TICK / grid.grown.size));
  const jobs = [...grid.grown];
  return jobs.flatMap((job) => settleSome(grid, job, each, now));
}

function settleSome(grid: Grid, job: GridJob, most: number, now: EpochMs): Effect[] {
  const effects: Effect[] = [];
  const stage = currentStage(job);
  let left = most * PASSED_OVER;
  while (left > 0) {
    if (isOver(grid, job, stage)) {
      grid.grown.delete(job);
      return effects;
    }
    const next = stage.round.next();
    left -= 1;
    if (next.done) {
      stage.round = stage.open.entries();
      stage.roundsLeft -= 1;
      continue;
    }
    const [index, { task, isChecked }] = next.value;
    if (!mayDo(task)) continue;
    left -= PASSED_OVER - 1;
    const { type } = job.validator.judge(task, isChecked);
    if (type === "accept" || type === "agreed")
      effects.push(...settleTask(grid, job, stage, index, null, now));
  }
  return effects;
}

/**
 * Who has become known enough to be believed alone is so for tasks to come: another copy that runs by now is let go on, for it adds to the
 * records of two, and only when it takes too long is the one answer made to do.
 */
function mayDo({ state, copies }: Task): boolean {
  const first = copies.findIndex(isReturned);
  if (state !== "open" || first < 0) return false;
  return !copies.some(isLeased) || copies.some((copy, place) => place > first && isReturned(copy));
}

const isLeased = (copy: Copy) => copy.state === "leased";

/** True when all has been looked at since a record changed, or nobody waits for it any more. */
function isOver(grid: Grid, job: GridJob, stage: Stage): boolean {
  return stage.roundsLeft <= 0 || grid.jobs.get(job.id) !== job || currentStage(job) !== stage;
}
