/**
 * What the audit trail tells of a task while its job runs. Everybody may read it, volunteers too, and so it must not say
 *
 *   - what others answered, before the task is decided: who repeats that would be believed without computing anything;
 *   - with an error bound, which tasks are decided, or in whose hands: those are the ones that serve as checks.
 *
 * All of it is told when the job has ended.
 */
import type { JobView, TaskView } from "../protocol/views";

export function toldOf(task: TaskView, { endedAt, options }: Pick<JobView, "endedAt" | "options">): TaskView {
  if (endedAt !== null) return task;
  if (options.maxErrorRate !== null) return seal(task);
  if (task.state === "accepted") return task;
  return { ...task, copies: task.copies.map((copy) => ({ ...copy, digest: null })) };
}

/** A task that nobody has had yet has nothing to hide. */
function seal(task: TaskView): TaskView {
  if (task.state === "waiting" && task.copies.length === 0) return task;
  return { ...task, state: "sealed", digest: null, records: null, copies: [] };
}
