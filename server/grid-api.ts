/**
 * What the rest of the process may ask of the running grid.
 *
 * Route handlers reach it through `grid()`. Next bundles them apart from the
 * server, so they share its process and `globalThis` but not its modules: the
 * one running grid is kept under a registered symbol.
 */
import type { Readable } from "node:stream";
import type { DatasetPath, DatasetVersionView } from "../protocol/dataset";
import type { Digest, JobId, StageName } from "../protocol/ids";
import type { ChangeJob, SubmitJob } from "../protocol/job";
import { GridError } from "../protocol/problems";
import type { AccountsApi } from "./accounts";
import type { OutputReading } from "./job-output";
import type { PipelinesApi } from "./pipelines/pipelines";
import type { ProgramsApi } from "./programs/registry";
import type { ServicesApi } from "./services/service-control";
import type {
  GridStatus,
  JobPage,
  JobState,
  JobView,
  LogLine,
  TaskErrorPage,
  TaskPage,
  VolunteerPage,
} from "../protocol/views";
import type { JobStatistics } from "../protocol/statistics";
import type { Origin } from "./submit-job";

export interface GridApi {
  /**
   * Checks, stores and queues a job; durable when it returns.
   * @param idempotencyKey The same key with the same request gives the job made first, with `created` false.
   * @param origin Of a pipeline's step.
   * @throws {GridError} `program-invalid`, `invalid-input`, `idempotency-conflict`, `overloaded`.
   */
  submitJob(
    request: SubmitJob,
    idempotencyKey: string | null,
    origin?: Origin,
  ): Promise<{ job: JobView; created: boolean }>;
  /**
   * Submits a job again whose input is a result that was corrected since, on what that is now. Asked for twice, it gives the same job,
   * with `created` false.
   * @throws {GridError} `not-outdated`; `wrong-order` when something else has to be made anew first; `job-not-finished`.
   */
  runAgain(id: JobId): Promise<{ job: JobView; created: boolean }>;
  /** Newest first. @param cursor What the page before gave as `nextCursor`. */
  listJobs(query: { state: JobState | null; cursor: string | null; limit: number }): Promise<JobPage>;
  /** @throws {GridError} `job-not-found`; so do all that take a job's id. */
  getJob(id: JobId): Promise<JobView>;
  /** Its submission as a job.xml. @throws {GridError} `too-large`, and `not-portable` for an input that has no form there. */
  exportJob(id: JobId): Promise<string>;
  /** @throws {GridError} `job-ended` when there is nothing left to cancel. */
  cancelJob(id: JobId): Promise<JobView>;
  /** Takes back what runs of it. A paused job stays paused. @throws {GridError} `job-ended`. */
  pauseJob(id: JobId): Promise<JobView>;
  /** Hands it out again. A job that is not paused goes on. @throws {GridError} `job-ended`. */
  resumeJob(id: JobId): Promise<JobView>;
  /** Changes its share of the computing time, from the next task on. @throws {GridError} `job-ended`. */
  changeJob(id: JobId, changes: ChangeJob): Promise<JobView>;
  listTasks(
    id: JobId,
    query: { stage: StageName | null; cursor: string | null; limit: number },
  ): Promise<TaskPage>;
  /** What its stages read, made and cost, from what is accepted so far. */
  getStatistics(id: JobId): Promise<JobStatistics>;
  /** What tasks failed with that the job went on without, if it collects errors. */
  listErrors(id: JobId, query: { cursor: string | null; limit: number }): Promise<TaskErrorPage>;
  /**
   * The result as NDJSON bytes, one `{"key","value"}` a line, in the order of the tasks.
   * @param follow Waits for tasks that are not accepted yet; otherwise an unfinished job is refused.
   * @throws {GridError} `job-not-finished`; `job-ended` when it failed or was cancelled.
   */
  readResult(id: JobId, query: { follow: boolean; signal: AbortSignal }): Promise<AsyncIterable<Uint8Array>>;
  /** What the copies of its tasks have written so far. */
  readOutput(id: JobId): Promise<OutputReading>;
  /** Makes it a version of a dataset, which lives on its own. A result that is there already is not kept twice. @throws As `readResult`; `quota-exceeded`. */
  keepResult(id: JobId, path: DatasetPath): Promise<DatasetVersionView>;
  pipelines: PipelinesApi;
  programs: ProgramsApi;
  services: ServicesApi;
  accounts: AccountsApi;
  listVolunteers(): VolunteerPage;
  status(): GridStatus;
  /** Null when the grid can take work; otherwise why it cannot. */
  whyNotReady(): Promise<string | null>;
  /** Calls back now and at most four times a second after a change. @returns How to stop. */
  watchGrid(listener: (event: GridEvent) => void): () => void;
  watchJob(id: JobId, listener: (event: JobEvent) => void): Promise<() => void>;
}

export type GridEvent =
  | { type: "status"; status: GridStatus }
  | { type: "job"; job: JobView }
  | { type: "volunteers"; volunteers: VolunteerPage["volunteers"] };

/** `end` is the last one: the job will not change any more. */
export type JobEvent = { type: "job"; job: JobView } | { type: "log"; log: LogLine } | { type: "end" };

/** Where blocks live; served ahead of Next. */
export interface BlockStore {
  has(digest: Digest): Promise<boolean>;
  /** Durable when it returns. Writing a block that is there already changes nothing. */
  write(bytes: Uint8Array): Promise<Digest>;
  /**
   * Stores a stream under the digest it claims.
   * @throws {GridError} `digest-mismatch`, `too-large`.
   */
  receive(digest: Digest, body: Readable): Promise<void>;
  /**
   * @param range Only these bytes, from `start` up to, but not including, `end`.
   * @returns Also the size of the whole block.
   * @throws {GridError} `block-not-found`.
   */
  open(digest: Digest, range?: { start: number; end: number }): Promise<{ bytes: number; body: Readable }>;
  /** The whole block, verified. @throws {GridError} `block-not-found`. */
  read(digest: Digest): Promise<Uint8Array>;
  /** Compares what is kept with the digest, though it was right before. @throws {GridError} `block-not-found` when it is another. */
  verify(digest: Digest): Promise<void>;
  /** A block that is not there is removed already. */
  remove(digest: Digest): Promise<void>;
  /** All blocks, in no order. */
  list(): AsyncIterable<Digest>;
  /** Where a tab may fetch it itself, for a while; absent when only the coordinator can read it. */
  link?(digest: Digest): Promise<string>;
}

const KEY = Symbol.for("tabgrid.grid");

export function publishGrid(api: GridApi): void {
  (globalThis as Record<symbol, unknown>)[KEY] = api;
}

/** @throws {GridError} `overloaded` while the coordinator is still starting. */
export function grid(): GridApi {
  const api = (globalThis as Record<symbol, unknown>)[KEY];
  if (!api) throw new GridError("overloaded", "The coordinator is still starting", { retryAfterMs: 1000 });
  return api as GridApi;
}
