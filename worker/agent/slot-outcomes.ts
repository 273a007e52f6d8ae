/** Turns what a slot answered into what the coordinator is told: parts that were sent ahead are named by their digests. */
import type { TaskId } from "../../protocol/ids";
import type { Outcome, Part, ReleaseReason } from "../../protocol/task";
import type { Released } from "./late-releases";
import type { SlotOutcome, SlotPart } from "../sandbox/slot-answers";
import type { KeptPart, TaskFeed } from "./task-feed";

/** Of a slot that was lent nothing. Its programs can make it say anything. */
const BROKEN = {
  type: "error",
  message: "The task's worker does not take its input",
  stack: "",
  record: null,
  elapsedMs: 0,
} as const;

/** A task whose stream failed is given back: that was not the program's doing. */
export async function outcomesOf(
  answers: readonly SlotOutcome[],
  feeds: ReadonlyMap<TaskId, TaskFeed>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const answer of answers) {
    const { taskId } = answer;
    if (answer.type === "spoilt") {
      outcomes.push({ ...BROKEN, taskId });
      continue;
    }
    const feed = feeds.get(taskId);
    const kept = feed ? await feed.parts() : [];
    const outcome = kept && (answer.type === "output" ? outputOf(answer, kept) : answer);
    outcomes.push(outcome ?? { type: "released", taskId, reason: feed?.failure ?? "stopped" });
  }
  return outcomes;
}

/** @returns Null when it names a part that never came. */
function outputOf(
  answer: Extract<SlotOutcome, { type: "output" }>,
  kept: readonly KeptPart[],
): Outcome | null {
  const parts = answer.parts.map((part) => ("sent" in part ? blockPart(part, kept) : part));
  const found = parts.filter((part) => part !== null);
  return found.length < parts.length ? null : { ...answer, parts: found };
}

function blockPart(
  { sent, records, partition }: Extract<SlotPart, { sent: number }>,
  kept: readonly KeptPart[],
): Part | null {
  const part = kept[sent];
  return part ? { ...part, records, ...(partition > 0 && { partition }) } : null;
}

export function released(taskIds: Iterable<TaskId>, reason: ReleaseReason): Released[] {
  return [...taskIds].map((taskId) => ({ type: "released", taskId, reason }));
}
