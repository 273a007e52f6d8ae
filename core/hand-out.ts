/** Decides who gets which task. Pull: nobody is given more than they asked for. */
import { after, taskIdOf, type EpochMs, type VolunteerId } from "../protocol/ids";
import { hasHadShare, holdBack, useAllowance } from "./allowance";
import {
  currentStage,
  type Doubted,
  type Grid,
  type GridJob,
  type GridVolunteer,
  type OpenTask,
  type Stage,
} from "./grid";
import type { Effect } from "./grid-events";
import { advanceJob } from "./job";
import { forgetUncounted } from "./late-answers";
import { grantLease, hasRoom } from "./leases";
import {
  hasKept,
  hasWithheld,
  isKeptBack,
  isStarving,
  keepForHolder,
  keptTask,
  localTask,
  localWant,
  notePlaced,
  passHeldBlocks,
  takeWithheld,
  wouldFindWithheld,
} from "./locality";
import { bringBack, fits, isFull, isOnOffer, mayFind, mayWorkOn, offerJob, setAside } from "./offer";
import { hasMixed, mixIn, takeMixed } from "./mixing";
import { isFreeAt, packSize, taskIdsOf, type TaskSpan } from "./packs";
import { isJudged, placeAgain, unfitFor } from "./placing";
import { drawKnown, leaseKnown, notesOfChecks } from "./spot-checks";
import { advanceTask, copyOf, NEW_TASK, type EndedCopy, type Place, type Task } from "./task";
import { leavesLastTasks, overdueDecision, setHungry, watchPace } from "./tail";
import type { WantDecision } from "./want-log";

/** Computing time that a volunteer is given of one job before it is the next one's turn: another job costs its slot a new worker, and its volunteer a report. */
const TURN_MS = 1_000;

/** Offers new work, when there is some, to those who wait for work and may find some: longest waiting first, but for tasks that are overdue. */
export function handOutToHungry(grid: Grid, now: EpochMs): Effect[] {
  if (!grid.hasNewWork) return [];
  grid.hasNewWork = false;
  const effects: Effect[] = [];
  const isOpen = (id: VolunteerId) => {
    const volunteer = grid.volunteers.get(id);
    return volunteer !== undefined && mayFind(grid, volunteer);
  };
  const waiting = grid.hasOverdue ? grid.hungry.fastestFirst(isOpen) : grid.hungry.longestFirst(isOpen);
  grid.hasOverdue = false;
  for (const volunteerId of waiting) {
    if (grid.shares.next() === undefined && grid.aside.size === 0) break;
    effects.push(...handOut(grid, volunteerId, now));
  }
  return effects;
}

/**
 * Gives one volunteer what it asked for, as far as there is work it may take: in turns, first to the job that has had
 * least of its share; in a job, tasks that others have begun before fresh ones. Who reads results in order waits for the oldest.
 */
export function handOut(grid: Grid, volunteerId: VolunteerId, now: EpochMs): Effect[] {
  const volunteer = grid.volunteers.get(volunteerId);
  if (volunteer?.presence.state !== "connected") return [];
  const taken: Taken[] = [];
  lookAgain(grid, volunteer);
  for (let before = Infinity; mayTake(grid, volunteer) && volunteer.wanted < before;) {
    before = volunteer.wanted;
    if (grid.aside.size > 0)
      bringBack(grid, volunteer, volunteer.wanted, (job) => hasTaskFor(grid, job, volunteer));
    giveTurns(grid, volunteer, taken, now);
  }
  // Who was passed over has enough to do, and comes again before it has not.
  setHungry(grid, volunteerId, mayTake(grid, volunteer) && volunteer.passedOver.length === 0);
  return taken.flatMap((each) => assign(each, volunteer, now));
}

/** What a volunteer was given of one job. */
interface Taken {
  readonly job: GridJob;
  readonly spans: TaskSpan[];
  /** Those of the spans that it is checked by. */
  readonly checks: TaskSpan[];
}

