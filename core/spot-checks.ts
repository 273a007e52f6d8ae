/**
 * Spot checks: now and then a volunteer that would be believed alone is given a task that others have agreed on already
 * (Sarmenta 2001). It looks like any other, and its answer is weighed at once.
 *
 *   answers the same ──▶ adds to its record
 *   outweighed by those who agreed ──▶ caught
 *   otherwise ──▶ the task is open again, with all their answers: others decide who is wrong
 *
 * A run lease of an accepted task is one: nothing else of the task is touched, so nobody waits for the answer, and the stage may
 * end without it.
 */
import { after, taskIdOf, type EpochMs, type TaskId, type VolunteerId } from "../protocol/ids";
import type { Grid, GridJob, GridVolunteer, OpenTask, RunLease, Stage } from "./grid";
import type { Effect } from "./grid-events";
import { endLease, grantLease, revokeLease } from "./leases";
import type { TaskSpan } from "./packs";
import { isJudged, noteJudged, unfitFor } from "./placing";
import { noteGrown } from "./settle-grown";
import type { EndedCopy, ReturnedCopy } from "./task";
import type { Acceptance, Doubt } from "./validator";

/** An accepted task, or pack, on which two or more volunteers agreed. */
export interface KnownTask {
  readonly index: number;
  readonly count: number;
  readonly copies: readonly [ReturnedCopy, ...ReturnedCopy[]];
  /** All who were given it: what they say may have come too late, and count already. */
  readonly holders: readonly VolunteerId[];
}

/** Known tasks of a stage that are kept: the latest, for they are those whose inputs tabs hold. */
const KEPT = 64;

/** Notes an acceptance, if its task may serve as a check. */
export function noteKnown(
  job: GridJob,
  stage: Stage,
  index: number,
  { task, count }: OpenTask,
  { valid }: Acceptance,
): void {
  if (job.policy.adaptive === null || job.policy.compare !== null || job.recheck) return;
  if (valid.filter(({ volunteerId }) => job.validator.admits(volunteerId)).length < 2) return;
  // Its bytes lie where the job's outputs are; to compare, the digest will do.
  const copies = valid.map((copy) => ({ ...copy, parts: [], bytesHere: true }));
  const [first, ...others] = copies;
  if (!first) return;
  const held = task.copies.filter(({ state }) => state !== "lost");
  stage.known.push({
    index,
    count,
    copies: [first, ...others],
    holders: held.map(({ volunteerId }) => volunteerId),
  });
  if (stage.known.length > KEPT) stage.known.shift();
}

/** @returns A task to check this volunteer by, if it is due for one and there is one that it has had no part in. */
export function drawKnown(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  volunteer: GridVolunteer,
): KnownTask | null {
  const { known } = stage;
  if (known.length === 0 || job.recheck || !job.validator.drawSpotCheck(volunteer.id)) return null;
  const start = Math.floor(grid.chance.next() * known.length);
  const drawn = [...known.slice(start), ...known.slice(0, start)].find(({ index, copies, holders }) => {
    if (holders.includes(volunteer.id) || isJudged(stage, index, volunteer)) return false;
    const task = { state: "open", copies: [...copies] } as const;
    return stage.accepted.has(index) && unfitFor(grid, job, task, volunteer) === null;
  });
  if (!drawn) return null;
  // Each serves once: another answer of its volunteers would be no news.
  known.splice(known.indexOf(drawn), 1);
  return drawn;
}

const idOf = (job: GridJob, stage: Stage, { index, count }: TaskSpan) =>
  taskIdOf(job.id, stage.name, index, count);

/** @returns What the job was charged for it, in milliseconds. */
export function leaseKnown(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  known: KnownTask,
  volunteer: GridVolunteer,
  now: EpochMs,
): number {
  const chargedMs = Math.max(known.count * stage.cost.meanMs, 0.1);
  grid.shares.charge(job.id, chargedMs);
  grantLease(grid, job, stage, volunteer, known.count, {
    type: "run",
    volunteerId: volunteer.id,
    taskId: idOf(job, stage, known),
    mentionBy: after(now, grid.policy.silenceMs),
    leasedAt: now,
    chargedMs,
    deadlineTimer: null,
    paceTimer: null,
    check: known,
  });
  return chargedMs;
}

/** The lease by which the volunteer is checked; null when it was given the task as one to do. */
export function checkOf({ leases }: GridVolunteer, taskId: TaskId): KnownTask | null {
  const lease = leases.get(taskId);
  return lease?.type === "run" ? lease.check : null;
}

