/**
 * Answers that are no votes, though their volunteers had been given the task: of copies that were taken back while others got the
 * task, and of tasks that are decided.
 *
 *   its task is decided ──▶ equal to what was accepted ──▶ valid, with credit
 *                      └──▶ late
 *   others have it, beside whom its volunteer may have no say ┐
 *   it was given out before the task's input was corrected ───┴──▶ late ── the task is accepted as the same ──▶ valid, with credit
 *
 * Who holds the lease has the say: two of one household that have had the same task in turn are one vote, whoever of them answers first.
 */
import { taskIdParts, type EpochMs, type TaskId, type VolunteerId } from "../protocol/ids";
import { outputsAgree } from "./compare";
import { CompareEffort } from "./compare-effort";
import type { FoundTask } from "./find-task";
import type { Accepted, Grid, GridJob, GridVolunteer, OpenTask } from "./grid";
import type { Effect, ReportedOutcome } from "./grid-events";
import { noteRevoked } from "./leases";
import { barrierFor } from "./offer";
import { unfitAgain, unfitFor } from "./placing";
import { isInline, NEW_TASK, type EndedCopy, type ReturnedCopy } from "./task";

/**
 * Whether a volunteer may go on with a copy that it has no lease of, or have a say by it: by the rules by which it would be handed the task
 * now. How many may be at work at once is no matter of votes.
 */
export function mayAnswer(grid: Grid, { job, open }: FoundTask, volunteer: GridVolunteer): boolean {
  const task = open?.task ?? NEW_TASK;
  if (!suits(job, volunteer) || unfitFor(grid, job, task, volunteer) !== null) return false;
  // Neither may those whom it could not have shared it with where it was given out, nor by the engine that it had there.
  return unfitAgain(grid, job, task, volunteer) === null;
}

/**
 * Whether a task was accepted for an input that has been corrected since. What was given out from then on is known: a ticket for a copy that
 * is not was given for the old input, of which an honest answer is no vote and none to be caught by.
 */
export function isStale(open: OpenTask | undefined): boolean {
  return open?.doubted?.volunteerIds.length === 0;
}

/** Those that compute alike may come later: nobody but them will have a say then. */
function suits(job: GridJob, volunteer: GridVolunteer): boolean {
  const barrier = barrierFor(job, volunteer);
  if (barrier === "engine-alone") return volunteer.device.arithmetic !== null;
  return barrier === null || barrier === "volunteer-limit";
}

/** Keeps an answer that is no vote for the audit trail, and for its credit if its task is accepted as the same. Each volunteer has one. */
export function noteUncounted(
  open: OpenTask | undefined,
  taskId: TaskId,
  copy: EndedCopy,
  leasedAt: EpochMs | null,
  now: EpochMs,
): Effect[] {
  if (open?.uncounted.some(({ volunteerId }) => volunteerId === copy.volunteerId)) return [];
  if (open && copy.state === "returned") open.uncounted = [...open.uncounted, copy];
  return [{ type: "copy-ended", taskId, copy, verdict: "late", leasedAt, at: now }];
}

/** Its volunteer has the task anew, or a say: that is its answer. */
export function forgetUncounted(open: OpenTask, volunteerId: VolunteerId): void {
  if (open.uncounted.length > 0)
    open.uncounted = open.uncounted.filter((copy) => copy.volunteerId !== volunteerId);
}

/** The task was accepted: those that said the same without a vote have their credit. */
export function creditUncounted({ id, uncounted }: OpenTask, accepted: Accepted, now: EpochMs): Effect[] {
  const effort = new CompareEffort();
  return uncounted
    .filter((copy) => isLike(copy, accepted, effort))
    .map((copy) => ({ type: "copy-ended", taskId: id, copy, verdict: "valid", leasedAt: null, at: now }));
}

/** So much of an accepted output is kept for comparing late ones with it. */
const KEPT_BYTES = 65_536;

/** What late answers are compared with. */
export function acceptedAs({ digest, parts }: ReturnedCopy, { policy }: GridJob): Accepted {
  const rule = policy.compare;
  const isKept = rule !== null && parts.every(isInline) && sizeOf(parts) <= KEPT_BYTES;
  return isKept ? { digest, compared: { parts, rule } } : { digest };
}

const sizeOf = (parts: ReturnedCopy["parts"]) => parts.reduce((sum, { bytes }) => sum + bytes, 0);

function isLike(copy: EndedCopy, { digest, compared }: Accepted, effort: CompareEffort): boolean {
  if (copy.state !== "returned") return false;
  if (copy.digest === digest) return true;
  return compared !== undefined && outputsAgree(compared.parts, copy.parts, compared.rule, effort);
}

/**
 * An output for a task that was decided without it goes into the audit trail, if it had been given out; one like what was
 * accepted gets its credit all the same. What is remembered of the copy comes before what the shell found of it, which may be old by now.
 */
export function takeLate(
  volunteer: GridVolunteer,
  outcome: Exclude<ReportedOutcome, { type: "released" }>,
  copy: EndedCopy,
  unanswered: Accepted | undefined,
  now: EpochMs,
): Effect[] {
  const { taskId } = outcome;
  const revoked = volunteer.revoked?.get(taskId);
  const { accepted: digest = null, leasedAt = null } = outcome.given ?? {};
  const found = unanswered ?? (digest === null ? undefined : { digest });
  const accepted = revoked === undefined ? found : revoked.accepted;
  if (!accepted) return [];
  const verdict = isLike(copy, accepted, new CompareEffort()) ? "valid" : "late";
  if (verdict === "valid") noteRevoked(volunteer, taskId, { accepted: null, at: now });
  else volunteer.revoked?.delete(taskId);
  return [{ type: "copy-ended", taskId, copy, verdict, leasedAt, at: now }];
}

/** What the task was accepted as, if it was out with this volunteer when the coordinator stopped. Said once. */
export function takeUnanswered(grid: Grid, { id }: GridVolunteer, taskId: TaskId): Accepted | undefined {
  const ofVolunteer = grid.jobs.get(taskIdParts(taskId).jobId)?.unanswered.get(id);
  const digest = ofVolunteer?.get(taskId);
  ofVolunteer?.delete(taskId);
  return digest && { digest };
}
