/** Validation by votes: what the copies of one task amount to. */
import type { CompareRule } from "../protocol/compare";
import type { Digest, VolunteerId } from "../protocol/ids";
import { voteOf } from "./compare";
import type { Copy, ProgramError, ReturnedCopy, Task } from "./task";

export interface ValidationPolicy {
  /** Copies of different volunteers that must agree, from 1. */
  quorum: number;
  /** Copies that are given out at first, `quorum` or more: who is slowest is not waited for. */
  copies: number;
  /** Failing copies of one task after which it is given up. */
  maxErrors: number;
  /** Answers to one task, agreeing or not, after which it is given up. */
  maxCopies: number;
  /** Null for equal bytes. */
  compare: CompareRule | null;
  /** Null: every task needs its quorum. Otherwise outputs are accepted by the estimated error of their volunteers. */
  adaptive: AdaptivePolicy | null;
}

export interface AdaptivePolicy {
  /** Wrong outputs among a stage's accepted ones, as a share of its tasks, that the estimate may reach when it ends. */
  maxErrorRate: number;
}

export type Judgement =
  /** `missing` more copies are wanted beyond those that run; 0 when enough run. */
  | { type: "wait"; missing: number }
  /** Enough agree, but the bytes are in `uploader`'s tab. */
  | { type: "agreed"; digest: Digest; uploader: VolunteerId }
  | { type: "accept"; output: ReturnedCopy; valid: readonly ReturnedCopy[]; invalid: readonly VolunteerId[] }
  | { type: "give-up"; reason: "program-error"; error: ProgramError }
  | { type: "give-up"; reason: "no-agreement"; answers: number };

/**
 * Decides what to do about an open task.
 *
 * An error is an answer like any other: volunteers that see the same error agree on it. But it takes three of them, whatever the quorum,
 * so that one or two that are broken or hostile fail nothing. As many further copies are wanted as the best-placed answer still needs if
 * every running copy were to agree with it, and at least `policy.copies` in all.
 */
export function judge(task: Task, policy: ValidationPolicy): Judgement {
  const outputs = groupBy(task.copies.filter(isReturned), voteOf);
  const agreed = [...outputs.values()].find((copies) => copies.length >= policy.quorum);
  if (agreed) return judgeAgreement(task, agreed);

  const givenUp = judgeDisagreement(task, policy);
  if (givenUp) return givenUp;

  const running = task.copies.filter(({ state }) => state === "leased").length;
  const given = task.copies.filter(({ state }) => state !== "lost").length;
  const needed = Math.min(policy.quorum - largestOf(outputs), SAME_ERRORS - largestOf(errorsOf(task)));
  return { type: "wait", missing: Math.max(0, needed - running, policy.copies - given) };
}

const largestOf = (groups: ReadonlyMap<string, readonly Copy[]>) =>
  Math.max(0, ...[...groups.values()].map((copies) => copies.length));

/** Volunteers that saw the same error, after which it is the program's fault, however small or large the quorum. */
const SAME_ERRORS = 3;

/** The error that so many volunteers have seen as should do when there are no more of them who could; null for none. */
export function errorOfFew(task: Task, { quorum }: ValidationPolicy): ErrorOfFew | null {
  const enough = Math.min(quorum, SAME_ERRORS);
  const [first, ...others] = [...errorsOf(task).values()].find((copies) => copies.length >= enough) ?? [];
  return first
    ? { error: first.error, seenBy: others.length + 1, lacking: SAME_ERRORS - others.length - 1 }
    : null;
}

export interface ErrorOfFew {
  error: ProgramError;
  seenBy: number;
  /** Further volunteers that have to see it. */
  lacking: number;
}

/** Gives a task up that has used all it may, or whose error three volunteers have seen; null while it may go on. */
export function judgeDisagreement(task: Task, policy: ValidationPolicy): Judgement | null {
  const failures = task.copies.filter(isFailed);
  const common = [...errorsOf(task).values()].find((copies) => copies.length >= SAME_ERRORS);
  const failure = common?.at(0) ?? (failures.length >= policy.maxErrors ? failures.at(0) : undefined);
  if (failure) return { type: "give-up", reason: "program-error", error: failure.error };
  const answers = failures.length + task.copies.filter(isReturned).length;
  return answers >= policy.maxCopies ? { type: "give-up", reason: "no-agreement", answers } : null;
}

/** Accepts what these copies agree on, once the coordinator holds its bytes. */
export function judgeAgreement(task: Task, agreed: readonly ReturnedCopy[]): Judgement {
  const output = agreed.find(({ bytesHere }) => bytesHere);
  const [latest] = agreed.slice(-1);
  if (!output && latest) return { type: "agreed", digest: latest.digest, uploader: latest.volunteerId };
  if (!output) throw new Error("judgeAgreement needs at least one agreeing copy");
  const invalid = task.copies.filter(
    (copy) => copy.state === "failed" || (isReturned(copy) && voteOf(copy) !== voteOf(output)),
  );
  return { type: "accept", output, valid: agreed, invalid: invalid.map(({ volunteerId }) => volunteerId) };
}

/** Copies that failed, by what they said: the same error at the same record is one answer. */
function errorsOf(task: Task): Map<string, Extract<Copy, { state: "failed" }>[]> {
  return groupBy(task.copies.filter(isFailed), ({ error }) => `${error.record}: ${error.message}`);
}

export function isReturned(copy: Copy): copy is ReturnedCopy {
  return copy.state === "returned";
}

function isFailed(copy: Copy): copy is Extract<Copy, { state: "failed" }> {
  return copy.state === "failed";
}

export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
