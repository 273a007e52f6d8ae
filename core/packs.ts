/**
 * Packs: tasks of a stage in a row that are leased, returned and accepted as one, because each alone would cost more
 * to hand over, to vote on and to write down than to run.
 *
 *   fresh tasks, known to be small ──▶ pack ── agreed ──▶ accepted, one row for all
 *                                       └── fails, or ends its worker ──▶ unpacked: every task by itself
 *
 * A pack lies in one block, and keeps its tasks for as long as it is open. What a task by itself promises holds for
 * each task of a pack: only a task that has failed alone is held to have failed.
 */
import { taskIdOf, type EpochMs, type JobId, type StageName, type TaskId } from "../protocol/ids";
import type { Grid, GridJob, GridVolunteer, OpenTask, Stage } from "./grid";
import type { Effect } from "./grid-events";
import { askForCopies } from "./ask-for-copies";
import { openTask } from "./open-task";
import { endLease } from "./leases";
import { learnCost } from "./task-cost";
import type { EndedCopy } from "./task";
import type { Acceptance } from "./validator";

/** Tasks in a row, by the number of the first. */
export interface TaskSpan {
  readonly index: number;
  readonly count: number;
}

/** Accepted tasks by which a stage's tasks are known to be small. */
const PROBES = 4;
/** What is known of one task is believed of so many; of those, of so many more. */
const GROWTH = 8;
/** Each slot should be given so many packs more of what is left of a stage. */
const ROUNDS_LEFT = 4;
/** A busy coordinator has larger packs: of those that are returned together, so many are worth its pace. */
const PACKS_IN_PACE = 2;
/** Outputs differ: of so many times the mean size, a pack's should still fit. */
const SIZE_MARGIN = 2;

/** The names of what an assignment hands out. */
export function taskIdsOf(jobId: JobId, stage: StageName, spans: readonly TaskSpan[]): TaskId[] {
  return spans.map(({ index, count }) => taskIdOf(jobId, stage, index, count));
}

/** How many of the fresh tasks from one on a volunteer is handed as a pack; 1 for no pack. O(count). */
export function packSize(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  volunteer: GridVolunteer,
  from: number,
): number {
  const { packMs, packTasks, packBytes } = grid.policy;
  const { cuts } = stage;
  const { cost, largest } = stage.packing;
  // An error bound counts tasks, one answer each.
  if (cuts === null || cost.samples < PROBES || job.policy.adaptive !== null) return 1;
  // Tasks may be handed out in another order than theirs.
  const left = stage.taskCount - (stage.locality ? stage.accepted.size : stage.cursor);
  const most = Math.min(
    packTasks,
    GROWTH * largest,
    (packMs + volunteer.paceMs / PACKS_IN_PACE) / Math.max(cost.meanMs * volunteer.slowness, Number.EPSILON),
    packBytes / (SIZE_MARGIN * Math.max(cost.meanBytes, 1)),
    left / (ROUNDS_LEFT * Math.max(1, grid.volunteers.size) * Math.max(1, volunteer.slotCount)),
    blockEnd(cuts, stage, from) - from,
    volunteer.quota.tasks ?? Infinity,
    (job.share.maxInFlight ?? Infinity) - stage.copiesOut,
    // All its copies may be out at once.
    (job.share.maxInFlight ?? Infinity) / job.policy.copies,
  );
  return freeRun(stage, from, Math.max(1, Math.floor(most)));
}

/** Learns from a task or pack that was just accepted, by the slowest of its valid copies. */
export function learnPacking(stage: Stage, { output, valid }: Acceptance, count: number): void {
  if (stage.cuts === null) return;
  const elapsedMs = Math.max(...valid.map((copy) => copy.elapsedMs));
  const bytes = output.parts.reduce((sum, part) => sum + part.bytes, 0);
  stage.packing = {
    cost: learnCost(stage.packing.cost, elapsedMs / count, bytes / count),
    largest: Math.max(stage.packing.largest, count),
  };
}

/** True when no task of the span is accepted, open, or in an open pack. */
export function isFree(stage: Stage, { index, count }: TaskSpan): boolean {
  if (index + count > stage.taskCount) return false;
  for (let each = index; each < index + count; each++) if (!isFreeAt(stage, each)) return false;
  return true;
}

export function isFreeAt({ accepted, open, packed }: Stage, index: number): boolean {
  return !accepted.has(index) && !open.has(index) && !packed.has(index);
}

/** How many of `most` tasks from one on are free without a gap; at least 1. */
function freeRun(stage: Stage, from: number, most: number): number {
  let count = 1;
  while (count < most && isFreeAt(stage, from + count)) count += 1;
  return count;
}

/** The first task after the block that one is in. */
function blockEnd(cuts: readonly number[], { taskCount }: Stage, task: number): number {
  let [low, high] = [0, cuts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((cuts[middle] ?? Infinity) <= task) low = middle + 1;
    else high = middle;
  }
  return cuts[low] ?? taskCount;
}

/**
 * Takes an open pack apart: what its copies answered counts for nothing, and each of its tasks is asked for by itself,
 * without waiting for its turn.
 */
export function unpack(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  index: number,
  open: OpenTask,
  now: EpochMs,
): Effect[] {
  const { id: taskId, count } = open;
  const effects: Effect[] = [];
  for (const copy of open.task.copies) {
    const { volunteerId } = copy;
    const volunteer = grid.volunteers.get(volunteerId);
    const leasedAt = copy.state === "leased" ? copy.leasedAt : null;
    const ended: EndedCopy = copy.state === "leased" ? { state: "lost", volunteerId } : copy;
    if (copy.state !== "lost")
      effects.push({ type: "copy-ended", taskId, copy: ended, verdict: "none", leasedAt, at: now });
    if (!volunteer) continue;
    if (volunteer.leases.has(taskId)) endLease(grid, job, stage, volunteer, taskId, now);
    if (copy.state === "leased") effects.push({ type: "revoke", volunteerId, taskIds: [taskId] });
    if (copy.state === "returned" && !copy.bytesHere)
      effects.push({ type: "settle", volunteerId, taskId, answer: "done" });
  }
  closeSpan(stage, { index, count });
  for (let each = index; each < index + count; each++) {
    openTask(job, stage, { index: each, count: 1 });
    askForCopies(grid, job, stage, each, now);
  }
  return effects;
}

/** Takes a task or a pack out of the open ones. */
export function closeSpan(stage: Stage, { index, count }: TaskSpan): void {
  stage.open.delete(index);
  stage.unconfirmed.delete(index);
  for (let each = index + 1; each < index + count; each++) stage.packed.delete(each);
}
