/** The types of a program's functions, for those who write them in TypeScript; and what can be told from them. */

/**
 * What a program's functions are given beside their records.
 *
 * @typeParam Key What `emit` takes as keys.
 * @typeParam Value What `emit` takes as values.
 * @typeParam Config The job's config.
 */
export interface Context<Key = unknown, Value = unknown, Config = unknown> {
  /** The job's config, deeply frozen. */
  readonly config: Config;
  /** Adds a pair to the output; any number of times. Better awaited when it is much: then it goes on when there is room for more. */
  emit(key: Key, value: Value): PromiseLike<void> | undefined;
  /** @param fraction How far the task is, 0 to 1. */
  progress(fraction: number): void;
  /** A line on the job's page, in its events and in `tabgrid logs`. */
  log(...values: unknown[]): void;
  /** Aborted when the task has ended. */
  readonly signal: AbortSignal;
  /** From 0 up to 1; the same sequence in every copy of the task. */
  random(): number;
}

/** Any program: the exports of a module, or an object of functions. */
export interface AnyProgram {
  readonly split?: (input: never, context: never) => unknown;
  readonly map: (record: never, context: never) => unknown;
  readonly combine?: (key: never, values: never, context: never) => unknown;
  readonly reduce?: (key: never, values: never, context: never) => unknown;
  /** A module's is a text, whatever it says. */
  readonly aggregate?: unknown;
}

/** What an aggregate makes of emitted values. */
export type Aggregated<Built, Value> = Built extends { readonly top: number } | { readonly bottom: number }
  ? Value[]
  : Built extends "min" | "max" | "sum"
    ? Value
    : number;

/** What a function of the program says of its context. */
type ContextOf<Fn> = Fn extends (record: never, context: infer Given, ...more: never) => unknown
  ? Given
  : unknown;

type MapContext<Program extends AnyProgram> = ContextOf<Program["map"]>;

/** A record of the program's input, as `map` takes it. */
export type RecordOf<Program extends AnyProgram> = Program["map"] extends (
  record: infer Item,
  ...more: never
) => unknown
  ? Item
  : unknown;

/** What the program's input is made of: what `split` is given a list of, or else what `map` is given. */
export type InputOf<Program extends AnyProgram> = Program extends {
  readonly split: (input: infer Given, ...more: never) => unknown;
}
  ? Given extends readonly (infer Item)[]
    ? Item
    : unknown
  : RecordOf<Program>;

/** What `split` may return: the items that `map` is given. */
export type Split<Item> = Iterable<Item> | AsyncIterable<Item> | Promise<Iterable<Item>>;

/** The config that the program's `map` asks for by its context's type. */
export type ConfigOf<Program extends AnyProgram> =
  MapContext<Program> extends { readonly config: infer Config } ? Config : unknown;

type Emitted<Program extends AnyProgram> =
  MapContext<Program> extends { emit(key: infer Key, value: infer Value): void }
    ? readonly [Key, Value]
    : readonly [unknown, unknown];

/** What a function brings by returning it; never, if it returns nothing. */
type Returned<Result> = Exclude<Awaited<Result>, void | undefined>;

/** Key and value of a result that is not reduced: what `map` returns, by its record's number, or else what it emits. */
export type Mapped<Key, Value, Result> = [Returned<Result>] extends [never]
  ? readonly [Key, Value]
  : readonly [number, Returned<Result>];

type Reduced<Program extends AnyProgram> = Program extends {
  readonly reduce: (key: infer Key, ...more: never) => infer Result;
}
  ? readonly [Key, [Returned<Result>] extends [never] ? unknown : Returned<Result>]
  : never;

type AggregatedBy<Program extends AnyProgram> = Program extends { readonly aggregate: infer Built }
  ? readonly [Emitted<Program>[0], Aggregated<Built, Emitted<Program>[1]>]
  : never;

/** Key and value of the records of the program's result. */
export type OutputOf<Program extends AnyProgram> = [AggregatedBy<Program>] extends [never]
  ? ReducedOrMapped<Program>
  : AggregatedBy<Program>;

type ReducedOrMapped<Program extends AnyProgram> = [Reduced<Program>] extends [never]
  ? Mapped<Emitted<Program>[0], Emitted<Program>[1], ReturnType<Program["map"]>>
  : Reduced<Program>;
