/** Makes and takes apart the names of tasks. Apart from ids.ts, because slots have no zod: it would be four fifths of them. */
import type { JobId, StageName, TaskId } from "./ids";

/** @param count Tasks in the pack; 1 for a task by itself. */
export function taskIdOf(jobId: JobId, stage: StageName, index: number, count = 1): TaskId {
  return `${jobId}/${stage}/${index}${count > 1 ? `+${count}` : ""}` as TaskId;
}

export interface TaskIdParts {
  jobId: JobId;
  stage: StageName;
  /** Of the first task. */
  index: number;
  /** How many tasks it names, in a row. */
  count: number;
}

export function taskIdParts(taskId: TaskId): TaskIdParts {
  const [jobId, stage, tasks = ""] = taskId.split("/");
  const [index, count = 1] = tasks.split("+");
  return { jobId: jobId as JobId, stage: stage as StageName, index: Number(index), count: Number(count) };
}
