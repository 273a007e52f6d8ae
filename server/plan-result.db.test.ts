import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestCoordinator, output, type TestCoordinator } from "../testing/open-coordinator";
import { openTestStore, type TestStore } from "../testing/open-store";
import { DatasetPath } from "../protocol/dataset";
import { taskIdOf, type JobId } from "../protocol/ids";
import { SubmitJob } from "../protocol/job";

const SOURCE = "export function map(n, { emit }) { emit(n, n); }";
const line = (key: number) => `{"key":${key},"value":${key}}\n`;

describe("a result as an input", () => {
  let store: TestStore;
  let running: TestCoordinator;
  beforeEach(async () => {
    store = await openTestStore();
    running = await openTestCoordinator(store);
  });
  afterEach(async () => {
    await running.close();
    await store.close();
  });

  const submit = async (input: object) => {
    const request = { program: { source: SOURCE }, input, options: { quorum: 1 } };
    return (await running.grid.submitJob(SubmitJob.parse(request), null)).job;
  };

  /** A job whose tasks `ada` has; the first `known` of them are answered. */
  async function first(tasks: number, known = tasks): Promise<JobId> {
    const { id } = await submit({ range: { end: tasks } });
    await running.join("ada", { want: tasks });
    for (let index = 0; index < known; index++)
      await running.report("ada", [output(taskIdOf(id, "map", index), line(index))]);
    return id;
  }

  const planOf = (id: JobId) => {
    const plan = running.coordinator.jobs.get(id)?.record.plan;
    if (plan?.type !== "blocks") throw new Error("the plan has no blocks");
    return plan;
  };

  it("[RI1] gathers small parts into one block, in the order of the result", async () => {
    const { id, inputRecords } = await submit({ result: await first(5) });
    const { blocks, format } = planOf(id);
    expect(format).toEqual({ type: "jsonl" });
    expect(blocks).toHaveLength(1);
    expect(inputRecords).toBe(5);
    const [block] = blocks;
    const text = block && Buffer.from(await store.blocks.read(block.digest)).toString();
    expect(text).toBe([0, 1, 2, 3, 4].map(line).join(""));
  });

  it("[RI2] takes large parts as the blocks they are, between the small ones", async () => {
    const source = await first(3, 1);
    const digest = await store.blocks.write(Buffer.from(line(1)));
    const parts = [{ digest, bytes: line(1).length, records: 1 }];
    const taskId = taskIdOf(source, "map", 1);
    await running.report("ada", [{ type: "output", taskId, parts, elapsedMs: 1 }]);
    await running.report("ada", [output(taskIdOf(source, "map", 2), line(2))]);
    const { id } = await submit({ result: source });
    expect(planOf(id).blocks.map(({ records }) => records)).toEqual([1, 1, 1]);
    expect(planOf(id).blocks[1]?.digest).toBe(digest);
  });

  it("[RI3] refuses a job that has no result, and says why", async () => {
    const source = await first(2, 1);
    await expect(submit({ result: source })).rejects.toMatchObject({ code: "job-not-finished" });
    await running.grid.cancelJob(source);
    await expect(submit({ result: source })).rejects.toMatchObject({ code: "job-ended" });
    const missing = submit({ result: "job_ffffffffffffffff" });
    await expect(missing).rejects.toMatchObject({ code: "job-not-found" });
  });

  it("[RI4] keeps a result as a version of a dataset, once", async () => {
    const source = await first(3);
    const path = DatasetPath.parse("/ada/numbers");
    const kept = await running.grid.keepResult(source, path);
    expect(kept).toMatchObject({ version: 1, records: 3, format: { type: "jsonl" } });
    expect(await running.grid.keepResult(source, path)).toMatchObject({ version: 1 });
    const other = await first(1);
    expect(await running.grid.keepResult(other, path)).toMatchObject({ version: 2, records: 1 });
    expect((await submit({ dataset: path, version: 1 })).inputRecords).toBe(3);
  });
});
