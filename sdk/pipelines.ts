/** Pipelines on the grid: jobs that follow one another. */
import type * as z from "zod";
import { PipelineId, PipelinePage, PipelineView, type SubmitPipeline } from "../protocol/pipeline";
import type { Client } from "./client";
import { PipelineFailedError } from "./errors";
import { eventsIn } from "./event-stream";
import { following, type StreamEnd } from "./following";
import { openJob, type JobHandle, type Watching } from "./job-handle";
import { linesOf } from "./line-stream";
import { readPages } from "./pages";
import { newKey, type SubmitOptions } from "./submit";

/** A submission as it is sent; what is left out has its default. */
export type PipelineSubmission = z.input<typeof SubmitPipeline>;

export interface PipelineHandle {
  readonly id: PipelineId;
  /** Steps, iterations and their jobs, what the condition saw. */
  view(watching?: Watching): Promise<PipelineView>;
  /** Pictures of it with every change, until it has ended. */
  views(watching?: Watching): AsyncGenerator<PipelineView, void>;
  /** Waits for the end. @throws {PipelineFailedError} If it fails or is cancelled. */
  finished(watching?: Watching): Promise<PipelineView>;
  /**
   * The job whose result is that of a step, once that is completed.
   * @param step The last one when left out.
   * @throws {TypeError} If there is no such step, or it is not completed.
   */
  result<Key = unknown, Value = unknown>(step?: string, watching?: Watching): Promise<JobHandle<Key, Value>>;
  /** Ends it, with its jobs. */
  cancel(watching?: Watching): Promise<PipelineView>;
  /** Starts nothing more; a job under way goes on. */
  pause(watching?: Watching): Promise<PipelineView>;
  resume(watching?: Watching): Promise<PipelineView>;
  /** Forgets it; its jobs stay. @throws {RefusedError} `wrong-order` if it has not ended. */
  remove(watching?: Watching): Promise<void>;
}

/** @throws {RefusedError} `invalid-input`, `program-invalid`, `idempotency-conflict`, … */
export async function submitPipeline(
  client: Client,
  submission: PipelineSubmission,
  { idempotencyKey = newKey(), signal }: SubmitOptions = {},
): Promise<PipelineHandle> {
  const headers = { "idempotency-key": idempotencyKey };
  const { id } = await client.json(
    { method: "POST", path: "/api/v1/pipelines", json: submission, headers, signal, isRepeatable: true },
    PipelineView,
  );
  return openPipeline(client, id);
}

/** @throws {TypeError} If that is no pipeline's id. */
export function findPipeline(client: Client, id: string): PipelineHandle {
  const parsed = PipelineId.safeParse(id);
  if (parsed.success) return openPipeline(client, parsed.data);
  throw new TypeError(`A pipeline's id looks like pipe_0123456789abcdef; got ${JSON.stringify(id)}`);
}

/** Newest first; of each step only the newest iteration. */
export function listPipelines(client: Client, { signal }: Watching = {}): AsyncGenerator<PipelineView, void> {
  return readPages(client, { path: "/api/v1/pipelines", signal }, PipelinePage, ({ pipelines }) => pipelines);
}

function openPipeline(client: Client, id: PipelineId): PipelineHandle {
  const path = `/api/v1/pipelines/${id}`;
  const view = ({ signal }: Watching = {}) => client.json({ path, signal }, PipelineView);
  const act = (action: string) => {
    return ({ signal }: Watching = {}) =>
      client.json({ method: "POST", path: `${path}/${action}`, signal }, PipelineView);
  };
  const views = ({ signal }: Watching = {}) =>
    following(client, {
      request: () => ({ path: `${path}/events`, headers: { accept: "text/event-stream" }, signal }),
      read: readViews,
    });
  return {
    ...{ id, view, views },
    async finished(watching) {
      let last: PipelineView | null = null;
      for await (const seen of views(watching)) last = seen;
      const pipeline = last ?? (await view(watching));
      if (pipeline.state === "completed") return pipeline;
      throw new PipelineFailedError(pipeline);
    },
    async result<Key, Value>(name?: string, watching?: Watching) {
      const { steps } = await view(watching);
      const step = name === undefined ? steps.at(-1) : steps.find((own) => own.name === name);
      if (!step) {
        const known = steps.map((own) => own.name).join(", ");
        throw new TypeError(`step must be one of ${known}; got ${JSON.stringify(name)}`);
      }
      if (step.resultJobId === null)
        throw new TypeError(`${step.name} of ${id} is ${step.state}: it has no result`);
      return openJob<Key, Value>(client, step.resultJobId);
    },
    cancel: act("cancel"),
    pause: act("pause"),
    resume: act("resume"),
    async remove({ signal } = {}) {
      await client.open({ method: "DELETE", path, signal });
    },
  };
}

async function* readViews(response: Response, alive: () => void): AsyncGenerator<PipelineView, StreamEnd> {
  if (!response.body) return "broke";
  for await (const { event, data } of eventsIn(linesOf(response.body, alive))) {
    if (event === "end") return "ended";
    if (event === "pipeline") yield PipelineView.parse(JSON.parse(data));
  }
  return "broke";
}
