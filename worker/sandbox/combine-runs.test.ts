import fc from "fast-check";
import { expect, test } from "vitest";
import { pairsIn } from "../../protocol/runs/run-block";
import { combineEach, openSortedCollector } from "./combine-runs";
import { openFakeStream, runOf, sourceOf, type Pair } from "./fake-stream";
import { freezeConfig } from "./frozen";
import { mergeRuns } from "./merge";
import { openParts } from "./parts";
import { readProgram } from "./program";
import { openBlockReader } from "./records";
import { runTask } from "./run-task";
import { JobId, taskIdOf } from "../../protocol/ids";

const JOB = JobId.parse("job_0123456789abcdef");
const run = fc
  .array(fc.tuple(fc.constantFrom("a", "b", "c", "d"), fc.integer({ min: -9, max: 9 })), { maxLength: 8 })
  .map((pairs) => [...pairs].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)) as Pair[]);

type Combine = (key: unknown, values: unknown[]) => unknown;

/** The one run that a merge task makes. */
async function combined(runs: readonly Pair[][], combine: Combine): Promise<Pair[]> {
  const stream = openFakeStream();
  const collector = openSortedCollector(openParts("task", stream));
  const merge = mergeRuns(runs.map((pairs) => sourceOf(...pairs)));
  await combineEach(combine, merge, (key, value) => collector.emit(key, value));
  const parts = await collector.finish();
  return parts.flatMap((part) => {
    const block = "run" in part ? part.run : "sent" in part ? stream.sent[part.sent] : undefined;
    return block ? [...pairsIn(block)].map(({ key, value }): Pair => [key, value]) : [];
  });
}

const sum: Combine = (_key, values) => values.reduce<number>((all, value) => all + Number(value), 0);
const join: Combine = (_key, values) => values.flat();

test("[HV7] a merge task counts every value once, whatever runs it gets", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(run, { maxLength: 6 }), async (runs) => {
      const sums = new Map<unknown, number>();
      for (const [key, value] of runs.flat()) sums.set(key, (sums.get(key) ?? 0) + Number(value));
      const keys = [...sums.keys()].sort();
      expect(await combined(runs, sum)).toEqual(keys.map((key) => [key, sums.get(key)]));
    }),
  );
});

test("[HV7] values keep the order of the runs, also when there are more than are combined at once", async () => {
  const long = (from: number): Pair[] => Array.from({ length: 1_500 }, (_, n): Pair => ["k", [from + n]]);
  const [[, values] = []] = await combined([long(0), long(1_500)], join);
  expect(values).toEqual(Array.from({ length: 3_000 }, (_, n) => n));
});

test("[HV8] a merge task runs combine, gives one run, and fails like any other when combine throws", async () => {
  const load = (combine: Combine | undefined) => ({
    spec: { format: { type: "lines" } as const, recordsPerTask: null, reducers: 4, sendsAll: false },
    config: freezeConfig(null),
    program: readProgram({ map: () => 0, reduce: () => 0, ...(combine && { combine }) }),
    blocks: openBlockReader({ type: "lines" }),
  });
  const task = {
    taskId: taskIdOf(JOB, "merge", 3),
    input: { type: "runs", runs: [runOf(["a", 1], ["b", 2]), runOf(["b", 3])] } as const,
  };
  const hooks = { now: () => 0, progress: () => {}, started: () => {} };
  const outcome = await runTask(load(sum), task, { ...hooks, stream: openFakeStream() });
  expect(outcome).toMatchObject({ type: "output", parts: [{ records: 2, partition: 0 }] });
  const broken = load(() => {
    throw new RangeError("too much");
  });
  const failure = await runTask(broken, task, { ...hooks, stream: openFakeStream() });
  expect(failure).toMatchObject({ type: "error", message: "RangeError: too much", record: null });
  const without = await runTask(load(undefined), task, { ...hooks, stream: openFakeStream() });
  expect(without).toMatchObject({
    type: "error",
    message: expect.stringContaining("does not export combine"),
  });
});
