import fc from "fast-check";
import { expect, test } from "vitest";
import { digestOfText } from "../../protocol/digest";
import { JobId, taskIdOf } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import { freezeConfig } from "./frozen";
import { readProgram } from "./program";
import { blocksByPartition, openFakeStream, pairsOf, runOf } from "./fake-stream";
import { openBlockReader } from "./records";
import { runTask, type LoadedJob } from "./run-task";
import type { TaskOutcome } from "./slot-answers";
import type { SlotInput } from "./slot-api";
import type { TaskStream } from "./stream";

const JOB = JobId.parse("job_0123456789abcdef");

type Spec = Partial<LoadedJob["spec"]> & { config?: unknown };

function loaded(module: object, spec: Spec = {}): LoadedJob {
  return {
    spec: {
      format: spec.format ?? { type: "lines" },
      recordsPerTask: spec.recordsPerTask ?? null,
      reducers: spec.reducers ?? 0,
      sendsAll: spec.sendsAll ?? false,
    },
    config: freezeConfig(spec.config ?? null),
    program: readProgram(module),
    blocks: openBlockReader(spec.format ?? { type: "lines" }),
  };
}

function run(
  job: LoadedJob,
  input: SlotInput,
  index = 0,
  count = 1,
  stream: TaskStream = openFakeStream(),
): Promise<TaskOutcome> {
  const stage = input.type === "runs" ? "reduce" : "map";
  const hooks = { now: () => 0, progress: () => {}, started: () => {}, stream };
  return runTask(job, { taskId: taskIdOf(JOB, stage, index, count), input }, hooks);
}

function records(text: string, from = 0, to = text.split("\n").length, firstRecord = from): SlotInput {
  return {
    type: "records",
    block: digestOfText(text),
    bytes: new TextEncoder().encode(text),
    from,
    to,
    firstRecord,
  };
}

const range = (start: number, count: number, step = 1, firstRecord = 0): SlotInput => ({
  type: "range",
  start,
  step,
  count,
  firstRecord,
});

function fail(message: string): never {
  throw new Error(message);
}

function textsOf(outcome: TaskOutcome): string[] {
  if (outcome.type === "error") throw new Error(outcome.message);
  return outcome.parts.map((part) => ("text" in part ? part.text : fail("a part is no text")));
}

test("[SB7] emits what map returns under the record's job-wide number, and nothing for undefined", async () => {
  const job = loaded({ map: (line: string) => (line === "b" ? undefined : line.toUpperCase()) });
  expect(textsOf(await run(job, records("x\na\nb\nc", 1, 4, 101)))).toEqual([
    '{"key":101,"value":"A"}\n{"key":103,"value":"C"}\n',
  ]);
});

test("[SB7] awaits a promise that map returns", async () => {
  const job = loaded({ map: (x: number) => Promise.resolve(x * 2) });
  expect(textsOf(await run(job, range(5, 2)))).toEqual(['{"key":0,"value":10}\n{"key":1,"value":12}\n']);
});

test("[SB7] numbers a range by its start and step", async () => {
  const job = loaded({ map: (x: number) => x });
  expect(textsOf(await run(job, range(1, 3, 0.5, 7)))).toEqual([
    '{"key":7,"value":4.5}\n{"key":8,"value":5}\n{"key":9,"value":5.5}\n',
  ]);
});

test("[SB34] gives the tasks of a pack the same chance as each of them by itself", async () => {
  const program = { map: (_x: number, { random }: { random(): number }) => random() };
  const job = loaded(program, { recordsPerTask: 2 });
  const [pack = ""] = textsOf(await run(job, range(0, 5), 0, 3));
  const parts = [range(0, 2), range(2, 2, 1, 2), range(4, 1, 1, 4)];
  const alone = await Promise.all(parts.map((input, index) => run(job, input, index)));
  expect(pack).toBe(alone.flatMap(textsOf).join(""));
  expect(new Set(linesIn(pack).map(({ value }) => value)).size).toBe(5);
});

test("[SB35] sends a pack's output along up to packBytes, and makes a block of a larger one", async () => {
  const job = loaded({ map: (x: number) => "y".repeat(x) }, { recordsPerTask: 1 });
  const fits = await run(job, range(LIMITS.packBytes / 2, 1), 0, 2);
  expect(fits.type === "output" && "text" in (fits.parts[0] ?? {})).toBe(true);
  const tooLarge = await run(job, range(LIMITS.packBytes, 1), 0, 2);
  expect(tooLarge.type === "output" && "sent" in (tooLarge.parts[0] ?? {})).toBe(true);
});

