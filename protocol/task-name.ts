/** Makes and takes apart the names of tasks. Apart from ids.ts, because slots have no zod: it would be four fifths of them. */
import type { JobId, StageName, TaskId } from "./ids";

/** What the names of one stage begin with: mostly those of the stage that was asked for last. */
let latestStage: { jobId: JobId; stage: StageName; prefix: string } | null = null;

/** @param count Tasks in the pack; 1 for a task by itself. */
export function taskIdOf(jobId: JobId, stage: StageName, index: number, count = 1): TaskId {
  if (latestStage?.stage !== stage || latestStage.jobId !== jobId)
    latestStage = { jobId, stage, prefix: `${jobId}/${stage}/` };
  const first = latestStage.prefix + String(index);
  return (count > 1 ? `${first}+${count}` : first) as TaskId;
}

export interface TaskIdParts {
  readonly jobId: JobId;
  readonly stage: StageName;
  /** Of the first task. */
  readonly index: number;
  /** How many tasks it names, in a row. */
  readonly count: number;
}

/** The name that was taken apart last: what is done about an event asks for the same several times in a row. */
let latest: { taskId: TaskId; parts: TaskIdParts } | null = null;

export function taskIdParts(taskId: TaskId): TaskIdParts {
  if (latest?.taskId !== taskId) latest = { taskId, parts: partsOf(taskId) };
  return latest.parts;
}

function partsOf(taskId: TaskId): TaskIdParts {
  // Slices cost a third of what splitting does.
  const stageAt = taskId.indexOf("/") + 1;
  const tasksAt = taskId.indexOf("/", stageAt) + 1;
  const plus = taskId.indexOf("+", tasksAt);
  return {
    jobId: taskId.slice(0, stageAt - 1) as JobId,
    stage: taskId.slice(stageAt, tasksAt - 1) as StageName,
    index: Number(plus < 0 ? taskId.slice(tasksAt) : taskId.slice(tasksAt, plus)),
    count: plus < 0 ? 1 : Number(taskId.slice(plus + 1)),
  };
}
