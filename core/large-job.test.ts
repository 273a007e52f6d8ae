/** What a job of ten million tasks costs before any of them runs. */
import { describe, expect, it } from "vitest";
import { output } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";
import { LIMITS } from "../protocol/limits";

const TASKS = LIMITS.tasksPerStage;
const MIB = 2 ** 20;

describe("a job of ten million tasks", () => {
  it("[SC21] starts in under a second, and takes memory for what is in flight and three bits a task", () => {
    const { grid, submit, join, report } = openTestGrid({}, false);
    // Something is handed out before, so that nothing is compiled in the second that counts.
    submit({ id: "small", quorum: 1 });
    join("ada", { want: 3 });
    const before = process.memoryUsage();
    const startedAt = performance.now();
    const started = submit({ id: "large", tasks: TASKS, quorum: 1 });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(started).toEqual(["large running", "ada gets large/map/0 large/map/1"]);
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan((3 * TASKS) / 8);
    expect(after.heapUsed - before.heapUsed).toBeLessThan(16 * MIB);
    const stage = [...grid.jobs.values()].find(({ id }) => id === "large")?.stages[0];
    expect(stage?.open.size).toBe(2);
    report("ada", [output("large/map/0", "x"), output("large/map/1", "x")]);
    expect([stage?.open.size, stage?.accepted.size]).toEqual([0, 2]);
  });
});
