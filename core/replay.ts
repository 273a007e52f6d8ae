/** Makes volunteers' records again, from what the database knows of a job's accepted tasks. */
import { taskIdOf } from "../protocol/ids";
import type { GridJob, Stage } from "./grid";
import type { PastAcceptance } from "./grid-events";
import { noteJudged } from "./placing";
import { noteOutvoted } from "./suspects";
import type { Copy, ReturnedCopy } from "./task";
import type { Doubt } from "./validator";

/**
 * Learns from accepted tasks once more, in the order in which they were accepted.
 *
 * @returns Those in doubt now: of the volunteers that were caught, what they had answered alone and nobody has answered since.
 */
export function replay(job: GridJob, stage: Stage, history: readonly PastAcceptance[]): Doubt[] {
  const doubts = new Map<number, Doubt>();
  for (const { index, digest, votes, failed } of history) {
    noteJudged(job, stage, index, failed);
    const copies = votes.map(copyFrom);
    const [output] = copies.filter((copy) => copy.digest === digest);
    // A task that was skipped has no output.
    if (!output) continue;
    const valid = copies.filter((copy) => copy.digest === digest);
    const others = copies.filter((copy) => copy.digest !== digest);
    const invalid = others.map(({ volunteerId }) => volunteerId);
    if (valid.length > 1) noteOutvoted(job, taskIdOf(job.id, stage.name, index), others);
    const task = { state: "accepted", copies, digest } as const;
    const found = job.validator.learn(index, task, { type: "accept", output, valid, invalid });
    for (const doubt of found) doubts.set(doubt.index, doubt);
  }
  return [...doubts.values()];
}

/**
 * Doubts those accepted tasks once more that were in doubt: of which there are answers that nothing was decided on.
 *
 * @param history As it was replayed.
 */
export function doubtAgain(
  { validator, policy }: GridJob,
  history: readonly PastAcceptance[],
  undecided: readonly { index: number; copy: Copy }[],
): Doubt[] {
  if (policy.adaptive === null) return [];
  const indexes = new Set(undecided.map(({ index }) => index));
  return history
    .filter(({ index }) => indexes.has(index))
    .flatMap(({ index, digest, votes }) => {
      const [first, ...others] = votes.map(copyFrom).filter((copy) => copy.digest === digest);
      return first ? [validator.contradict(index, [first, ...others])] : [];
    });
}

function copyFrom({ volunteerId, digest }: PastAcceptance["votes"][number]): ReturnedCopy {
  return { state: "returned", volunteerId, digest, parts: [], bytesHere: true, elapsedMs: 0 };
}
