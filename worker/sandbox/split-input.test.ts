import { expect, test } from "vitest";
import { JobId, taskIdOf } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import { openFakeStream } from "./fake-stream";
import { freezeConfig } from "./frozen";
import { readProgram } from "./program";
import { openBlockReader } from "./records";
import { runTask } from "./run-task";
import { openItemCollector } from "./split-input";
import { digestOfText } from "../../protocol/digest";
import type { SlotInput } from "./slot-api";

const JOB = JobId.parse("job_0123456789abcdef");

function split(fn: unknown, input: SlotInput = range(3), config: unknown = null, source?: "jsonl") {
  const stream = openFakeStream();
  const format = { type: "jsonl" } as const;
  const job = {
    spec: { format, recordsPerTask: 1, reducers: 4, sendsAll: false, ...(source && { source: format }) },
    config: freezeConfig(config),
    program: readProgram({ map: () => 1, split: fn }),
    blocks: openBlockReader({ type: "lines" }),
    ...(source && { source: openBlockReader({ type: source }) }),
  };
  const hooks = { now: () => 0, progress: () => {}, started: () => {}, stream };
  return runTask(job, { taskId: taskIdOf(JOB, "split", 0), input }, hooks);
}

const range = (count: number): SlotInput => ({ type: "range", start: 1, step: 1, count, firstRecord: 0 });
const items = (text: string): SlotInput => {
  const bytes = new TextEncoder().encode(text);
  return { type: "records", block: digestOfText(text), bytes, from: 0, to: 2, firstRecord: 0 };
};
const parts = async (outcome: ReturnType<typeof split>) => {
  const ended = await outcome;
  return ended.type === "output" ? ended.parts : ended.message;
};

test("[US11] split is called once with all of its input, and each item it gives becomes a line", async () => {
  const lines = [{ text: '1\n{"a":2}\nnull\n', records: 3 }];
  const given = [1, { a: 2 }, null];
  const ways = [
    function* () {
      yield* given;
    },
    async function* () {
      yield* given;
    },
    () => given,
    async () => given,
    () => new Set(given),
  ];
  for (const way of ways) expect(await parts(split(way))).toEqual(lines);
  const sum = (all: number[], { config }: { config: number }) => [all.reduce((a, b) => a + b, config)];
  expect(await parts(split(sum, range(3), 10))).toEqual([{ text: "16\n", records: 1 }]);
  const joined = (all: unknown[]) => [all];
  expect(await parts(split(joined, items('"a"\n["b"]\n'), null, "jsonl"))).toEqual([
    { text: '["a",["b"]]\n', records: 1 },
  ]);
  expect(await parts(split(() => []))).toEqual([]);
});

test("[US12] what is no list of items is refused in words that name split, and so is emitting", async () => {
  for (const wrong of [undefined, null, 7, "text", {}]) {
    const message = await parts(split(() => wrong));
    expect(message).toContain("split must be a generator, or return a list");
  }
  expect(
    await parts(
      split(function* () {
        yield 1;
        yield undefined;
      }),
    ),
  ).toContain("split gave undefined as its item 1");
  const emitting = (_: unknown, { emit }: { emit: (key: unknown, value: unknown) => void }) => emit(1, 1);
  expect(await parts(split(emitting))).toContain("split has nothing to emit");
  const failed = await split(function* () {
    yield 1;
    throw new RangeError("too far");
  });
  expect(failed).toMatchObject({ type: "error", message: "RangeError: too far", record: null });
  const unread = await split(() => [], items('"a"\nno json\n'), null, "jsonl");
  expect(unread).toMatchObject({ type: "error", record: 1 });
});

test("[US13] what split gives is cut into blocks while it is made, and has an end", async () => {
  const line = "x".repeat(300_000);
  const outcome = await split(function* () {
    for (let i = 0; i < 10; i++) yield line;
  });
  expect(outcome.type === "output" && outcome.parts.map(({ records }) => records)).toEqual([4, 4, 2]);
  const collector = openItemCollector({
    text: (_, records) => ({ sent: 0, records, partition: 0 }),
    run: () => ({ sent: 0, records: 0, partition: 0 }),
  });
  const most = LIMITS.splitBytes / 1_000_000;
  const megabyte = "x".repeat(1_000_000);
  expect(() => {
    for (let i = 0; i <= most; i++) collector.emit(null, megabyte);
  }).toThrow("splitBytes");
  expect(await parts(split(() => ["x".repeat(LIMITS.recordBytes)]))).toContain("recordBytes");
});
