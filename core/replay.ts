/** Makes volunteers' records again, from what the database knows of a job's accepted tasks. */
import type { GridJob } from "./grid";
import type { PastAcceptance } from "./grid-events";
import type { ReturnedCopy } from "./task";
import type { Doubt } from "./validator";

/**
 * Learns from accepted tasks once more, in the order in which they were accepted.
 *
 * @returns Those in doubt now: of the volunteers that were caught, what they had answered alone and nobody has answered since.
 */
export function replay({ validator }: GridJob, history: readonly PastAcceptance[]): Doubt[] {
  const doubts = new Map<number, Doubt>();
  for (const { index, digest, votes } of history) {
    const copies = votes.map(copyFrom);
    const [output] = copies.filter((copy) => copy.digest === digest);
    // A task that was skipped has no output.
    if (!output) continue;
    const valid = copies.filter((copy) => copy.digest === digest);
    const invalid = copies.filter((copy) => copy.digest !== digest).map(({ volunteerId }) => volunteerId);
    const task = { state: "accepted", copies, digest } as const;
    const found = validator.learn(index, task, { type: "accept", output, valid, invalid });
    for (const doubt of found) doubts.set(doubt.index, doubt);
  }
  return [...doubts.values()];
}

function copyFrom({ volunteerId, digest }: PastAcceptance["votes"][number]): ReturnedCopy {
  return { state: "returned", volunteerId, digest, parts: [], bytesHere: true, elapsedMs: 0 };
}
