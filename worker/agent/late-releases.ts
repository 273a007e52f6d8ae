/**
 * Gives tasks back that have come to nothing here, after a pause. They may well come to this tab again, and would go round as fast as
 * the line carries them; so a task's pause grows each time.
 */
import type { TaskId } from "../../protocol/ids";
import type { Outcome } from "../../protocol/task";
import type { Clock } from "./clock";

export type Released = Extract<Outcome, { type: "released" }>;

export interface LateReleases {
  add(outcomes: readonly Released[]): void;
  /** Those that nobody waits for any more. */
  forget(taskId: TaskId): void;
}

const FIRST_MS = 250;
const MOST_MS = 4_000;
/** Tasks of which it is remembered how often they were here. */
const REMEMBERED = 1_000;

/** @param giveBack Called with some of those that were added, once their pause is over. */
export function openLateReleases(
  clock: Clock,
  giveBack: (outcomes: readonly Released[]) => void,
): LateReleases {
  const waiting = new Map<TaskId, Released>();
  /** Least recently added first. */
  const pauses = new Map<TaskId, number>();

  return {
    add(outcomes) {
      if (outcomes.length === 0) return;
      for (const outcome of outcomes) waiting.set(outcome.taskId, outcome);
      const pauseMs = Math.max(...outcomes.map(({ taskId }) => pauseOf(taskId)));
      clock.after(pauseMs, () => {
        // One may have been forgotten since, and even have come anew.
        const due = outcomes.filter((outcome) => waiting.get(outcome.taskId) === outcome);
        for (const { taskId } of due) waiting.delete(taskId);
        if (due.length > 0) giveBack(due);
      });
    },
    forget: (taskId) => void waiting.delete(taskId),
  };

  function pauseOf(taskId: TaskId): number {
    const before = pauses.get(taskId);
    const pauseMs = before === undefined ? FIRST_MS : Math.min(MOST_MS, 2 * before);
    pauses.delete(taskId);
    pauses.set(taskId, pauseMs);
    const [oldest] = pauses.keys();
    if (pauses.size > REMEMBERED && oldest !== undefined) pauses.delete(oldest);
    return pauseMs;
  }
}
