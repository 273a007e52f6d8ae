/** What of one stage lies ready for one volunteer: tasks whose blocks it holds. Kept beside what the volunteer holds. */

export interface LocalQueue {
  /** How much of the volunteer's log of blocks was looked at, and which writing of it. */
  mark: number;
  generation: number;
  /** Blocks of the stage that it holds, the next one last; their fresh tasks are for it first. */
  places: number[];
  /** Tasks that want one more copy, kept back for it: the oldest first. */
  wants: { index: number; round: number }[];
}

export function openLocalQueue(): LocalQueue {
  return { mark: 0, generation: 0, places: [], wants: [] };
}
