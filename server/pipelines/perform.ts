/**
 * Carries out what a pipeline wants: submits jobs, waits for their ends, reads numbers, keeps results, ends jobs.
 *
 * A job is submitted under a key made of pipeline, step and iteration, so that none is submitted twice. What cannot be
 * done at the moment is tried again for as long as the pipeline wants it.
 */
import * as z from "zod";
import type { PipelineAction, PipelineEvent } from "../../core/pipelines/advance-pipeline";
import { openMeasure, type ResultRecord } from "../../core/pipelines/condition";
import { openReferenceReader } from "../../core/pipelines/read-reference";
import { configWith, inputIn, referencesIn } from "../../core/pipelines/references";
import type { DatasetPath, DatasetVersionView } from "../../protocol/dataset";
import type { Digest, JobId } from "../../protocol/ids";
import { SubmitJob, type JobInput, type JobOptions } from "../../protocol/job";
import type { Json } from "../../protocol/json";
import {
  SubmitPipeline,
  type PipelineFailure,
  type PipelineId,
  type Reference,
  type Step,
} from "../../protocol/pipeline";
import { describeIssues, isGridError, isPassing } from "../../protocol/problems";
import { unreachable } from "../../protocol/unreachable";
import type { JobView } from "../../protocol/views";
import { namingFullDisk } from "../disk-full";
import type { BlockStore } from "../grid-api";
import { linesOf } from "../http/ndjson-lines";
import { log } from "../log";
import type { Database } from "../store/database";
import { findJobByKey, readEdition } from "../store/jobs";
import { findPipeline } from "../store/pipelines";
import { countCorrected, type ResultRead } from "../store/result-reads";
import type { Origin } from "../submit-job";

