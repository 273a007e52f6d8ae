/** What a task of a stage costs: the mean computing time of the latest, and the mean size of their outputs. */
export interface TaskCost {
  meanMs: number;
  meanBytes: number;
  samples: number;
}

/** Before the first answer. What a job was charged too much or too little is put right by each answer. */
export const UNKNOWN_COST: TaskCost = { meanMs: 1_000, meanBytes: 0, samples: 0 };

/** About how many of the latest tasks the mean is over. */
const MEMORY = 32;

/** @param elapsedMs Of one task. @param bytes Of its output. */
export function learnCost(
  { meanMs, meanBytes, samples }: TaskCost,
  elapsedMs: number,
  bytes: number,
): TaskCost {
  const part = 1 / Math.min(samples + 1, MEMORY);
  return {
    meanMs: meanMs + (elapsedMs - meanMs) * part,
    meanBytes: meanBytes + (bytes - meanBytes) * part,
    samples: samples + 1,
  };
}
