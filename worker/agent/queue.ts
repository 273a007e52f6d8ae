/**
 * Decides, without doing anything: which waiting tasks a slot runs next, and how many more to ask for.
 *
 * The tab wants to hold enough work to hide a round trip, and not so much that others wait for it; a slot gets
 * enough tasks at once that handing them over costs little. Both follow the measured cost of a job's tasks.
 */
import { taskIdParts, type JobId, type TaskId } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import type { AssignedTask } from "../../protocol/task";

export interface WaitingTask {
  readonly task: AssignedTask;
  readonly receivedAt: number;
  /** Not to share a call with others: it was in one that took too long. */
  readonly alone: boolean;
}

export interface Queue {
  /** Oldest first. */
  readonly waiting: readonly WaitingTask[];
  /** Mean milliseconds of a task, by job and stage, for those measured. */
  readonly costs: ReadonlyMap<string, number>;
}

export const EMPTY_QUEUE: Queue = { waiting: [], costs: new Map() };

/** Work to hold for each slot: a pack that runs, one that is ready behind it, and as much as is worked through until the next report. */
const HELD_MS_PER_SLOT = 1_600;
const GATHER_MS = { scarce: 50, ample: 400 };
/** Waiting work that lasts until what a report asks for has come. */
const AMPLE_MS_PER_SLOT = 500;
const UNMEASURED_PER_SLOT = 2;
const MAX_PER_SLOT = 512;
/** Work to hand to a slot in one call. */
const BUNDLE_MS = 250;
/** A slot stays with its job this long while others wait. */
const MAX_WAIT_MS = 2_000;
/** Weight of the newest measurement. */
const NEWEST = 0.3;
/** Nothing is cheaper than this: the clock cannot tell, and handing over costs about as much. */
const MIN_COST_MS = 0.02;
const MAX_COSTS = 64;

export function enqueue(queue: Queue, tasks: readonly AssignedTask[], now: number): Queue {
  const added = tasks.map((task) => ({ task, receivedAt: now, alone: false }));
  return { ...queue, waiting: [...queue.waiting, ...added] };
}

/** Puts tasks in front, perhaps each to run by itself. */
export function giveBack(queue: Queue, tasks: readonly AssignedTask[], now: number, alone: boolean): Queue {
  const returned = tasks.map((task) => ({ task, receivedAt: now, alone }));
  return { ...queue, waiting: [...returned, ...queue.waiting] };
}

export function without(queue: Queue, taskIds: ReadonlySet<TaskId>): Queue {
  return { ...queue, waiting: queue.waiting.filter(({ task }) => !taskIds.has(task.taskId)) };
}

/** Counts `taskCount` tasks, those of packs too, of one job and stage that took `elapsedMs` together. */
export function measured(queue: Queue, taskId: TaskId, taskCount: number, elapsedMs: number): Queue {
  const stage = stageKey(taskId);
  const cost = Math.max(MIN_COST_MS, elapsedMs / taskCount);
  const before = queue.costs.get(stage);
  const costs = new Map(queue.costs);
  costs.delete(stage);
  costs.set(stage, before === undefined ? cost : before + NEWEST * (cost - before));
  const [oldest] = costs.keys();
  if (costs.size > MAX_COSTS && oldest !== undefined) costs.delete(oldest);
  return { ...queue, costs };
}

export interface Bundle {
  readonly jobId: JobId;
  readonly tasks: readonly AssignedTask[];
}

/** A bundle, and what is left. */
export interface Taken {
  readonly bundle: Bundle;
  readonly queue: Queue;
}

export interface SlotWish {
  /** The job whose program the slot has loaded. */
  readonly warmJob: JobId | null;
  readonly slotCount: number;
  readonly now: number;
}

/** Takes what a free slot runs next: `most` tasks of one job and stage at most, in their order. Null when nothing waits. */
export function takeBundle(queue: Queue, wish: SlotWish, most = Infinity): Taken | null {
  const first = firstFor(queue, wish);
  if (!first) return null;
  const stage = stageKey(first.task.taskId);
  const size = first.alone ? 1 : Math.min(most, bundleSize(queue, stage, wish.slotCount));

  const taken = new Set<TaskId>([first.task.taskId]);
  for (const { task, alone } of queue.waiting) {
    if (taken.size >= size) break;
    if (!alone && stageKey(task.taskId) === stage) taken.add(task.taskId);
  }
  const tasks = queue.waiting.flatMap(({ task }) => (taken.has(task.taskId) ? [task] : []));
  return { bundle: { jobId: jobOf(first.task.taskId), tasks }, queue: without(queue, taken) };
}

/**
 * Takes what a slot runs after the bundle that it is at. Null when that would leave another slot with nothing to
 * turn to: then it stays where whoever is free first can have it.
 */
