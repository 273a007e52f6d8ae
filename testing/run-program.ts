/** Runs a program over some records in this process, as volunteers would: map tasks, their runs, reduce tasks. */
import { boundsOf } from "../core/sampling";
import type { Reading } from "../protocol/format";
import { JobId, taskIdOf, type StageName } from "../protocol/ids";
import { CanonicalText } from "../protocol/runs/column";
import { keysIn, openRunWriter } from "../protocol/runs/run-block";
import { blocksByPartition, openFakeStream, type Pair } from "../worker/sandbox/fake-stream";
import { freezeConfig } from "../worker/sandbox/frozen";
import { readProgram } from "../worker/sandbox/program";
import { openBlockReader, recordsIn } from "../worker/sandbox/records";
import { runTask, type LoadedJob } from "../worker/sandbox/run-task";
import type { TaskOutcome } from "../worker/sandbox/slot-answers";
import type { SlotTask } from "../worker/sandbox/slot-api";
import { digestOf } from "../protocol/digest";

export interface ProgramRun {
  readonly module: object;
  /** Lines of text, bytes, or how many numbers; a list of items for a program that splits it. */
  readonly input: string | Uint8Array<ArrayBuffer> | number | readonly unknown[];
  /** Records, or numbers, of one task. */
  readonly perTask: number;
  readonly reducers?: number;
  readonly isTotal?: boolean;
  readonly config?: unknown;
  /** What the lines are, or the bytes. */
  readonly reading?: Reading;
}

const JOB = JobId.parse("job_0123456789abcdef");

/** @returns The pairs of every reducer, or of all maps when the program has none. */
export async function runProgram(run: ProgramRun): Promise<Pair[][]> {
  const { module, perTask, reducers = 1, isTotal = false, config = null } = run;
  const { reading = { type: "lines" } } = run;
  const program = readProgram(module);
  const format: Reading = program.split ? { type: "jsonl" } : reading;
  const spec = { format, recordsPerTask: null, sendsAll: false };
  const partitions = program.reduce ? reducers : 0;
  const job: LoadedJob = {
    spec: { ...spec, reducers: partitions },
    config: freezeConfig(config),
    program,
    blocks: openBlockReader(format),
  };
  const inputs = inputsOf(program.split ? await splitOf(job, run.input) : run.input, perTask, format);
  if (!program.reduce) {
    const outcomes = await Promise.all(inputs.map((input, index) => ran(job, "map", index, { input })));
    return [outcomes.flatMap(({ outcome, stream }) => pairsIn(outcome, stream.sent))];
  }
  const ranges = isTotal ? await rangesOf(job, inputs, reducers) : undefined;
  const runs: Uint8Array[][][] = Array.from({ length: reducers }, () => []);
  for (const [index, input] of inputs.entries()) {
    const { outcome, stream } = await ran(job, "map", index, { input, ...(ranges && { ranges }) });
    for (const [place, blocks] of blocksByPartition(outcome, stream, reducers).entries())
      runs[place]?.push(blocks);
  }
  return Promise.all(
    runs.map(async (own, index) => {
      const input = { type: "runs" as const, runs: own.map((blocks) => ({ blocks, later: 0 })) };
      const { outcome, stream } = await ran(job, "reduce", index, { input });
      return pairsIn(outcome, stream.sent);
    }),
  );
}

/** What `split` makes of items, as lines. */
async function splitOf(job: LoadedJob, input: ProgramRun["input"]): Promise<string> {
  if (!Array.isArray(input)) throw new Error("A program that splits is given items here");
  const items = input.map((item) => `${JSON.stringify(item)}\n`).join("");
  const [all] = inputsOf(items, input.length, { type: "jsonl" });
  if (!all) return "";
  const { outcome, stream } = await ran(job, "split", 0, { input: all });
  return textsIn(outcome, stream.sent);
}

async function rangesOf(
  job: LoadedJob,
  inputs: readonly SlotTask["input"][],
  reducers: number,
): Promise<Uint8Array | undefined> {
  const keys = [];
  for (const [index, input] of inputs.entries()) {
    const { outcome, stream } = await ran(job, "sample", index, { input });
    for (const block of blocksByPartition(outcome, stream, 1).flat()) keys.push(...keysIn(block));
  }
  const blocks: Uint8Array[] = [];
  const writer = openRunWriter(({ bytes }) => blocks.push(bytes));
  for (const { key, keyText } of boundsOf(keys, reducers))
    writer.add(keyText === null ? key : new CanonicalText(keyText), [null]);
  writer.finish();
  return blocks[0];
}

async function ran(job: LoadedJob, stage: StageName, index: number, task: Omit<SlotTask, "taskId">) {
  const stream = openFakeStream();
  const hooks = { now: () => 0, progress: () => {}, started: () => {}, stream };
  const outcome = await runTask(job, { taskId: taskIdOf(JOB, stage, index), ...task }, hooks);
  if (outcome.type === "error") throw new Error(`${stage} ${index}: ${outcome.message}`);
  return { outcome, stream };
}

function inputsOf(input: ProgramRun["input"], perTask: number, format: Reading): SlotTask["input"][] {
  if (typeof input === "number") {
    return cuts(input, perTask).map(([from, to]) => {
      return { type: "range", start: 0, step: 1, count: to - from, firstRecord: from };
    });
  }
  if (typeof input !== "string" && !(input instanceof Uint8Array))
    throw new Error("Only a program that splits is given a list");
  const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
  const block = digestOf(bytes);
  const { count } = recordsIn(bytes, format);
  return cuts(count, perTask).map(([from, to]) => {
    return { type: "records", block, bytes, from, to, firstRecord: from };
  });
}

function cuts(count: number, size: number): [number, number][] {
  return Array.from({ length: Math.ceil(count / size) }, (_, place) => [
    place * size,
    Math.min(count, (place + 1) * size),
  ]);
}

function textsIn(outcome: TaskOutcome, sent: readonly Uint8Array[]): string {
  if (outcome.type === "error") return "";
  const texts = outcome.parts.map((part) => {
    if ("run" in part) throw new Error("A result is text; got a run");
    return "text" in part ? part.text : new TextDecoder().decode(sent[part.sent]);
  });
  return texts.join("");
}

function pairsIn(outcome: TaskOutcome, sent: readonly Uint8Array[]): Pair[] {
  const lines = textsIn(outcome, sent).split("\n").slice(0, -1);
  return lines.map((line): Pair => {
    const { key, value } = JSON.parse(line) as { key: unknown; value: unknown };
    return [key, value];
  });
}
