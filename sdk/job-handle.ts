/** One job on the grid: what can be asked of it and done to it. */
import type { JobId } from "../protocol/ids";
import type { ChangeJob } from "../protocol/job";
import { fromWire } from "../protocol/objects/wire";
import {
  JobView,
  TaskErrorPage,
  TaskPage,
  type LogLine,
  type TaskErrorView,
  type TaskView,
} from "../protocol/views";
import type { Client } from "./client";
import { JobStatistics } from "../protocol/statistics";
import { JobFailedError, RefusedError } from "./errors";
import { readJobEvents, type JobEvent } from "./event-stream";
import { readPages } from "./pages";
import { readResultLines, type ResultQuery } from "./result-stream";

/** One record of a result. */
export interface Pair<Key = unknown, Value = unknown> {
  readonly key: Key;
  readonly value: Value;
}

export interface Watching {
  readonly signal?: AbortSignal | undefined;
}

export interface JobHandle<Key = unknown, Value = unknown> {
  readonly id: JobId;
  /** State, stages, counts, time left, what it waits for. */
  view(watching?: Watching): Promise<JobView>;
  /**
   * The result in the order of the input, as it comes in; ends when the job has completed.
   * @throws {JobFailedError} If the job fails or is cancelled.
   */
  results(query?: ResultQuery): AsyncGenerator<Pair<Key, Value>, void>;
  /** The same as lines of JSON. */
  resultLines(query?: ResultQuery): AsyncGenerator<string, void>;
  /** Pictures of the job and what its tasks log, until it has ended. */
  events(watching?: Watching): AsyncGenerator<JobEvent, void>;
  logs(watching?: Watching): AsyncGenerator<LogLine, void>;
  /** Waits for the end. @throws {JobFailedError} If the job fails or is cancelled. */
  finished(watching?: Watching): Promise<JobView>;
  /** The audit trail: every task, its copies, who, how long, what verdict. */
  tasks(watching?: Watching): AsyncGenerator<TaskView, void>;
  /** What its stages read, made and cost so far, and how evenly the work was shared. */
  statistics(watching?: Watching): Promise<JobStatistics>;
  /** What tasks failed with that a job with `onError: "collect"` went on without. */
  errors(watching?: Watching): AsyncGenerator<TaskErrorView, void>;
  /** A job that has been cancelled already stays so. @throws {RefusedError} `job-ended` if it ended otherwise. */
  cancel(watching?: Watching): Promise<JobView>;
  pause(watching?: Watching): Promise<JobView>;
  resume(watching?: Watching): Promise<JobView>;
  /** Changes its share of the computing time. */
  change(changes: ChangeJob, watching?: Watching): Promise<JobView>;
}

/** Nothing is asked yet; whether there is such a job turns out at the first call. */
export function openJob<Key = unknown, Value = unknown>(client: Client, id: JobId): JobHandle<Key, Value> {
  const path = `/api/v1/jobs/${id}`;
  const view = ({ signal }: Watching = {}) => client.json({ path, signal }, JobView);
  const act = (action: string) => {
    return ({ signal }: Watching = {}) =>
      client.json({ method: "POST", path: `${path}/${action}`, signal, isRepeatable: true }, JobView);
  };
  return {
    id,
    view,
    results,
    resultLines,
    events: (watching) => readJobEvents(client, id, watching),
    logs,
    finished,
    tasks: ({ signal } = {}) =>
      readPages(client, { path: `${path}/tasks`, signal }, TaskPage, ({ tasks }) => tasks),
    statistics: ({ signal } = {}) => client.json({ path: `${path}/statistics`, signal }, JobStatistics),
    errors: ({ signal } = {}) =>
      readPages(client, { path: `${path}/errors`, signal }, TaskErrorPage, ({ errors }) => errors),
    cancel,
    pause: act("pause"),
    resume: act("resume"),
    change: (changes, { signal } = {}) =>
      client.json({ method: "PATCH", path, json: changes, signal, isRepeatable: true }, JobView),
  };

  async function* resultLines(query?: ResultQuery): AsyncGenerator<string, void> {
    try {
      yield* readResultLines(client, id, query);
    } catch (error) {
      if (!(error instanceof RefusedError) || error.code !== "job-ended") throw error;
      throw new JobFailedError(await view(query));
    }
  }

  async function* results(query?: ResultQuery): AsyncGenerator<Pair<Key, Value>, void> {
    for await (const line of resultLines(query)) {
      const { key, value } = JSON.parse(line) as Pair;
      const { classes } = client;
      // What is in it is what the program's author says it is.
      yield { key: fromWire(key, classes), value: fromWire(value, classes) } as Pair<Key, Value>;
    }
  }

  async function* logs(watching?: Watching): AsyncGenerator<LogLine, void> {
    for await (const event of readJobEvents(client, id, watching)) if (event.type === "log") yield event.log;
  }

  async function finished(watching?: Watching): Promise<JobView> {
    for await (const event of readJobEvents(client, id, watching)) {
      if (event.type === "job" && event.job.endedAt !== null) return orThrow(event.job);
    }
    return orThrow(await view(watching));
  }

  async function cancel(watching?: Watching): Promise<JobView> {
    try {
      return await act("cancel")(watching);
    } catch (error) {
      if (!(error instanceof RefusedError) || error.code !== "job-ended") throw error;
      const job = await view(watching);
      if (job.state === "cancelled") return job;
      throw error;
    }
  }
}

function orThrow(job: JobView): JobView {
  if (job.state === "completed") return job;
  throw new JobFailedError(job);
}
