/** What a loaded program can do, whatever its runtime; and how the functions of a module become that. */
import { AGGREGATE_ALONE } from "../../protocol/aggregate";
import type { TaskId } from "../../protocol/ids";
import { aggregating } from "./aggregating";
import type { Context } from "./context";
import type { Merge } from "./merge";
import { groupsIn, valuesIn } from "./merged-groups";
import { splitWith, type Split } from "./split-input";
import { isThenable } from "./thenable";

export interface Program {
  /** Runs one map task: emits by the context. */
  map(records: Records, context: Context, taskId: TaskId): void | Promise<void>;
  /** Merges some of a key's values; null when the tab does not combine, or `map` has done so. */
  readonly combine: ((key: unknown, values: unknown[], context: Context) => unknown) | null;
  /** Runs one merge task, or merges what a map task spilt, in a runtime that combines in its own way: emits by the context, in the order of keys. */
  readonly combineRuns?: (merge: Merge, context: Context, taskId: TaskId) => void | Promise<void>;
  /** Runs one reduce task: emits by the context, key by key. */
  readonly reduce: ((merge: Merge, context: Context, taskId: TaskId) => void | Promise<void>) | null;
  /** Runs one task of the split stage: what it returns are the items. Null, or absent, when it does not split. */
  readonly split?: Split | null;
  /** The part of a key that says which reducer it belongs to; by default all of it. */
  readonly partitionText?: (key: unknown) => string;
  /** What it exports as `classes`; absent where a program knows no objects but JSON. */
  readonly classes?: unknown;
}

/** The records of one map task. */
export interface Records {
  readonly count: number;
  /** The job-wide number of the first. */
  readonly first: number;
  /**
   * Marks the record as the one that is worked on, for errors.
   * @throws {SyntaxError} If the format is `jsonl` and the line is not JSON.
   */
  at(index: number): unknown;
  /** Settles when enough of what was emitted so far has been stored; null while there is room for more. */
  room(): Promise<void> | null;
  /** @param index Null when the work is at no record in particular. */
  mark(index: number | null): void;
}

/** @throws {TypeError} If an export that the grid would call is no function, or `map` is missing. */
export function readProgram(module: object): Program {
  const map = functionNamed(module, "map");
  if (!map) throw new TypeError("The program must export a function named map");
  const combine = functionNamed(module, "combine");
  const reduce = functionNamed(module, "reduce");
  const split = functionNamed(module, "split");
  const others = { split: split && splitWith(split), classes: exportNamed(module, "classes") ?? {} };
  const mapping: Program["map"] = (records, context) => mapEach(map, records, context);
  const aggregate = exportNamed(module, "aggregate");
  if (aggregate !== undefined) {
    if (combine || reduce) throw new TypeError(AGGREGATE_ALONE);
    return { ...aggregating(aggregate, mapping), ...others };
  }
  return {
    map: mapping,
    combine,
    reduce: reduce && ((merge, context) => reduceWith(reduce, merge, context)),
    ...others,
  };

  function reduceWith(reduce: AnyFunction, merge: Merge, context: Context): Promise<void> {
    return takesStream(module) ? reduceStreams(reduce, merge, context) : reduceEach(reduce, merge, context);
  }
}

type AnyFunction = (...values: unknown[]) => unknown;

/** Emits what `map` returns under the record's number. */
export async function mapEach(map: AnyFunction, records: Records, context: Context): Promise<void> {
  for (let index = 0; index < records.count; index++) {
    const returned = map(records.at(index), context);
    // Awaiting what is no promise would make trivial maps several times slower.
    const value = isThenable(returned) ? await returned : returned;
    if (value !== undefined) context.emit(records.first + index, value);
    const full = records.room();
    if (full) await full;
  }
}

async function reduceEach(reduce: AnyFunction, merge: Merge, context: Context): Promise<void> {
  for await (const groups of groupsIn(merge)) {
    for (const { key, values } of groups) {
      const returned = reduce(key, values, context);
      const value = isThenable(returned) ? await returned : returned;
      if (value !== undefined) context.emit(key, value);
    }
  }
}

/** For keys with more values than fit in a list. */
async function reduceStreams(reduce: AnyFunction, merge: Merge, context: Context): Promise<void> {
  for (let next = await merge.nextKey(); next; next = await merge.nextKey()) {
    const value = await reduce(next.key, valuesIn(merge), context);
    if (value !== undefined) context.emit(next.key, value);
  }
}

/** @throws {TypeError} If `values` is exported and says something else. */
function takesStream(module: object): boolean {
  const values: unknown = exportNamed(module, "values");
  if (values === undefined) return false;
  if (values === "stream") return true;
  throw new TypeError(
    `The program's export values must be "stream"; got ${JSON.stringify(values) ?? typeof values}`,
  );
}

function functionNamed(module: object, name: string): AnyFunction | null {
  const exported: unknown = exportNamed(module, name);
  if (exported === undefined) return null;
  if (!isFunction(exported)) {
    throw new TypeError(`The program's export ${name} must be a function; got ${typeof exported}`);
  }
  return exported;
}

function exportNamed(module: object, name: string): unknown {
  return Object.entries(module).find(([key]) => key === name)?.[1];
}

export const isFunction = (value: unknown): value is AnyFunction => typeof value === "function";
