/** A grid as a submitter's program sees it. Each subject has a file of its own; they meet here. */
import { JobId } from "../protocol/ids";
import type { PipelineView } from "../protocol/pipeline";
import { GridStatus, JobPage, VolunteerPage, type JobState, type JobView } from "../protocol/views";
import type { VolunteerView } from "../protocol/views";
import type { Client } from "./client";
import { NO_FILES, openDatasets, type Datasets, type FileOpener } from "./datasets";
import { jobMaker, type MakeJob } from "./job-draft";
import { openJob, type JobHandle, type Watching } from "./job-handle";
import {
  mapFunction,
  mapProgram,
  type Items,
  type MapFunction,
  type MapOptions,
  type MapResults,
} from "./map";
import { NO_MODULES, type ModuleReader } from "./module-reader";
import { readPages } from "./pages";
import {
  findPipeline,
  listPipelines,
  submitPipeline,
  type PipelineHandle,
  type PipelineSubmission,
} from "./pipelines";
import { openPrograms, type Programs } from "./programs";
import { openServices, type Services } from "./services";
import { submitJob, type Submission, type SubmitOptions } from "./submit";

export interface Grid {
  /** The coordinator's address. */
  readonly url: string;
  /** Requests to parts of the API that have no method here. */
  readonly client: Client;
  /**
   * Runs a function over items, on the grid. Nothing happens before the results are read.
   *
   * @param items Anything that can be looped over. A `range` is never made into numbers; other sources are read as
   *   fast as the grid works, and may be endless.
   * @param fn Runs elsewhere, by its source: it must not use variables from around it, other than those in `with`.
   *   With Node.js also a module's path or URL: its default export, or its `map`; npm imports are bundled.
   * @returns One result for each item, in the order of the items, as they come in.
   * @throws {TypeError} If the function has no source: built in, bound, a class or a generator.
   * @example
   * for await (const isPrime of grid.map(range(1e6), testPrime)) …
   */
  map<Item, Result>(
    items: Items<Item>,
    fn: MapFunction<Item, Result>,
    options?: MapOptions,
  ): MapResults<Awaited<Result>>;
  map<Result = unknown>(
    items: Items<unknown>,
    module: string | URL,
    options?: MapOptions,
  ): MapResults<Result>;
  /**
   * A job of a program: functions, a module (with Node.js), or what the REST API takes. Types of keys, values, records and
   * config come from the program.
   * @example
   * const words = grid.job({ program: { map, reduce }, input: lines });
   * for await (const { key, value } of words.run()) …
   */
  readonly job: MakeJob;
  /** Submits a job as the REST API takes it. Durable when it returns. */
  submit<Key = unknown, Value = unknown>(
    submission: Submission,
    options?: SubmitOptions,
  ): Promise<JobHandle<Key, Value>>;
  /** A job that was submitted before. @throws {TypeError} If that is no job's id. */
  find<Key = unknown, Value = unknown>(id: string): JobHandle<Key, Value>;
  /**
   * Begins a pipeline: jobs that follow one another, as the REST API takes it. It goes on without us.
   * @param pipeline With Node.js also a file's path or URL: JSON, which may name programs and texts beside it by `{"file"}`.
   * @example
   * const ranks = await grid.pipeline("pagerank/pipeline.json");
   * await ranks.finished();
   * for await (const { key, value } of (await ranks.result()).results()) …
   */
  pipeline(pipeline: PipelineSubmission | string | URL, options?: SubmitOptions): Promise<PipelineHandle>;
  /** A pipeline that was begun before. @throws {TypeError} If that is no pipeline's id. */
  findPipeline(id: string): PipelineHandle;
  /** Newest first. */
  pipelines(watching?: Watching): AsyncGenerator<PipelineView, void>;
  /** Newest first. */
  jobs(query?: { readonly state?: JobState } & Watching): AsyncGenerator<JobView, void>;
  volunteers(watching?: Watching): Promise<VolunteerView[]>;
  /** Data that is uploaded once and read by many jobs: `input: { dataset: "/user/name" }`. */
  readonly datasets: Datasets;
  /** Programs that are kept under paths. */
  readonly programs: Programs;
  /** Programs that stay and answer requests. */
  readonly services: Services;
  /** The whole grid in a few numbers. */
  status(watching?: Watching): Promise<GridStatus>;
}

/** @param modules Reads programs from files, where there are any; `openFile` data. */
export function openGrid(
  client: Client,
  modules: ModuleReader = NO_MODULES,
  openFile: FileOpener = NO_FILES,
): Grid {
  return {
    url: client.url,
    client,
    map,
    job: jobMaker(client, modules),
    datasets: openDatasets(client, openFile),
    programs: openPrograms(client),
    services: openServices(client),
    async submit(submission, options) {
      const { id } = await submitJob(client, submission, options);
      return openJob(client, id);
    },
    find(id) {
      const parsed = JobId.safeParse(id);
      if (parsed.success) return openJob(client, parsed.data);
      throw new TypeError(`A job's id looks like job_0123456789abcdef; got ${JSON.stringify(id)}`);
    },
    async pipeline(pipeline, options) {
      const isFile = typeof pipeline === "string" || pipeline instanceof URL;
      return submitPipeline(client, isFile ? await modules.pipeline(pipeline) : pipeline, options);
    },
    findPipeline: (id) => findPipeline(client, id),
    pipelines: (watching) => listPipelines(client, watching),
    jobs: ({ state, signal } = {}) =>
      readPages(client, { path: "/api/v1/jobs", query: { state }, signal }, JobPage, ({ jobs }) => jobs),
    async volunteers({ signal } = {}) {
      const { volunteers } = await client.json({ path: "/api/v1/volunteers", signal }, VolunteerPage);
      return volunteers;
    },
    status: ({ signal } = {}) => client.json({ path: "/api/v1/status", signal }, GridStatus),
  };
  function map<Item, Result>(
    items: Items<Item>,
    fn: MapFunction<Item, Result> | string | URL,
    options: MapOptions = {},
  ): MapResults<Awaited<Result>> {
    if (typeof fn !== "string" && !(fn instanceof URL)) return mapFunction(client, items, fn, options);
    const prepare = async () => ({ program: await modules.mapping(fn) });
    return mapProgram(client, items, prepare, { name: String(fn).slice(-200), ...options }) as MapResults<
      Awaited<Result>
    >;
  }
}
