/**
 * What a task of a stage costs: the mean computing time of the latest, how far from it they are on average, and the mean
 * size of their outputs.
 */
export interface TaskCost {
  meanMs: number;
  deviationMs: number;
  meanBytes: number;
  samples: number;
}

/** Before the first answer. What a job was charged too much or too little is put right by each answer. */
export const UNKNOWN_COST: TaskCost = { meanMs: 1_000, deviationMs: 0, meanBytes: 0, samples: 0 };

/** About how many of the latest tasks the mean is over. */
const MEMORY = 32;

/** @param elapsedMs Of one task. @param bytes Of its output. */
export function learnCost(
  { meanMs, deviationMs, meanBytes, samples }: TaskCost,
  elapsedMs: number,
  bytes: number,
): TaskCost {
  const part = 1 / Math.min(samples + 1, MEMORY);
  return {
    meanMs: meanMs + (elapsedMs - meanMs) * part,
    // Half of the first value says: nothing is known of how they differ.
    deviationMs:
      samples === 0 ? elapsedMs / 2 : deviationMs + (Math.abs(elapsedMs - meanMs) - deviationMs) * part,
    meanBytes: meanBytes + (bytes - meanBytes) * part,
    samples: samples + 1,
  };
}

/** So many deviations above the mean hardly a task takes. */
const DEVIATIONS = 4;

/**
 * Until when a volunteer should be done with its copy, at the latest: mean and deviations as of round trips in TCP (Jacobson,
 * Congestion Avoidance and Control, 1988), as slow as this volunteer is.
 *
 * @param tasks That it works through one after the other until then, this copy's among them.
 * @param slowness What the volunteer's copies take over what the tasks take on average.
 */
export function longestMs({ meanMs, deviationMs }: TaskCost, tasks: number, slowness: number): number {
  return slowness * (tasks * meanMs + DEVIATIONS * Math.sqrt(tasks) * deviationMs);
}
