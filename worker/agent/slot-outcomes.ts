/** Turns what a slot answered into what the coordinator is told: large parts become digests, their bytes stay. */
import type { Digest, TaskId } from "../../protocol/ids";
import type { Outcome, Part, ReleaseReason } from "../../protocol/task";
import type { SlotOutcome, SlotPart } from "../sandbox/slot-answers";
import { digestOfBytes } from "./hash";

export interface Delivery {
  readonly outcomes: Outcome[];
  readonly bytes: Map<Digest, Uint8Array<ArrayBuffer>>;
}

export async function deliveryOf(answers: readonly SlotOutcome[]): Promise<Delivery> {
  const bytes = new Map<Digest, Uint8Array<ArrayBuffer>>();
  const outcomes: Outcome[] = [];
  for (const answer of answers) outcomes.push(answer.type === "output" ? await outputOf(answer) : answer);
  return { outcomes, bytes };

  async function outputOf(answer: Extract<SlotOutcome, { type: "output" }>): Promise<Outcome> {
    const parts: Part[] = [];
    for (const part of answer.parts) parts.push("text" in part ? part : await largePart(part));
    return { ...answer, parts };
  }

  async function largePart(part: Extract<SlotPart, { bytes: Uint8Array }>): Promise<Part> {
    const content = new Uint8Array(part.bytes);
    const digest = await digestOfBytes(content);
    bytes.set(digest, content);
    return { digest, bytes: content.byteLength, records: part.records };
  }
}

export function released(taskIds: Iterable<TaskId>, reason: ReleaseReason): Outcome[] {
  return [...taskIds].map((taskId) => ({ type: "released", taskId, reason }));
}