test("[SB8] without reducers, keeps the order of emission", async () => {
  const job = loaded({ map: (x: number, { emit }: Emitting) => (emit("z", x), emit("a", x)) });
  expect(textsOf(await run(job, range(1, 1)))).toEqual(['{"key":"z","value":1}\n{"key":"a","value":1}\n']);
});

test("[SB9] with reducers, makes one sorted run for each and puts every key in one of them", async () => {
  const job = loaded(
    { map: (x: number, { emit }: Emitting) => emit(x % 7, x), reduce: () => 0 },
    { reducers: 3 },
  );
  const runs = pairsOf(await run(job, range(0, 50)), openFakeStream(), 3);
  const keys = runs.map((run) => run.map(([key]) => Number(key)));
  for (const run of keys) expect(run).toEqual([...run].sort((a, b) => a - b));
  const homes = keys.map((run) => new Set(run));
  expect(homes.reduce((sum, { size }) => sum + size, 0)).toBe(7);
});

test("[SB9] combines the values of a key before they leave", async () => {
  const sum = (_key: unknown, values: number[]) => values.reduce((a, b) => a + b);
  const job = loaded(
    { map: (x: number, { emit }: Emitting) => emit("all", x), combine: sum, reduce: sum },
    { reducers: 1 },
  );
  expect(pairsOf(await run(job, range(1, 4)), openFakeStream(), 1)).toEqual([[["all", 10]]]);
  // More values than are gathered before they are combined.
  expect(pairsOf(await run(job, range(1, 2_000)), openFakeStream(), 1)).toEqual([[["all", 2_001_000]]]);
});

test("[SB10] reduces keys in order, with their values in the order of the map tasks", async () => {
  const job = loaded({ map: () => 0, reduce: (_key: unknown, values: unknown[]) => values });
  const runs = [runOf(["b", 1], ["b", 2]), runOf(), runOf(["a", "é\n"], ["b", 0])];
  expect(textsOf(await run(job, { type: "runs", runs }))).toEqual([
    '{"key":"a","value":["é\\n"]}\n{"key":"b","value":[1,2,0]}\n',
  ]);
});

test("[SB10] cutting a job into tasks does not change its result", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom("a", "b", "c d", "é", "1", ""), { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 7 }),
      async (lines, reducers, chunk) => {
        const program = {
          map: (line: string, { emit }: Emitting) => line.split(" ").forEach((word) => emit(word, 1)),
          combine: (_key: unknown, values: number[]) => values.reduce((a, b) => a + b),
          reduce: (_key: unknown, values: number[]) => values.reduce((a, b) => a + b),
        };
        const job = loaded(program, { reducers });
        const runs: Uint8Array[][][] = [];
        for (let from = 0; from < lines.length; from += chunk) {
          const input = records(lines.join("\n") + "\n", from, Math.min(lines.length, from + chunk));
          runs.push(blocksByPartition(await run(job, input), openFakeStream(), reducers));
        }
        const counted = new Map<unknown, unknown>();
        for (let part = 0; part < reducers; part++) {
          const own = runs.map((run) => ({ blocks: run[part] ?? [], later: 0 }));
          const [text] = textsOf(await run(job, { type: "runs", runs: own }));
          for (const { key, value } of linesIn(text ?? "")) counted.set(key, value);
        }
        const expected = new Map<unknown, unknown>();
        for (const word of lines.flatMap((line) => line.split(" "))) {
          expected.set(word, Number(expected.get(word) ?? 0) + 1);
        }
        expect([...counted].sort()).toEqual([...expected].sort());
      },
    ),
  );
});

test("[SB11] an error names the record by its job-wide number, and its place in the program", async () => {
  const job = loaded({ map: (line: string) => JSON.parse(line) });
  const outcome = await run(job, records("1\n{oops\n3", 0, 3, 40));
  expect(outcome).toMatchObject({ type: "error", record: 41 });
  expect(outcome.type === "error" && outcome.message).toMatch(/^SyntaxError: /);
});

test("[SB11] an error outside of map names no record", async () => {
  const fail = () => {
    throw new RangeError("too much");
  };
  const job = loaded(
    { map: (x: number, { emit }: Emitting) => emit(1, x), combine: fail, reduce: fail },
    { reducers: 1 },
  );
  expect(await run(job, range(0, 1))).toMatchObject({ record: null, message: "RangeError: too much" });
  expect(await run(job, { type: "runs", runs: [runOf([1, 1])] })).toMatchObject({ record: null });
});

test("[SB12] tasks share nothing through their context", async () => {
  const emits: ((key: unknown, value: unknown) => void)[] = [];
  const job = loaded(
    {
      map: (_x: number, { config, emit }: Emitting & { config: { list: number[] } }) => {
        emits.push(emit);
        config.list.push(1);
      },
    },
    { config: { list: [] } },
  );
  expect(await run(job, range(0, 1))).toMatchObject({ type: "error", record: 0 });
  expect(() => emits[0]?.(1, 1)).toThrow("after its task had ended");
});

