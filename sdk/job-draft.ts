/** `grid.job`: a program over an input, not submitted yet. Its types come from the program's own. */
import type { Aggregate } from "../protocol/aggregate";
import type { Classes } from "../protocol/objects/classes";
import { withClasses, type Client } from "./client";
import { configOf } from "./config";
import { moduleOfFunctions, type FunctionProgram } from "./function-program";
import type { Closure } from "./function-source";
import { openJob, type JobHandle, type Pair } from "./job-handle";
import { inputOf, type JobItems } from "./job-input";
import { chunkSizeFor } from "./map";
import type { ModuleReader } from "./module-reader";
import type {
  Aggregated,
  AnyProgram,
  ConfigOf,
  Context,
  InputOf,
  Mapped,
  OutputOf,
  Split,
} from "./program-types";
import { openResults, type Results } from "./results";
import { readRunning, type RunOptions } from "./running";
import { submitJob, type Submission, type SubmitOptions } from "./submit";

interface JobFacts<Item, Config> {
  readonly name?: string;
  readonly input: JobItems<Item>;
  /** Handed to the program as `context.config`. */
  readonly config?: Config;
  readonly options?: Submission["options"];
  /** Variables that functions given as such use, by name: see `grid.map`. */
  readonly with?: Closure;
}

/** A program in a file, by its path or URL, or one as the REST API takes it. */
export interface ModuleJob<Program extends AnyProgram> extends JobFacts<
  [InputOf<Program>] extends [never] ? unknown : InputOf<Program>,
  ConfigOf<Program>
> {
  readonly program: string | URL | Submission["program"];
}

/** Functions that bring a value for each record, or emit pairs. */
export interface MapJob<Item, Key, Value, Result, Config> extends JobFacts<Item, Config> {
  readonly program: {
    readonly split?: never;
    readonly map: (record: Item, context: Context<Key, Value, Config>) => Result;
    readonly reduce?: never;
    readonly aggregate?: never;
    readonly classes?: Classes;
  };
}

/** Functions that emit pairs, and the name of what is made of all values of a key. */
export interface AggregateJob<Item, Key, Value, Built extends Aggregate, Config> extends JobFacts<
  Item,
  Config
> {
  readonly program: {
    readonly split?: never;
    readonly map: (record: Item, context: Context<Key, Value, Config>) => unknown;
    readonly combine?: never;
    readonly reduce?: never;
    readonly aggregate: Built;
    readonly classes?: Classes;
  };
}

/** Functions that emit pairs, and one that makes a value of all those of a key. */
export interface ReduceJob<Item, Key, Value, Result, Config> extends JobFacts<Item, Config> {
  readonly program: {
    readonly split?: never;
    readonly map: (record: Item, context: Context<Key, Value, Config>) => unknown;
    readonly combine?: (key: Key, values: Value[], context: Context<Key, Value, Config>) => unknown;
    readonly reduce: (key: Key, values: Value[], context: Context<Key, Result, Config>) => Result;
    readonly classes?: Classes;
  };
}

/** A job whose tasks are made by its program: `split` is given all of the input, and what it yields is what `map` is given. */
export type SplitJob<
  Job extends { readonly input: unknown; readonly program: object },
  Source,
  Item,
  Config,
> = Omit<Job, "input" | "program"> & {
  readonly input: JobItems<Source>;
  readonly program: {
    readonly split: (input: Source[], context: Context<never, never, Config>) => Split<Item>;
  } & Omit<Job["program"], "split">;
};

export interface JobDraft<Key, Value> {
  /** Hands it in. Durable when it returns; the job goes on without us. */
  submit(options?: SubmitOptions): Promise<JobHandle<Key, Value>>;
  /** Hands it in when the results are read, and cancels it when they are not read to the end. */
  run(options?: RunOptions & SubmitOptions): Results<Pair<Key, Value>>;
}