export function takeAhead(queue: Queue, wish: SlotWish & { readonly warmJob: JobId }): Taken | null {
  const spare = queue.waiting.length - wish.slotCount;
  const taken = spare > 0 ? takeBundle(queue, wish, spare) : null;
  return taken?.bundle.jobId === wish.warmJob ? taken : null;
}

function firstFor({ waiting }: Queue, { warmJob, now }: SlotWish): WaitingTask | undefined {
  const [oldest] = waiting;
  if (!oldest || warmJob === null || now - oldest.receivedAt > MAX_WAIT_MS) return oldest;
  return waiting.find(({ task }) => jobOf(task.taskId) === warmJob) ?? oldest;
}

function bundleSize(queue: Queue, stage: string, slotCount: number): number {
  const cost = queue.costs.get(stage);
  if (cost === undefined) return 1;
  const waiting = queue.waiting.filter(({ task }) => stageKey(task.taskId) === stage);
  // The last tasks of a job are shared out among the slots.
  const fairShare = Math.ceil(waiting.length / Math.max(1, slotCount));
  const inBundle = BUNDLE_MS / (cost * countOf(waiting[0]));
  return Math.max(1, Math.min(Math.floor(inBundle), fairShare, MAX_PER_SLOT));
}

export interface Appetite {
  readonly slotCount: number;
  readonly runningCount: number;
  /** Tasks asked for on this connection and not received yet. */
  readonly askedCount: number;
  /** Outcomes without a last word: to the coordinator, those tasks are held too. */
  readonly unsettledCount: number;
  readonly paceMs: number;
}

/** How many tasks to ask for beyond those held and those asked for already. */
export function wantOf(
  queue: Queue,
  { slotCount, runningCount, askedCount, unsettledCount, paceMs }: Appetite,
): number {
  // Asking for more than may be held would be cut without a word, and then waited for in vain.
  const target = Math.min(slotCount * perSlot(queue, paceMs), LIMITS.tasksHeld - unsettledCount);
  return Math.max(0, target - queue.waiting.length - runningCount - askedCount);
}

export interface Patience {
  readonly slotCount: number;
  /** How long a busy coordinator asks to gather; 0 for no such wish. */
  readonly paceMs: number;
  /** From 0 to 1, another one for each report, so that tabs that began together do not report together. */
  readonly jitter: number;
  /** Nothing else is here to do of the job of an outcome that waits: others may wait for its end. */
  readonly isLastOfJob: boolean;
}

/**
 * How long outcomes may wait for others, in milliseconds. A report costs the coordinator a commit, so while there is
 * enough to do there are few; when tasks run out, others may be waiting for these.
 */
export function gatherMsOf(queue: Queue, { slotCount, paceMs, jitter, isLastOfJob }: Patience): number {
  const waitingTasks = queue.waiting.reduce((sum, waiting) => sum + countOf(waiting), 0);
  const cost = newestCost(queue) ?? 0;
  if (waitingTasks * cost < AMPLE_MS_PER_SLOT * slotCount) return GATHER_MS.scarce;
  // Work runs out a task earlier than what is held lasts: tabs that began together would all report then.
  const mostMs = paceMs - cost * countOf(queue.waiting.at(-1));
  return isLastOfJob ? GATHER_MS.ample : Math.max(GATHER_MS.ample, mostMs * (1 - jitter / 2));
}

/** @returns Whether some of the tasks that ended are the last that are here of their jobs. */
export function areLastOfJob(
  queue: Queue,
  running: Iterable<TaskId>,
  ended: readonly { taskId: TaskId }[],
): boolean {
  const left = new Set(queue.waiting.map(({ task }) => jobOf(task.taskId)));
  for (const taskId of running) left.add(jobOf(taskId));
  return ended.some(({ taskId }) => !left.has(jobOf(taskId)));
}

function perSlot(queue: Queue, paceMs: number): number {
  const cost = newestCost(queue);
  if (cost === undefined) return UNMEASURED_PER_SLOT;
  const each = cost * countOf(queue.waiting.at(-1));
  return Math.min(Math.max(UNMEASURED_PER_SLOT, Math.ceil((HELD_MS_PER_SLOT + paceMs) / each)), MAX_PER_SLOT);
}

/** Tasks of a pack. */
function countOf(waiting: WaitingTask | undefined): number {
  return waiting ? taskIdParts(waiting.task.taskId).count : 1;
}

/** What comes next will probably be like what came last. */
function newestCost({ waiting, costs }: Queue): number | undefined {
  const newest = waiting.at(-1);
  return newest ? costs.get(stageKey(newest.task.taskId)) : [...costs.values()].at(-1);
}

const stageKey = (taskId: TaskId) => taskId.slice(0, taskId.lastIndexOf("/"));

const jobOf = (taskId: TaskId) => taskIdParts(taskId).jobId;