function giveTurns(grid: Grid, volunteer: GridVolunteer, taken: Taken[], now: EpochMs): void {
  while (mayTake(grid, volunteer)) {
    const id = grid.shares.next();
    const job = id === undefined ? undefined : grid.jobs.get(id);
    if (!job) return;
    const turn = takeTurn(grid, job, volunteer, now);
    if (turn.spans.length === 0) {
      const isHeld = hasHadShare(grid, job, volunteer) && isOnOffer(job) && isFor(grid, job, volunteer);
      if (isHeld) holdBack(grid, job, volunteer, now);
      const isLeft = mayWorkOn(job, volunteer) && leavesToOthers(grid, job, volunteer);
      setAside(grid, job);
      if (isHeld || isLeft) volunteer.passedOver.push(job.id);
      if (volunteer.passedOver.length >= PASSED_OVER) return;
    }
    const before = taken.find((each) => each.job === job);
    before?.spans.push(...turn.spans);
    before?.checks.push(...turn.checks);
    if (!before && turn.spans.length > 0) taken.push(turn);
  }
}

/** True when the volunteer has enough to do for now, and would be given some of the job's tasks if it had not. */
function leavesToOthers(grid: Grid, job: GridJob, volunteer: GridVolunteer): boolean {
  const stage = currentStage(job);
  return (isKeptBack(stage) && !isStarving(volunteer)) || leavesLastTasks(grid, job, stage, volunteer);
}

/** True unless there is nothing in the job that the volunteer may take, whatever it has had of it. */
function isFor(grid: Grid, job: GridJob, volunteer: GridVolunteer): boolean {
  return mayWorkOn(job, volunteer) && hasTaskFor(grid, job, volunteer);
}

/** True when the volunteer has had its share of the job's votes for now, and nothing else is to be had: fresh tasks are for who is proven. */
function isHeldBack(grid: Grid, job: GridJob, volunteer: GridVolunteer): boolean {
  if (!hasHadShare(grid, job, volunteer)) return false;
  return !job.validator.isProven(volunteer.id) || !hasFresh(currentStage(job));
}

/** So many jobs may keep a volunteer waiting at a time. */
const PASSED_OVER = 4;

/** Jobs that kept something back from the volunteer may have it for it now. */
function lookAgain(grid: Grid, volunteer: GridVolunteer): void {
  if (volunteer.passedOver.length === 0) return;
  for (const id of volunteer.passedOver) {
    const job = grid.jobs.get(id);
    if (job) offerJob(grid, job);
  }
  volunteer.passedOver = [];
}

function mayTake(grid: Grid, volunteer: GridVolunteer): boolean {
  return volunteer.wanted > 0 && hasRoom(grid, volunteer);
}

function assign({ job, spans, checks }: Taken, volunteer: GridVolunteer, now: EpochMs): Effect[] {
  const { name: stage } = currentStage(job);
  const effects: Effect[] = notesOfChecks(volunteer, taskIdsOf(job.id, stage, checks), now);
  if (job.life.state === "queued") {
    job.life = advanceJob(job.life, { type: "started", at: now });
    effects.push({ type: "job-changed", jobId: job.id, life: job.life });
  }
  return [...effects, { type: "assign", volunteerId: volunteer.id, jobId: job.id, stage, spans }];
}

function takeTurn(grid: Grid, job: GridJob, volunteer: GridVolunteer, now: EpochMs): Taken {
  const stage = currentStage(job);
  const taken: Taken = { job, spans: [], checks: [] };
  if (!isOnOffer(job) || !mayWorkOn(job, volunteer)) return taken;
  for (let leftMs = TURN_MS + volunteer.paceMs; leftMs > 0 && mayTake(grid, volunteer) && !isFull(job);) {
    if (leavesLastTasks(grid, job, stage, volunteer) || isHeldBack(grid, job, volunteer)) break;
    const known = hasFresh(stage) ? drawKnown(grid, job, stage, volunteer) : null;
    const mayShare = !hasHadShare(grid, job, volunteer);
    const span =
      known ??
      (mayShare ? takeBegun(grid, stage, job, volunteer, now) : null) ??
      takeFresh(grid, job, stage, volunteer, now) ??
      takeKeptBack(grid, job, stage, volunteer, mayShare, now) ??
      (mayShare ? takeUnmixed(grid, job, stage, volunteer) : null);
    if (span === null) break;
    taken.spans.push({ index: span.index, count: span.count });
    if (known) taken.checks.push(known);
    volunteer.wanted -= 1;
    leftMs -= known
      ? leaseKnown(grid, job, stage, known, volunteer, now)
      : lease(grid, job, stage, span, volunteer, now);
  }
  return taken;
}

