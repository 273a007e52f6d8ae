/** Goes on without a task that failed for good, as the job asked: it counts as accepted, with no records. */
import { digestOfParts } from "../protocol/digest";
import { taskIdOf, type EpochMs, type VolunteerId } from "../protocol/ids";
import type { Grid, GridJob, Stage } from "./grid";
import type { Effect } from "./grid-events";
import { countEvents } from "./rate";
import { closeTask } from "./close-task";
import { endJob } from "./end-job";
import { finishIfDone } from "./finish-stage";
import type { ProgramError, StoredPart, Task } from "./task";

/** A job will not get any better when the first tasks of a stage, as many, all failed. */
const FIRST_TASKS = 20;

export function skipTask(
  grid: Grid,
  job: GridJob,
  stage: Stage,
  index: number,
  error: ProgramError,
  reporter: VolunteerId | null,
  now: EpochMs,
): Effect[] {
  const open = stage.open.get(index);
  if (!open) return [];
  const taskId = taskIdOf(job.id, stage.name, index);
  const parts: StoredPart[] = [];
  const digest = digestOfParts(parts);
  const valid = creditedFor(open.task, error);
  const skipped = { error: job.onError === "collect" ? error : null };
  const effects: Effect[] = [
    {
      type: "task-accepted",
      taskId,
      digest,
      parts,
      valid,
      invalid: [],
      replaces: open.doubted,
      skipped,
      at: now,
    },
    ...closeTask(grid, job, stage, index, { digest }, reporter, now),
  ];
  stage.skipped += 1;
  job.rate = countEvents(job.rate, 1, now);
  grid.rate = countEvents(grid.rate, 1, now);
  if (areAllFailing(stage)) {
    const message = `The first ${FIRST_TASKS} tasks of ${stage.name} all failed, so the job was stopped. The latest said: ${error.message}`;
    const failure = { code: "tasks-failing", taskId, ...error, message } as const;
    return [...effects, ...endJob(grid, job, { type: "failed", at: now, failure })];
  }
  return [...effects, ...finishIfDone(grid, job, stage, now)];
}

/** Those who agree on an error did what was asked of them. Nobody is held to have been wrong. */
function creditedFor(
  { copies }: Task,
  error: ProgramError,
): { volunteerId: VolunteerId; elapsedMs: number }[] {
  return copies.flatMap((copy) => {
    const agrees =
      copy.state === "failed" && copy.error.message === error.message && copy.error.record === error.record;
    return agrees ? [{ volunteerId: copy.volunteerId, elapsedMs: copy.elapsedMs }] : [];
  });
}

/** Each stage runs another part of the program: that the others did well says nothing of it. */
function areAllFailing({ accepted, skipped }: Stage): boolean {
  return accepted.size >= FIRST_TASKS && skipped === accepted.size;
}
