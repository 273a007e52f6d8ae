/**
 * The runtime `python`: functions named split, map, combine and reduce, with the same meaning as in JavaScript.
 *
 * A task crosses the border between JavaScript and Python twice, with all its records and all its pairs as JSON: one
 * crossing for each record would cost more than most records do. Combining happens on Python's side of it. Pairs that
 * are more than Python may hold come in pieces.
 */
import { AGGREGATE_ALONE } from "../../../protocol/aggregate";
import type { Runtime } from "../../../protocol/runtime";
import type { TaskId } from "../../../protocol/ids";
import { aggregating } from "../aggregating";
import type { Context } from "../context";
import { groupsIn } from "../merged-groups";
import type { Program, Records } from "../program";
import { withBytesBeside } from "../record-text";
import type { RuntimeFiles } from "../slot-api";
import { pythonError, startPython, type Python } from "./pyodide";
import { PYTHON_RUNNER } from "./python-runner";
import { openPythonService } from "./python-service";
import type { LoadProgram, RuntimeModule } from "./runtime-module";

/** What the runner of python-runner.ts answers to: JSON in, JSON out. */
interface Runner {
  load(source: string, fileName: string): string;
  map(recordsJson: string, first: number, hooks: object): void;
  /** Some of the pairs of `map`; undefined when there are no more. */
  take_mapped(): string | undefined;
  split(recordsJson: string, hooks: object): void;
  /** Some of the items of `split`, until there are none. */
  take(): string;
  /** Once for each reduce or merge task, before its keys. */
  begin(hooks: object): void;
  reduce(name: "combine" | "reduce", groupsJson: string, hooks: object): string;
}

async function openPython(files: RuntimeFiles): Promise<LoadProgram> {
  const python = await startPython(files);
  const runner = python.runPython(PYTHON_RUNNER) as Runner;
  return (bytes, runtime) => Promise.resolve(loadProgram(python, runner, bytes, fileNameOf(runtime)));
}

const fileNameOf = (runtime: Runtime) => (runtime.name === "python" ? runtime.fileName : "program.py");

function loadProgram(python: Python, runner: Runner, bytes: Uint8Array, fileName: string): Program {
  const called = <T>(call: () => T): T => {
    try {
      return call();
    } catch (error) {
      throw pythonError(error, fileName);
    }
  };
  const has = JSON.parse(called(() => runner.load(new TextDecoder().decode(bytes), fileName))) as {
    combine: boolean;
    reduce: boolean;
    split: boolean;
    /** What it is given as, when it is there. */
    aggregate?: unknown;
  };
  const others = { split: has.split ? split : null };
  if (has.aggregate !== undefined) {
    if (has.combine || has.reduce) throw new TypeError(AGGREGATE_ALONE);
    return { ...aggregating(has.aggregate, map), ...others };
  }
  return {
    map,
    combine: null,
    ...(has.combine && { combineRuns: callingEach("combine") }),
    reduce: has.reduce ? callingEach("reduce") : null,
    ...others,
  };

  function* split(records: Records, context: Context, taskId: TaskId): Generator<unknown> {
    const { json, hooks } = handedOver(records, context, taskId);
    records.mark(null);
    called(() => runner.split(json, hooks));
    for (;;) {
      const items = JSON.parse(called(() => runner.take())) as unknown[];
      if (items.length === 0) return;
      yield* items;
    }
  }

  /** All records at once: as JSON, and their bytes beside it. */
  function handedOver(records: Records, context: Context, taskId: TaskId): { json: string; hooks: object } {
    const values = Array.from({ length: records.count }, (_, index) => records.at(index));
    const { json, bytes } = withBytesBeside(values);
    const hooks = hooksOf(python, context, taskId, (index) => records.mark(index));
    return { json, hooks: { ...hooks, bytesCount: bytes.length, bytes: (index: number) => bytes[index] } };
  }

  async function map(records: Records, context: Context, taskId: TaskId): Promise<void> {
    const { json, hooks } = handedOver(records, context, taskId);
    called(() => runner.map(json, records.first, hooks));
    for (;;) {
      const pairs = called(() => runner.take_mapped());
      if (pairs === undefined) return;
      emitAll(context, pairs);
      const full = records.room();
      if (full) await full;
    }
  }

  function callingEach(name: "combine" | "reduce"): NonNullable<Program["reduce"]> {
    return async (merge, context, taskId) => {
      const hooks = hooksOf(python, context, taskId, () => {});
      called(() => runner.begin(hooks));
      for await (const groups of groupsIn(merge)) {
        const pairs = JSON.stringify(groups.map(({ key, values }) => [key, values]));
        emitAll(
          context,
          called(() => runner.reduce(name, pairs, hooks)),
        );
      }
    };
  }
}

function hooksOf(
  python: Python,
  context: Context,
  taskId: TaskId,
  mark: (index: number | null) => void,
): object {
  python.setStdout({ batched: (line: string) => context.log(line) });
  python.setStderr({ batched: (line: string) => context.log(line) });
  return {
    config: JSON.stringify(context.config ?? null),
    seed: String(taskId),
    mark,
    log: (line: string) => context.log(line),
    progress: (fraction: number) => context.progress(fraction),
    random: () => context.random(),
  };
}

function emitAll(context: Context, json: string): void {
  for (const [key, value] of JSON.parse(json) as [unknown, unknown][]) context.emit(key, value);
}

export const open: RuntimeModule["open"] = openPython;
export const openService: RuntimeModule["openService"] = openPythonService;