function hasTaskFor(grid: Grid, job: GridJob, volunteer: GridVolunteer): boolean {
  const stage = currentStage(job);
  const { place } = volunteer;
  const decide = wantDecision(grid, stage, job, volunteer);
  const counting = countingDrops(stage, decide);
  if (stage.wants.has(place, counting) || hasFresh(stage) || hasWithheld(stage, place, counting)) return true;
  // These stay where they are, also those that nobody needs.
  if (hasMixed(stage, decide)) return true;
  return stage.overdue.has(place, overdueDecision(grid, job, stage, volunteer));
}

/** As `hasTaskFor`, for those who only ask: nothing is changed by it. */
export function wouldHaveTaskFor(grid: Grid, job: GridJob, volunteer: GridVolunteer): boolean {
  const stage = currentStage(job);
  const { place } = volunteer;
  if (wouldFindWanted(stage, place, wantDecision(grid, stage, job, volunteer))) return true;
  return stage.overdue.wouldFind(place, overdueDecision(grid, job, stage, volunteer));
}

/** True when a task of the job wants a copy more, though perhaps of nobody who is there. For those who only ask. */
export function lacksCopies(job: GridJob): boolean {
  return wouldFindLacking(job, () => true);
}

/** True when the volunteer could have a copy of a pack, if more copies of the job might be out at once. For those who only ask. */
export function lacksRoom(grid: Grid, job: GridJob, volunteer: GridVolunteer): boolean {
  const isFit = (open: OpenTask) => unfitFor(grid, job, open.task, volunteer) === null;
  return wouldFindLacking(job, (open) => !fits(job, open.count) && isFit(open));
}

function wouldFindLacking(job: GridJob, isIt: (open: OpenTask) => boolean): boolean {
  const stage = currentStage(job);
  return wouldFindWanted(stage, NOWHERE, (index, round) => {
    const open = stage.open.get(index);
    return open?.round === round && isWanted(job, open) && isIt(open) ? "take" : "skip";
  });
}

/** Where nobody has read anything from. */
const NOWHERE: Place = { address: null, account: null, arithmetic: null };

function wouldFindWanted(stage: Stage, reader: Place, decide: WantDecision<number>): boolean {
  if (stage.wants.wouldFind(reader, decide) || hasFresh(stage)) return true;
  return wouldFindWithheld(stage, reader, decide) || hasMixed(stage, decide);
}

/** What others have begun: first what is kept back for this volunteer, last what was kept back for others long enough. */
function takeBegun(
  grid: Grid,
  stage: Stage,
  job: GridJob,
  volunteer: GridVolunteer,
  now: EpochMs,
): TaskSpan | null {
  if (stage.wants.size === 0 && stage.overdue.size === 0 && !stage.locality) return null;
  const decide = wantDecision(grid, stage, job, volunteer);
  const own = localWant(grid, stage, volunteer.id, decide);
  if (own !== null) return spanAt(stage, own);
  const counting = countingDrops(stage, decide);
  const wanted =
    stage.wants.take(volunteer.place, counting) ??
    takeWithheld(grid, stage, volunteer.place, now, false, counting);
  if (wanted !== null) return askedLess(stage, wanted);
  return spanAt(stage, stage.overdue.take(volunteer.place, overdueDecision(grid, job, stage, volunteer)));
}