test("[SB13] keeps no more log than the limits allow", async () => {
  const job = loaded({
    map: (x: number, { log }: { log: (...values: unknown[]) => void }) => log("x".repeat(2_000), x, { x }),
  });
  const { logs } = await run(job, range(0, 500));
  expect(logs).toHaveLength(LIMITS.logLines);
  expect(logs?.every((line) => line.length <= LIMITS.logLineChars)).toBe(true);
});

test("[SB17] shows in the log what an error says, also inside a line", async () => {
  const job = loaded({
    map: (_: number, { log }: { log: (...values: unknown[]) => void }) =>
      log("failed:", new RangeError("no")),
  });
  expect((await run(job, range(0, 1))).logs).toEqual(["failed: RangeError: no"]);
});

test("[SB14] parts leave as text up to LIMITS.inlineBytes of UTF-8, and as bytes beyond", async () => {
  const ofSize = (size: number, text: string) => {
    const frame = '{"key":0,"value":""}\n'.length;
    return loaded({ map: () => text.repeat(size - frame) });
  };
  const partOf = async (job: LoadedJob) => {
    const outcome = await run(job, range(0, 1));
    return outcome.type === "output" ? outcome.parts[0] : undefined;
  };
  expect(await partOf(ofSize(LIMITS.inlineBytes, "x"))).toHaveProperty("text");
  expect(await partOf(ofSize(LIMITS.inlineBytes + 1, "x"))).toHaveProperty("sent");
  expect(await partOf(ofSize(LIMITS.inlineBytes / 2 + 100, "é"))).toHaveProperty("sent");
});

test("[SB14] the texts of one output always fit in one message", async () => {
  const value = "x".repeat(3_900);
  const job = loaded(
    { map: (x: number, { emit }: Emitting) => emit(x, value), reduce: () => 0 },
    { reducers: 256 },
  );
  const outcome = await run(job, range(0, 256));
  const runs =
    outcome.type === "output" ? outcome.parts.flatMap((part) => ("run" in part ? part.run : [])) : [];
  expect(runs.length).toBeGreaterThan(20);
  expect(runs.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(LIMITS.messageBytes / 2);
});

test("[SB15] a program is refused unless it exports functions", () => {
  expect(() => readProgram({})).toThrow("must export a function named map");
  expect(() => readProgram({ map: () => 1, reduce: 7 })).toThrow(
    "export reduce must be a function; got number",
  );
});

interface Emitting {
  emit(key: unknown, value: unknown): void;
}

function linesIn(text: string): { key: unknown; value: unknown }[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { key: unknown; value: unknown });
}

test("[SB72] a pair that fits in no block is an error of its record, with reducers and without", async () => {
  const wide = "\u00e9".repeat(LIMITS.pairBytes / 2 + 1);
  const module = { map: (n: number) => (n === 2 ? wide : n), reduce: () => 0 };
  for (const reducers of [0, 1]) {
    expect(await run(loaded(module, { reducers }), range(0, 3))).toMatchObject({
      type: "error",
      record: 2,
      message: expect.stringMatching(
        /^RangeError: .*\(pairBytes\); got 6291\d+\. Emit it in smaller pieces$/,
      ),
    });
  }
});

test("[BA9] a program with an aggregate maps to states, combines them, and reduces to what they say", async () => {
  const job = loaded(
    { map: (x: number, { emit }: Emitting) => emit(x % 2 ? "odd" : "even", x / 10), aggregate: "mean" },
    { reducers: 1 },
  );
  const outcome = await run(job, range(0, 1_001));
  const [pairs = []] = pairsOf(outcome, openFakeStream(), 1);
  expect(pairs.map(([key]) => key)).toEqual(["even", "odd"]);
  const reduced = await run(job, { type: "runs", runs: [runOf(...pairs), runOf(["odd", 50])] });
  expect(textsOf(reduced)).toEqual(['{"key":"even","value":50}\n{"key":"odd","value":50}\n']);
  const refused = await run(loaded({ map: () => "x", aggregate: "sum" }, { reducers: 1 }), range(7, 1));
  expect(refused).toMatchObject({ type: "error", record: 0, message: expect.stringContaining('got "x"') });
});

test("[BA9] a program whose aggregate is none, or not alone, cannot be loaded", () => {
  const map = () => 0;
  expect(() => readProgram({ map, aggregate: "median" })).toThrow(/^aggregate must be "sum"/);
  expect(() => readProgram({ map, aggregate: "sum", reduce: map })).toThrow("in place of combine and reduce");
});
