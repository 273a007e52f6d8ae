/** What a task of a stage costs: the mean computing time of the latest. */
export interface TaskCost {
  meanMs: number;
  samples: number;
}

/** Before the first answer. What a job was charged too much or too little is put right by each answer. */
export const UNKNOWN_COST: TaskCost = { meanMs: 1_000, samples: 0 };

/** About how many of the latest tasks the mean is over. */
const MEMORY = 32;

export function learnCost({ meanMs, samples }: TaskCost, elapsedMs: number): TaskCost {
  const part = 1 / Math.min(samples + 1, MEMORY);
  return { meanMs: meanMs + (elapsedMs - meanMs) * part, samples: samples + 1 };
}