/** What is kept back for others, before a slot of this volunteer has nothing to do. */
function takeKeptBack(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  volunteer: GridVolunteer,
  mayShare: boolean,
  now: EpochMs,
): TaskSpan | null {
  if (!stage.locality || !isStarving(volunteer)) return null;
  const decide = countingDrops(stage, wantDecision(grid, stage, job, volunteer));
  const wanted = mayShare ? takeWithheld(grid, stage, volunteer.place, now, true, decide) : null;
  if (wanted !== null) return askedLess(stage, wanted);
  return freshSpan(grid, job, stage, volunteer, keptTask(grid, stage, now, true));
}

/** What was to be mixed with more, before the volunteer has nothing to do. */
function takeUnmixed(grid: Grid, job: GridJob, stage: Stage, volunteer: GridVolunteer): TaskSpan | null {
  if (stage.mixing.length === 0) return null;
  const decide = countingDrops(stage, wantDecision(grid, stage, job, volunteer));
  const index = takeMixed(grid, stage, decide);
  return index === null ? null : askedLess(stage, index);
}

/** An entry of a log was taken. */
function askedLess(stage: Stage, index: number): TaskSpan {
  const open = stage.open.get(index);
  if (open) open.asked -= 1;
  return { index, count: open?.count ?? 1 };
}

function wantDecision(
  grid: Grid,
  stage: Stage,
  job: GridJob,
  volunteer: GridVolunteer,
): WantDecision<number> {
  return (index, round) => {
    const open = stage.open.get(index);
    if (!open || open.round !== round) return "drop";
    if (unfitFor(grid, job, open.task, volunteer) !== null) return "skip";
    if (isJudged(stage, index, volunteer)) return "skip";
    if (!isWanted(job, open)) return "drop";
    return fits(job, open.count) ? "take" : "later";
  };
}

/** Whether a copy that was asked for is still to be had. */
function isWanted({ validator }: GridJob, { task, isChecked }: OpenTask): boolean {
  const judgement = validator.judge(task, isChecked);
  // An open task whose answers would do by now, because their volunteers' records have grown, still needs an
  // event to be settled by: the copy that was asked for.
  return judgement.type === "wait" ? judgement.missing > 0 : task.state === "open";
}

/** An entry of this round that nobody needs any more is not asked for any more. */
function countingDrops(stage: Stage, decide: WantDecision<number>): WantDecision<number> {
  return (index, round) => {
    const decision = decide(index, round);
    const open = stage.open.get(index);
    if (decision === "drop" && open?.round === round) open.asked -= 1;
    return decision;
  };
}

function spanAt(stage: Stage, index: number | null): TaskSpan | null {
  return index === null ? null : { index, count: stage.open.get(index)?.count ?? 1 };
}

/** A task that nobody has had: first of a block that the volunteer holds, then of one that nobody holds. */
function takeFresh(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  volunteer: GridVolunteer,
  now: EpochMs,
): TaskSpan | null {
  if (!hasFresh(stage)) return null;
  const task =
    localTask(grid, stage, volunteer.id) ??
    keptTask(grid, stage, now, false) ??
    (passHeldBlocks(grid, stage, now) ? stage.cursor : null);
  return freshSpan(grid, job, stage, volunteer, task);
}

function freshSpan(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  volunteer: GridVolunteer,
  index: number | null,
): TaskSpan | null {
  if (index === null) return null;
  const span = { index, count: packSize(grid, job, stage, volunteer, index) };
  if (index === stage.cursor) stage.cursor += span.count;
  return span;
}

/** True when some task was never handed out. O(1) amortised. */
export function hasFresh(stage: Stage): boolean {
  return isFreshAtCursor(stage) || hasKept(stage);
}

/** The cursor stands at the first fresh task from it on then. */
function isFreshAtCursor(stage: Stage): boolean {
  while (stage.cursor < stage.taskCount) {
    if (isFreeAt(stage, stage.cursor)) return true;
    stage.cursor += 1;
  }
  return false;
}

