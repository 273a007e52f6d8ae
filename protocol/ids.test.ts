import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Digest, JobId, TaskId, taskIdOf, taskIdParts, VolunteerId } from "./ids";
import { LIMITS } from "./limits";

const JOB = JobId.parse("job_0123456789abcdef");
const isTaskId = (text: string) => TaskId.safeParse(text).success;

describe("ids", () => {
  it("[PV13] a task is named by its job, stage and place, and can be taken apart again", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("map" as const, "reduce" as const),
        fc.nat(999_999_999),
        fc.integer({ min: 1, max: LIMITS.packTasks }),
        (stage, index, count) => {
          const taskId = taskIdOf(JOB, stage, index, count);
          expect(isTaskId(taskId)).toBe(true);
          expect(taskIdParts(taskId)).toEqual({ jobId: JOB, stage, index, count });
        },
      ),
    );
  });

  it("[PV14] a task has one name only", () => {
    const wrong = [
      "map/0",
      `${JOB}/shuffle/0`,
      `${JOB}/map/00`,
      `${JOB}/map/-1`,
      `${JOB}/map/1e3`,
      `${JOB}/map/0\n`,
      `${JOB}/map/0+1`,
      `${JOB}/map/0+01`,
      `${JOB}/map/0+12345`,
    ];
    expect(wrong.filter(isTaskId)).toEqual([]);
  });

  it("[PV15] ids of another kind or case are refused", () => {
    expect(JobId.safeParse("job_0123").success).toBe(false);
    expect(VolunteerId.safeParse("v_0123456789ABCDEF").success).toBe(false);
    expect(Digest.safeParse("A".repeat(64)).success).toBe(false);
  });
});