export interface MakeJob {
  <Program extends AnyProgram = AnyProgram>(
    job: ModuleJob<Program>,
  ): JobDraft<OutputOf<Program>[0], OutputOf<Program>[1]>;
  <Source, Item, Key, Value, Result, Config>(
    job: SplitJob<ReduceJob<Item, Key, Value, Result, Config>, Source, Item, Config>,
  ): JobDraft<Key, Awaited<Result>>;
  <Source, Item, Key, Value, Result, Config>(
    job: SplitJob<MapJob<Item, Key, Value, Result, Config>, Source, Item, Config>,
  ): JobDraft<Mapped<Key, Value, Result>[0], Mapped<Key, Value, Result>[1]>;
  <Source, Item, Key, Value, const Built extends Aggregate, Config>(
    job: SplitJob<AggregateJob<Item, Key, Value, Built, Config>, Source, Item, Config>,
  ): JobDraft<Key, Aggregated<Built, Value>>;
  <Item, Key, Value, const Built extends Aggregate, Config>(
    job: AggregateJob<Item, Key, Value, Built, Config>,
  ): JobDraft<Key, Aggregated<Built, Value>>;
  <Item, Key, Value, Result, Config>(
    job: ReduceJob<Item, Key, Value, Result, Config>,
  ): JobDraft<Key, Awaited<Result>>;
  <Item, Key, Value, Result, Config>(
    job: MapJob<Item, Key, Value, Result, Config>,
  ): JobDraft<Mapped<Key, Value, Result>[0], Mapped<Key, Value, Result>[1]>;
}

/** Whatever the types say of it. */
interface AnyJob extends JobFacts<unknown, unknown> {
  readonly program: string | URL | Submission["program"] | FunctionProgram;
}

export function jobMaker(client: Client, modules: ModuleReader): MakeJob {
  return ((job: AnyJob) => draft(client, modules, job)) as MakeJob;
}

function draft(caller: Client, modules: ModuleReader, job: AnyJob): JobDraft<unknown, unknown> {
  const client = withClasses(caller, isFunctionProgram(job.program) ? job.program.classes : {});
  // What is wrong with the functions should be told where they are given.
  const prepared = isFunctionProgram(job.program) ? moduleOfFunctions(job.program, job.with) : null;
  const config = configOf(withValues(job.config, prepared?.values ?? null), client.classes);
  return { submit, run: (options = {}) => openResults(() => run(options)) };

  async function submit(options?: SubmitOptions): Promise<JobHandle> {
    const { program, name = nameOf(program) } = job;
    const { input, count } = await inputOf(job.input, client.classes);
    const submission: Submission = {
      name,
      program: await programOf(program),
      input,
      config,
      options: {
        ...(count !== null && !hasSplit(program) && { chunkSize: chunkSizeFor(count) }),
        ...job.options,
      },
    };
    const { id } = await submitJob(client, submission, options);
    return openJob(client, id);
  }

  async function* run(options: RunOptions & SubmitOptions) {
    yield* readRunning(await submit(options), options);
  }

  function programOf(program: AnyJob["program"]): Promise<Submission["program"]> | Submission["program"] {
    if (typeof program === "string" || program instanceof URL) return modules.program(program);
    return isFunctionProgram(program) ? { source: prepared?.source ?? "", fileName: "program.js" } : program;
  }
}

/** Programs of the REST API have `map` too, if they are WASI commands: lists of arguments. */
function isFunctionProgram(program: AnyJob["program"]): program is FunctionProgram {
  return typeof program === "object" && "map" in program && !("runtime" in program);
}

/** Then the items of the input say nothing of how many there are to map. */
const hasSplit = (program: AnyJob["program"]) => isFunctionProgram(program) && program.split !== undefined;

function nameOf(program: AnyJob["program"]): string {
  if (typeof program !== "string" && !(program instanceof URL)) return "unnamed";
  return String(program).slice(-200);
}

function withValues(config: unknown, values: Closure | null): unknown {
  if (values === null) return config;
  if (config === undefined || config === null) return { with: values };
  if (typeof config !== "object" || Array.isArray(config))
    throw new TypeError("config must be an object when values are given by `with`");
  return { ...config, with: values };
}