/** What volunteers ask for is cut to what they may hold; what is cut they have to ask for again. */
export function setWanted(grid: Grid, volunteer: GridVolunteer, wanted: number): void {
  const mayHold = volunteer.quota.tasks ?? grid.policy.tasksHeld;
  volunteer.wanted = Math.max(0, Math.min(wanted, mayHold - volunteer.leases.size));
}

/** The task or pack as it is, or as it begins. */
export function openTask(job: GridJob, stage: Stage, { index, count }: TaskSpan): OpenTask {
  const before = stage.open.get(index);
  if (before) return before;
  stage.packed.addAll(index + 1, count - 1);
  return beginTask(job, stage, { index, count }, NEW_TASK, null);
}

const NOBODY: readonly VolunteerId[] = [];
const NO_ANSWERS: OpenTask["uncounted"] = [];

/** @param doubted What it was accepted as, when it is opened again. */
export function beginTask(
  job: GridJob,
  stage: Stage,
  { index, count }: TaskSpan,
  task: Task,
  doubted: Doubted | null,
): OpenTask {
  const open = {
    id: taskIdOf(job.id, stage.name, index, count),
    task,
    count,
    asked: 0,
    round: nextRound(stage),
    isChecked: false,
    doubted,
    overran: 0,
    breaks: NOBODY,
    uncounted: NO_ANSWERS,
  };
  stage.open.set(index, open);
  return open;
}

/** What was asked for in an earlier round of a task, or before it was accepted and came into doubt, is not to be taken for this one. */
function nextRound(stage: Stage): number {
  stage.rounds += 1;
  return stage.rounds;
}

/** Takes a copy away from its volunteer, which may be given the task again. */
export function dropCopy(stage: Stage, open: OpenTask, volunteerId: VolunteerId): EndedCopy {
  const place = copyOf(open.task, volunteerId)?.place;
  const copy = { state: "lost", volunteerId, ...(place && { place }) } as const;
  open.task = advanceTask(open.task, { type: "ended", copy });
  open.round = nextRound(stage);
  open.asked = 0;
  return copy;
}

/**
 * Writes down that this volunteer runs the task or pack, and asks for the further copies that it needs.
 *
 * @returns What the job was charged for it, in milliseconds.
 */
export function lease(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  { index, count }: TaskSpan,
  volunteer: GridVolunteer,
  now: EpochMs,
): number {
  const open = openTask(job, stage, { index, count });
  // A task costs something, however fast it is: a turn has to end.
  const chargedMs = Math.max(count * stage.cost.meanMs, 0.1);
  notePlaced(grid, stage, index, count, volunteer.id);
  grid.shares.charge(job.id, chargedMs);
  open.isChecked ||= job.validator.drawCheck(volunteer.id);
  forgetUncounted(open, volunteer.id);
  open.task = advanceTask(open.task, {
    type: "leased",
    volunteerId: volunteer.id,
    place: placeAgain(copyOf(open.task, volunteer.id), volunteer),
    at: now,
  });
  useAllowance(job, volunteer.id, now);
  grantLease(grid, job, stage, volunteer, count, {
    type: "run",
    volunteerId: volunteer.id,
    taskId: open.id,
    mentionBy: after(now, grid.policy.silenceMs),
    leasedAt: now,
    chargedMs,
    deadlineTimer: null,
    paceTimer: null,
    check: null,
  });
  askForCopies(grid, job, stage, index, now);
  watchPace(grid, job, stage, index);
  return chargedMs;
}

/** Asks for the copies that the task lacks: in the want log, or by keeping them back for those who hold its block. */
export function askForCopies(grid: Grid, job: GridJob, stage: Stage, index: number, now: EpochMs): void {
  const open = stage.open.get(index);
  if (!open) return;
  const judgement = job.validator.judge(open.task, open.isChecked);
  if (judgement.type !== "wait") return;
  if (open.asked >= judgement.missing) return;
  for (; open.asked < judgement.missing; open.asked++)
    if (!keepForHolder(grid, job, stage, index, now))
      mixIn(grid, stage, { index, round: open.round }, !hasFresh(stage));
  grid.hasNewWork = true;
  offerJob(grid, job);
}
