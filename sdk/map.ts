/** `grid.map`: a function over items, on the grid, results in the order of the items. */
import type { Classes } from "../protocol/objects/classes";
import { withClasses, type Client } from "./client";
import type { BatchLimits } from "./batches";
import { configOf } from "./config";
import { moduleOfMap } from "./function-program";
import type { Closure } from "./function-source";
import { openJob, type JobHandle } from "./job-handle";
import { runMapJobs, type Placed } from "./map-jobs";
import { isRange, type Range } from "./range";
import { openResults, type Results } from "./results";
import { readRunning, type RunOptions } from "./running";
import { submitJob, type Submission } from "./submit";
import type { Context } from "./program-types";

/** Whatever has items; a range is never made into numbers. */
export type Items<Item> = Iterable<Item> | AsyncIterable<Item>;

/** Runs on volunteers' machines: it sees its parameters and what `with` names, nothing else. */
export type MapFunction<Item, Result> = (item: Item, context: Context) => Result;

export interface MapOptions extends RunOptions {
  /** What the jobs are called. */
  readonly name?: string;
  /** As in the REST API: quorum, chunkSize, taskTimeoutMs, … */
  readonly options?: Submission["options"];
  /**
   * Variables that the function uses, by name: `{ with: { factor, isEven } }`. Functions go by their source, anything
   * else in the job's config.
   */
  readonly with?: Closure;
  /** The function's own classes, beside the client's: items and results may be instances, and it may make some. */
  readonly classes?: Classes;
  /** Jobs under way at once, when there are more items than fit one. */
  readonly jobsAtOnce?: number;
}

export interface MapResults<Result> extends Results<Result> {
  /** With the place of each item: with `onError: "skip"` some are missing. */
  entries(): AsyncGenerator<[index: number, result: Result], void>;
}

/** Items of the jobs of a map: the first ones are small, so that there are results soon. */
const FIRST_ITEMS = 1_000;
const MOST_ITEMS = 100_000;
const MOST_BYTES = 16 * 2 ** 20;
const LINGER_MS = 100;
const JOBS_AT_ONCE = 4;

/** Tasks of a job that nobody gave a chunk size: enough for a thousand tabs, and each one still worth its while. */
const TASKS_WANTED = 10_000;

export function chunkSizeFor(count: number): number {
  return Math.min(1_000_000, Math.max(1, Math.ceil(count / TASKS_WANTED)));
}

export interface MapProgram {
  readonly program: Submission["program"];
  readonly config?: Submission["config"];
}

export function mapFunction<Item, Result>(
  client: Client,
  items: Items<Item>,
  fn: MapFunction<Item, Result>,
  options: MapOptions = {},
): MapResults<Awaited<Result>> {
  const { source, values } = moduleOfMap(fn, options.with, options.classes);
  const knowing = withClasses(client, options.classes);
  const program = { source, fileName: `${fn.name || "function"}.js` };
  const config = configOf(values && { with: values }, knowing.classes);
  const named = { name: fn.name || "map", ...options };
  return mapProgram(knowing, items, () => Promise.resolve({ program, config }), named) as MapResults<
    Awaited<Result>
  >;
}

/** @param prepare Called when the results are read for the first time. */
export function mapProgram(
  client: Client,
  items: Items<unknown>,
  prepare: () => Promise<MapProgram>,
  options: MapOptions,
): MapResults<unknown> {
  const read = () => (isRange(items) ? mapRange(items) : mapItems(items));
  const results = openResults(async function* () {
    for await (const [, value] of read()) yield value;
  });
  return {
    ...results,
    async *entries() {
      for await (const [index, value] of read()) yield [index, value];
    },
  };

  async function* mapRange({ start, end, step, length }: Range): AsyncGenerator<Placed, void> {
    if (length === 0) return;
    const submission = await submissionOf({ range: { start, end, step } }, length);
    const job = await submit(submission, options.signal);
    for await (const { key, value } of readRunning(job, options)) yield [Number(key), value];
  }

  async function* mapItems(source: Items<unknown>): AsyncGenerator<Placed, void> {
    const prepared = prepare();
    yield* runMapJobs(
      {
        source,
        limits: limitsFor(source),
        classes: client.classes,
        jobsAtOnce: options.jobsAtOnce ?? JOBS_AT_ONCE,
        submit: async ({ items: batch }, signal) => {
          const input = { items: [...batch] } as Submission["input"];
          return submit(await submissionOf(input, batch.length, prepared), signal);
        },
      },
      options,
    );
  }

  async function submissionOf(
    input: Submission["input"],
    count: number,
    prepared: Promise<MapProgram> = prepare(),
  ): Promise<Submission> {
    const { program, config = null } = await prepared;
    const { name = "map", options: jobOptions } = options;
    return { name, program, config, input, options: { chunkSize: chunkSizeFor(count), ...jobOptions } };
  }

  async function submit(submission: Submission, signal: AbortSignal | undefined): Promise<JobHandle> {
    const { id } = await submitJob(client, submission, { signal });
    return openJob(client, id);
  }
}

/** A list that fits is one job. */
function limitsFor(source: Items<unknown>): BatchLimits {
  const isOneJob = Array.isArray(source) && source.length <= MOST_ITEMS;
  return {
    items: (index) => (isOneJob ? MOST_ITEMS : Math.min(MOST_ITEMS, FIRST_ITEMS * 4 ** index)),
    bytes: MOST_BYTES,
    lingerMs: LINGER_MS,
  };
}
