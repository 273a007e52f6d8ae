import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { settled, until } from "../testing/await";
import { openTestCoordinator, output, type TestCoordinator } from "../testing/open-coordinator";
import { openTestStore, type TestStore } from "../testing/open-store";
import { taskIdOf, type JobId } from "../protocol/ids";
import { SubmitJob } from "../protocol/job";
import { Changes } from "./changes";
import { readResult } from "./read-result";

describe("reading a result", () => {
  let store: TestStore;
  let running: TestCoordinator;
  let leaving: AbortController;

  beforeEach(async () => {
    store = await openTestStore();
    running = await openTestCoordinator(store);
    leaving = new AbortController();
  });

  afterEach(async () => {
    await running.close();
    await store.close();
  });

  /** A job that `ada` has all tasks of. */
  async function submit(tasks: number) {
    const program = { source: "export function map(n) { return n; }" };
    const request = SubmitJob.parse({ program, input: { range: { end: tasks } }, options: { quorum: 1 } });
    const { job } = await running.grid.submitJob(request, null);
    await running.join("ada", { want: tasks });
    const accept = (index: number, text: string) =>
      running.report("ada", [output(taskIdOf(job.id, "map", index), text)]);
    return { id: job.id, accept };
  }

  const read = (id: JobId, follow = false) => running.grid.readResult(id, { follow, signal: leaving.signal });

  async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
    const all: Uint8Array[] = [];
    for await (const chunk of chunks) all.push(chunk);
    return Buffer.concat(all).toString();
  }

  it("[RR1] gives outputs in the order of the tasks, whatever the order they came in", async () => {
    const { id, accept } = await submit(3);
    for (const index of [2, 0, 1]) await accept(index, `${index}\n`);
    expect(await textOf(await read(id))).toBe("0\n1\n2\n");
  });

  it("[RR2] streams large parts from their blocks", async () => {
    const { id } = await submit(1);
    const digest = await store.blocks.write(Buffer.from("large\n"));
    const parts = [{ digest, bytes: 6, records: 1 }];
    await running.report("ada", [{ type: "output", taskId: taskIdOf(id, "map", 0), parts, elapsedMs: 1 }]);
    expect(await textOf(await read(id))).toBe("large\n");
  });

  it("[RR2] breaks off when such a block is another than it was", async () => {
    const { id } = await submit(1);
    const digest = await store.blocks.write(Buffer.from("large\n"));
    const parts = [{ digest, bytes: 6, records: 1 }];
    await running.report("ada", [{ type: "output", taskId: taskIdOf(id, "map", 0), parts, elapsedMs: 1 }]);
    vi.spyOn(store.blocks, "open").mockResolvedValue({
      bytes: 6,
      body: Readable.from([Buffer.from("l4rge\n")]),
    });
    await expect(textOf(await read(id))).rejects.toMatchObject({ code: "block-not-found" });
  });

  it("[RR3] refuses a job that still runs, unless it is followed", async () => {
    const { id } = await submit(1);
    await expect(read(id)).rejects.toMatchObject({ code: "job-not-finished" });
  });

  it("[RR4] gives a follower what is accepted, waits for the rest, and ends with the last task", async () => {
    const { id, accept } = await submit(250);
    for (let index = 0; index < 249; index++) if (index !== 120) await accept(index, `${index}\n`);
    const chunks = (await read(id, true))[Symbol.asyncIterator]();
    for (let index = 0; index < 120; index++)
      expect(Buffer.from((await chunks.next()).value as Uint8Array).toString()).toBe(`${index}\n`);
    const next = chunks.next();
    await accept(249, "249\n");
    expect(await settled(next)).toBe(false);
    await accept(120, "120\n");
    expect(Buffer.from((await next).value as Uint8Array).toString()).toBe("120\n");
    let count = 121;
    for (; !(await chunks.next()).done; count++);
    expect(count).toBe(250);
  });

  it("[RR5] breaks off when the job ends without a task: what merely stopped would look complete", async () => {
    const { id, accept } = await submit(2);
    const following = textOf(await read(id, true));
    await accept(0, "0\n");
    await Promise.all([
      expect(following).rejects.toMatchObject({ code: "job-ended" }),
      running.grid.cancelJob(id),
    ]);
    await expect(read(id)).rejects.toMatchObject({ code: "job-ended" });
  });

  it("[RR6] stops waiting when its reader leaves, and leaves nothing behind", async () => {
    const changes = new Changes();
    const key = { jobId: "job_0123456789abcdef" as JobId, stage: "map" } as const;
    const source = {
      ...store,
      changes,
      hasEnded: () => false,
      isProvisional: false,
      edition: () => Promise.resolve(null),
    };
    const reading = textOf(readResult(source, key, () => Promise.resolve(1), leaving.signal));
    await until(() => changes.waitingCount === 1);
    leaving.abort(new Error("left"));
    await expect(reading).rejects.toThrow("left");
    expect(changes.waitingCount).toBe(0);
  });

  it("[RR7] hears of a change that came between its look and its waiting", async () => {
    const changes = new Changes();
    const seen = changes.count;
    changes.happened();
    await changes.since(seen, leaving.signal);
    const later = changes.since(changes.count, leaving.signal);
    expect(await settled(later)).toBe(false);
    changes.happened();
    await later;
  });
});
