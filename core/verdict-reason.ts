/** Says why a copy has the verdict that it has, for the audit trail: in a sentence, from what was decided. */
import type { Digest, VolunteerId } from "../protocol/ids";
import { unreachable } from "../protocol/unreachable";

/** A copy as the audit trail knows it. */
export interface JudgedCopy {
  volunteerId: VolunteerId;
  state: "leased" | "returned" | "failed" | "lost";
  verdict: "pending" | "valid" | "invalid" | "late" | "none";
  digest: Digest | null;
  /** True when its input was corrected afterwards, and the task computed anew. */
  isPast: boolean;
}

/** What became of the task that the copy is of. */
export interface JudgedTask {
  copies: readonly JudgedCopy[];
  /** What it was accepted as; null while it is not, and for one that was gone on without. */
  digest: Digest | null;
  isSkipped: boolean;
  /** True when outputs are compared otherwise than byte by byte. */
  isTolerant: boolean;
  /** True when an answer may be believed alone, by what its volunteer has shown. */
  isAdaptive: boolean;
  hasEnded: boolean;
}

export function reasonOf(copy: JudgedCopy, task: JudgedTask): string {
  if (copy.isPast)
    return "Was computed of an input that was corrected afterwards: the task was computed anew.";
  switch (copy.verdict) {
    case "valid":
      return whyValid(copy, task);
    case "invalid":
      return whyInvalid(copy, task);
    case "late":
      return whyLate(task);
    case "pending":
      return task.hasEnded
        ? "The job ended before the task was decided."
        : "Waits until enough others have answered the task.";
    case "none":
      return whyNone(copy);
    default:
      return unreachable(copy.verdict);
  }
}

function whyValid(copy: JudgedCopy, task: JudgedTask): string {
  if (task.isSkipped) return "Others saw the same error, and the job went on without the task.";
  const others = task.copies.filter(
    ({ verdict, volunteerId, isPast }) => verdict === "valid" && volunteerId !== copy.volunteerId && !isPast,
  ).length;
  const how = task.isTolerant ? "Agrees within the job's tolerance with" : "Has the same digest as";
  if (others > 0) return `${how} the output of ${counted(others)}, and was accepted.`;
  return task.isAdaptive
    ? "Was believed alone: its volunteer's record keeps the expected error within the job's bound."
    : "Was accepted alone: the job asks for one answer to each task and does not validate.";
}

function whyLate({ digest, isSkipped, hasEnded }: JudgedTask): string {
  return digest === null && !isSkipped && !hasEnded
    ? "Came when its copy had been taken back, and is no vote beside others that have the task: it gets its credit if the task is accepted as the same."
    : "Came after the task was decided, or when its copy had been taken back, and is not like the accepted output: it counts for nothing.";
}

function whyInvalid(copy: JudgedCopy, { copies }: JudgedTask): string {
  const agreeing = copies.filter(({ verdict, isPast }) => verdict === "valid" && !isPast).length;
  return copy.state === "failed"
    ? `Failed where ${counted(agreeing)} returned an output that was accepted.`
    : `Differs from the output that was accepted, on which ${counted(agreeing)} ${agreeing === 1 ? "stands" : "agree"}.`;
}

function whyNone({ state }: JudgedCopy): string {
  switch (state) {
    case "leased":
      return "Runs, or waits in the volunteer's tab.";
    case "lost":
      return "Gave no answer: it was taken back, or its volunteer went away or fell silent.";
    case "returned":
    case "failed":
      return "Counts for nothing: the pack that it was part of was taken apart, and its tasks were given out singly.";
    default:
      return unreachable(state);
  }
}

const counted = (count: number) => (count === 1 ? "one other volunteer" : `${count} other volunteers`);
