/** Begins tasks that nobody has had, or that are open once more, and takes copies away from their volunteers. Who is given a task is not decided here. */
import { taskIdOf, type VolunteerId } from "../protocol/ids";
import type { Doubted, GridJob, OpenTask, Stage } from "./grid";
import type { TaskSpan } from "./packs";
import { advanceTask, copyOf, NEW_TASK, type EndedCopy, type Task } from "./task";

/** The task or pack as it is, or as it begins. */
export function openTask(job: GridJob, stage: Stage, { index, count }: TaskSpan): OpenTask {
  const before = stage.open.get(index);
  if (before) return before;
  stage.packed.addAll(index + 1, count - 1);
  return beginTask(job, stage, { index, count }, NEW_TASK, null);
}

const NOBODY: readonly VolunteerId[] = [];
const NO_ANSWERS: OpenTask["uncounted"] = [];

/** @param doubted What it was accepted as, when it is opened again. */
export function beginTask(
  job: GridJob,
  stage: Stage,
  { index, count }: TaskSpan,
  task: Task,
  doubted: Doubted | null,
): OpenTask {
  const open = {
    id: taskIdOf(job.id, stage.name, index, count),
    task,
    count,
    asked: 0,
    round: nextRound(stage),
    isChecked: false,
    doubted,
    overran: 0,
    breaks: NOBODY,
    uncounted: NO_ANSWERS,
  };
  stage.open.set(index, open);
  return open;
}

/** What was asked for in an earlier round of a task, or before it was accepted and came into doubt, is not to be taken for this one. */
function nextRound(stage: Stage): number {
  stage.rounds += 1;
  return stage.rounds;
}

/** Takes a copy away from its volunteer, which may be given the task again. */
export function dropCopy(stage: Stage, open: OpenTask, volunteerId: VolunteerId): EndedCopy {
  const place = copyOf(open.task, volunteerId)?.place;
  const copy = { state: "lost", volunteerId, ...(place && { place }) } as const;
  open.task = advanceTask(open.task, { type: "ended", copy });
  open.round = nextRound(stage);
  open.asked = 0;
  return copy;
}