export interface PerformerParts {
  database: Database;
  blocks: Pick<BlockStore, "read" | "write">;
  submitJob: (request: SubmitJob, key: string, origin: Origin) => Promise<{ job: Pick<JobView, "id"> }>;
  getJob: (id: JobId) => Promise<JobView>;
  cancelJob: (id: JobId) => Promise<unknown>;
  readResult: (id: JobId, signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;
  keepResult: (id: JobId, path: DatasetPath) => Promise<DatasetVersionView>;
  /** Of a pipeline that is computed again: what a step reads now. @throws {GridError} `overloaded` while that is still to come. */
  inputNow: (input: JobInput, replaced: JobId | null) => Promise<JobInput>;
}

/** A pipeline under way, as far as acting for it goes. */
export interface Course {
  readonly id: PipelineId;
  readonly name: string;
  readonly submitter: string;
  readonly spec: Digest;
  /** The pipeline that it computes again. */
  readonly repeats: PipelineId | null;
  tell: (event: PipelineEvent) => void;
  /** Whether the action is still to be done. */
  isWanted: (action: PipelineAction) => boolean;
  /** The job whose result a step's iteration is; its last one for null. */
  resultOf: (step: string, iteration: number | null) => JobId | null;
}

export interface Performer {
  perform(course: Course, action: PipelineAction): void;
  jobEnded(id: JobId): void;
  isClosed(): boolean;
  /** Returns when nothing is under way. */
  close(): Promise<void>;
}

const RETRY_MS = 2_000;
/** How often jobs that are waited for are looked at, lest the word of an end was missed. */
const LOOK_MS = 10_000;

interface Watched {
  course: Course;
  action: Extract<PipelineAction, { type: "watch" | "stop" }>;
}

export function openPerformer(parts: PerformerParts): Performer {
  const { database, blocks, submitJob, getJob, cancelJob, readResult, keepResult } = parts;
  const closing = new AbortController();
  const watched = new Map<JobId, Watched>();
  /** Of each iteration, one action at a time: a job is not ended while it is being submitted. */
  const busy = new Map<string, Promise<void>>();
  const looking = setInterval(() => {
    for (const id of watched.keys()) jobEnded(id);
  }, LOOK_MS);
  looking.unref();

  function perform(course: Course, action: PipelineAction): void {
    const place = `${course.id} ${action.step} ${action.iteration}`;
    const work = (busy.get(place) ?? Promise.resolve()).then(() => attempt(course, action));
    busy.set(place, work);
    void work.then(() => busy.get(place) === work && busy.delete(place));
  }

  async function attempt(course: Course, action: PipelineAction): Promise<void> {
    while (!closing.signal.aborted && course.isWanted(action)) {
      try {
        return await act(course, action);
      } catch (thrown) {
        if (closing.signal.aborted) return;
        const error = namingFullDisk(thrown);
        const failure = failureOf(error);
        if (failure) {
          const { step, iteration } = action;
          return course.tell({ type: "failed", step, iteration, ...failure });
        }
        const said = { err: error, pipelineId: course.id, ...action };
        if (isGridError(error)) log.warn(said, "a pipeline cannot go on now; trying again");
        else log.error(said, "a pipeline cannot go on, and nobody expected that; trying again");
        await pause(closing.signal);
      }
    }
  }

  async function act(course: Course, action: PipelineAction): Promise<void> {
    const { step, iteration } = action;
    switch (action.type) {
      case "start":
        return course.tell({ type: "started", step, iteration, jobId: await start(course, action) });
      case "watch":
        watched.set(action.jobId, { course, action });
        return look(action.jobId);
      case "measure": {
        const { repeat } = await stepOf(course, step);
        if (!repeat) throw new Error(`${step} of ${course.id} does not repeat`);
        const measure = openMeasure(
          repeat.until,
          repeat.until.key === undefined ? repeat.until.aggregate : "sum",
        );
        // Looked at first: a result that is corrected meanwhile counts as measured before.
        const corrected = countCorrected(await readEdition(database, action.jobId));
        for await (const record of recordsOf(action.jobId)) measure.add(record);
        return course.tell({ type: "measured", step, iteration, value: measure.value(), corrected });
      }
      case "keep": {
        const { keep } = await stepOf(course, step);
        if (keep === null) throw new Error(`${step} of ${course.id} is not kept`);
        const { version } = await keepResult(action.jobId, keep);
        return course.tell({ type: "kept", step, iteration, version });
      }
      case "stop":
        return stop(course, action);
      default:
        return unreachable(action);
    }
  }

  async function start(course: Course, { step: name, iteration }: PipelineAction): Promise<JobId> {
    const key = keyOf(course.id, name, iteration);
    const earlier = await findJobByKey(database, key);
    if (earlier) return earlier.id;
    const step = await stepOf(course, name);
    const ofStep = (other: string) => {
      const id = course.resultOf(other, other === name ? iteration - 1 : null);
      if (id === null) throw new Error(`${other} of ${course.id} has no result yet`);
      return id;
    };
    const input = inputIn(step, iteration);
    const values: Json[] = [];
    const configReads = new Map<JobId, ResultRead>();
    for (const reference of referencesIn(step, iteration)) {
      const jobId = ofStep(reference.step);
      // Looked at first: a result that is corrected meanwhile counts as read before.
      const corrected = countCorrected(await readEdition(database, jobId));
      if (!configReads.has(jobId)) configReads.set(jobId, { jobId, use: "config", corrected });
      values.push(await read(jobId, reference));
    }
    const repeats = await replacedBy(course, name, iteration);
    const given = async (own: JobInput) => (course.repeats === null ? own : parts.inputNow(own, repeats));
    const request = SubmitJob.parse({
      name: `${course.name}: ${name}${step.repeat ? ` #${iteration}` : ""}`.slice(-200),
      submitter: course.submitter,
      program: step.program,
      input: "step" in input ? { result: ofStep(input.step) } : await given(input),
      options: optionsOf(step),
      config: configWith(step, iteration, values),
    });
    const origin = { configReads: [...configReads.values()], repeats };
    return (await submitJob(request, key, origin)).job.id;
  }

  /** The job at that place of the pipeline that is computed again. */
  async function replacedBy({ repeats }: Course, name: string, iteration: number): Promise<JobId | null> {
    const before = repeats && (await findPipeline(database, repeats));
    const step = before ? before.run.steps.find((own) => own.name === name) : undefined;
    const found = step?.iterations[iteration - 1];
    return found?.state === "done" ? found.jobId : null;
  }

  async function read(id: JobId, reference: Reference): Promise<Json> {
    const reader = openReferenceReader(reference);
    for await (const record of recordsOf(id)) reader.add(record);
    return reader.value();
  }

  async function* recordsOf(id: JobId): AsyncGenerator<ResultRecord> {
    for await (const lines of linesOf(await readResult(id, closing.signal)))
      for (const line of lines) yield JSON.parse(line) as ResultRecord;
  }

  async function stepOf(course: Course, name: string): Promise<Step> {
    const { steps } = SubmitPipeline.parse(
      JSON.parse(Buffer.from(await blocks.read(course.spec)).toString()),
    );
    const step = steps.find((own) => own.name === name);
    if (!step) throw new Error(`${course.id} has no step ${name}`);
    return step;
  }

  async function stop(course: Course, action: Extract<PipelineAction, { type: "stop" }>): Promise<void> {
    const { step, iteration } = action;
    if (action.jobId === null) {
      const found = await findJobByKey(database, keyOf(course.id, step, iteration));
      // Told of its job, the pipeline wants that one stopped.
      if (found) return course.tell({ type: "started", step, iteration, jobId: found.id });
      return course.tell({ type: "stopped", step, iteration });
    }
    watched.delete(action.jobId);
    try {
      await cancelJob(action.jobId);
    } catch (error) {
      if (!isGridError(error) || (error.code !== "job-ended" && error.code !== "job-not-found")) throw error;
    }
    course.tell({ type: "stopped", step, iteration });
  }

  function jobEnded(id: JobId): void {
    const found = watched.get(id);
    if (found)
      void look(id).catch((error: unknown) => log.error({ err: error, jobId: id }, "a job of a pipeline"));
  }

  /** Tells the pipeline when the job has ended. */
  async function look(id: JobId): Promise<void> {
    const job = await getJob(id);
    const found = watched.get(id);
    if (!found || job.endedAt === null) return;
    watched.delete(id);
    const { course, action } = found;
    const { step, iteration } = action;
    if (job.state === "completed") return course.tell({ type: "completed", step, iteration });
    const { failure } = job;
    const where = failure
      ? ` in ${failure.taskId}${failure.record === null ? "" : `, record ${failure.record}`}`
      : "";
    const code = failure ? "job-failed" : "job-cancelled";
    const message = failure ? `${id} failed${where}: ${failure.message}` : `${id} was cancelled`;
    course.tell({ type: "failed", step, iteration, code, message });
  }

  return {
    perform,
    jobEnded,
    isClosed: () => closing.signal.aborted,
    async close() {
      closing.abort();
      clearInterval(looking);
      await Promise.all(busy.values());
    },
  };
}

/** No Idempotency-Key that comes from outside has a space. */
const keyOf = (id: PipelineId, step: string, iteration: number) => `${id} ${step} ${iteration}`;

/** A pipeline that was stored before this was refused goes on: of one copy there is nothing to compare. */
function optionsOf({ options }: Step): JobOptions {
  const isCompared = options.quorum > 1 || options.maxErrorRate !== null;
  return isCompared ? options : { ...options, sameEngine: false };
}

/** Null for what may go well later. */
function failureOf(error: unknown): { code: PipelineFailure["code"]; message: string } | null {
  if (error instanceof RangeError) return { code: "no-value", message: error.message };
  // What was stored under other rules stays as it is.
  if (error instanceof z.ZodError)
    return { code: "refused", message: `invalid-input: ${describeIssues(error, undefined)}` };
  if (!isGridError(error) || isPassing(error)) return null;
  return { code: "refused", message: `${error.code}: ${error.message}` };
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, RETRY_MS);
    signal.addEventListener("abort", done, { once: true });
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