/** Notes that a volunteer was given these tasks as checks: a coordinator that is killed meanwhile knows by that whom it gave them. */
export function notesOfChecks(volunteer: GridVolunteer, taskIds: readonly TaskId[], now: EpochMs): Effect[] {
  const { id: volunteerId, place } = volunteer;
  return taskIds.map((taskId) => ({
    type: "copy-ended",
    taskId,
    copy: { state: "lost", volunteerId, place },
    verdict: "none",
    leasedAt: now,
    at: now,
  }));
}

/** What the answer of a volunteer that is checked amounts to. */
export interface CheckedAnswer {
  readonly effects: Effect[];
  /** What is in doubt by it: its own task, or what its volunteer was believed alone. */
  readonly doubts: readonly Doubt[];
  /** As if its task were accepted only now; null when that teaches nothing about the volunteer, or nothing yet. */
  readonly acceptance: Acceptance | null;
}

/** Weighs the answer of a volunteer that is checked. A program that fails on one device is no lie. */
export function takeChecked(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  volunteer: GridVolunteer,
  taskId: TaskId,
  known: KnownTask,
  copy: Exclude<EndedCopy, { state: "lost" }>,
  now: EpochMs,
): CheckedAnswer {
  const { leasedAt } = volunteer.leases.get(taskId) as RunLease;
  const { elapsedMs, state } = copy;
  endLease(grid, job, stage, volunteer, taskId, now, { elapsedMs, isFailed: state === "failed" });
  const weight = copy.state === "failed" ? "failed" : weigh(job, known, copy);
  const verdict = VERDICTS[weight];
  const effects: Effect[] = [{ type: "copy-ended", taskId, copy, verdict, leasedAt, at: now }];
  const nothing = { effects, doubts: [], acceptance: null };
  if (verdict === "valid" || verdict === "invalid") noteJudged(job, stage, known.index, [volunteer.id]);
  if (copy.state === "failed" || weight === "undecidable") return nothing;
  if (weight === "contradicts")
    return { ...nothing, doubts: [job.validator.contradict(known.index, known.copies)] };
  const isRight = weight === "right";
  const doubts = job.validator.learnChecked(volunteer.id, isRight);
  noteGrown(grid, job);
  const valid = isRight ? [...known.copies, copy] : [...known.copies];
  const invalid = isRight ? [] : [volunteer.id];
  return { effects, doubts, acceptance: { type: "accept", output: known.copies[0], valid, invalid } };
}

const VERDICTS = {
  right: "valid",
  outvoted: "invalid",
  failed: "invalid",
  contradicts: "pending",
  undecidable: "late",
} as const;

/**
 * What others agreed on may be wrong: they may have lied together. So an answer that differs is weighed against theirs as if all had come
 * at once, by what each volunteer has shown until now.
 *
 * @returns `contradicts` when what was accepted would not be accepted any more: others have to look at it. `undecidable` when the task has
 *   had as many answers as it may have.
 */
function weigh(
  { validator }: GridJob,
  { copies }: KnownTask,
  copy: ReturnedCopy,
): "right" | "outvoted" | "contradicts" | "undecidable" {
  const [{ digest }] = copies;
  if (copy.digest === digest) return "right";
  const judgement = validator.judge({ state: "open", copies: [...copies, copy] }, true);
  if (judgement.type === "give-up") return "undecidable";
  return judgement.type === "accept" && judgement.output.digest === digest ? "outvoted" : "contradicts";
}

/** The stage is over: nobody waits for the answers of those who are checked, but they count when they come. */
export function releaseChecked(grid: Grid, job: GridJob, stage: Stage, now: EpochMs): Effect[] {
  return [...job.atWork.keys()].flatMap((volunteerId): Effect[] => {
    const volunteer = grid.volunteers.get(volunteerId);
    if (!volunteer) return [];
    const taskIds: TaskId[] = [];
    for (const [taskId, lease] of volunteer.leases) {
      if (lease.type !== "run" || lease.check === null || !isOf(lease, job)) continue;
      const { digest } = lease.check.copies[0];
      revokeLease(grid, job, stage, volunteer, taskId, { digest }, now);
      taskIds.push(taskId);
    }
    return taskIds.length === 0 ? [] : [{ type: "revoke", volunteerId, taskIds }];
  });
}

const isOf = ({ taskId }: RunLease, { id }: GridJob) => taskId.startsWith(`${id}/`);
