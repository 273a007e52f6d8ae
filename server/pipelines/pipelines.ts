/**
 * The pipelines of the grid: takes them in, drives them on, and shows them.
 *
 *   event ─▶ core decides ─▶ row written ─▶ actions ─▶ jobs, results, datasets ─▶ event …
 *
 * The row is written before anything is done, and everything that is done may be done twice: after a crash, what is
 * outstanding is done again.
 */
import { createHash, randomBytes } from "node:crypto";
import {
  advancePipeline,
  hasEnded,
  newRun,
  outstanding,
  type PipelineEvent,
  type PipelineRun,
  type PlannedStep,
} from "../../core/pipelines/advance-pipeline";
import { repeatRun } from "../../core/pipelines/repeat-run";
import { openLineage } from "../../core/recompute";
import type { Effect } from "../../core/grid-events";
import { hasEnded as jobHasEnded } from "../../core/job";
import type { EpochMs, JobId } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import type { PipelineId, PipelinePage, PipelineView, SubmitPipeline } from "../../protocol/pipeline";
import { GridError } from "../../protocol/problems";
import { findVersion } from "../datasets/dataset-rows";
import { log } from "../log";
import { readLineage } from "../store/lineage";
import * as rows from "../store/pipelines";
import { withoutLater } from "../submit-job";
import { checkPipeline } from "./check-pipeline";
import { openPerformer, type Course, type PerformerParts } from "./perform";
import { viewBriefly, viewPipeline } from "./pipeline-view";

export interface PipelinesApi {
  /**
   * Checks and stores a pipeline, and begins it; durable when it returns.
   * @param idempotencyKey The same key with the same request gives the pipeline made first.
   * @throws {GridError} `invalid-input`, `program-invalid`, `program-not-found`, `idempotency-conflict`, `overloaded`.
   */
  submit(
    request: SubmitPipeline,
    idempotencyKey: string | null,
  ): Promise<{ pipeline: PipelineView; created: boolean }>;
  /** Newest first; of each step only the newest iteration. */
  list(query: { before: { createdAt: number; id: string } | null; limit: number }): Promise<PipelinePage>;
  /** @throws {GridError} `pipeline-not-found`; so do all below. */
  get(id: PipelineId): Promise<PipelineView>;
  /** Ends its jobs too. @throws {GridError} `pipeline-ended`; so do `pause` and `resume`. */
  cancel(id: PipelineId): Promise<PipelineView>;
  /** Starts nothing more; a job under way goes on to its end. */
  pause(id: PipelineId): Promise<PipelineView>;
  resume(id: PipelineId): Promise<PipelineView>;
  /** Forgets one that has ended; its jobs stay. @throws {GridError} `wrong-order`. */
  remove(id: PipelineId): Promise<void>;
  /** Calls back now and with every change. @returns How to stop. */
  watch(id: PipelineId, listener: (event: PipelineFeedEvent) => void): Promise<() => void>;
}

/** `end` is the last one. */
export type PipelineFeedEvent = { type: "pipeline"; pipeline: PipelineView } | { type: "end" };

export interface Pipelines extends PipelinesApi {
  note(effect: Effect): void;
  /**
   * Computes a completed pipeline again, but for what is right of it.
   * @param attempt How many have before. Of all that would be the next, one is.
   * @throws {GridError} `overloaded`, `pipeline-not-found`.
   */
  repeat(id: PipelineId, attempt: number): Promise<void>;
  /** Takes up what was under way. */
  restore(): Promise<void>;
  close(): Promise<void>;
}

export interface PipelinesParts extends PerformerParts {
  now: () => EpochMs;
  /** A pipeline has ended, with its jobs. */
  settled: () => void;
}

interface Live extends Course {
  stored: rows.StoredPipeline;
  /** Changes one after the other. */
  turn: Promise<unknown>;
}

const RETRY_MS = 5_000;

export function openPipelines(parts: PipelinesParts): Pipelines {
  const { database, blocks, now } = parts;
  const live = new Map<PipelineId, Live>();
  const watchers = new Map<PipelineId, Set<(event: PipelineFeedEvent) => void>>();
  const performer = openPerformer(parts);

  function begin(stored: rows.StoredPipeline): Live {
    const course: Live = {
      stored,
      id: stored.id,
      turn: Promise.resolve(),
      tell: (event) => void apply(course, event).catch((error: unknown) => retry(course, event, error)),
      isWanted: (action) =>
        outstanding(course.stored.plan, course.stored.run).some(
          ({ type, step, iteration }) =>
            type === action.type && step === action.step && iteration === action.iteration,
        ),
      ...{ spec: stored.spec, repeats: stored.repeats },
      name: stored.name,
      submitter: stored.submitter,
      resultOf: (name, iteration) => {
        const step = course.stored.run.steps.find((own) => own.name === name);
        const found = step?.iterations.at(iteration === null ? -1 : iteration - 1);
        return found?.state === "done" ? found.jobId : null;
      },
    };
    live.set(stored.id, course);
    return course;
  }

  function retry(course: Live, event: PipelineEvent, error: unknown): void {
    if (performer.isClosed()) return;
    log.error(
      { err: error, pipelineId: course.id },
      "the database does not take a pipeline's change; trying again",
    );
    setTimeout(() => course.tell(event), RETRY_MS).unref();
  }

  /** One turn: decide, write, tell, act. */
  function apply(course: Live, event: PipelineEvent): Promise<void> {
    const turn = course.turn.then(async () => {
      const { stored } = course;
      const { run, actions } = advancePipeline(stored.plan, stored.run, event);
      const isChanged = JSON.stringify(run) !== JSON.stringify(stored.run);
      if (isChanged) {
        const isSettled = hasEnded(run) && outstanding(stored.plan, run).length === 0;
        const endedAt = hasEnded(run) ? (stored.endedAt ?? now()) : null;
        const next = { ...stored, run, endedAt, isSettled, version: stored.version + 1 };
        if (!(await rows.updatePipeline(database, next)))
          throw new Error(`${course.id} was changed by somebody else`);
        course.stored = next;
        if (isSettled) live.delete(course.id);
        if (isSettled) parts.settled();
      }
      for (const action of actions) performer.perform(course, action);
      if (isChanged) await tellWatchers(course.stored);
    });
    course.turn = turn.catch(() => {});
    return turn;
  }

  async function tellWatchers(stored: rows.StoredPipeline): Promise<void> {
    if (!watchers.has(stored.id)) return;
    const pipeline = await viewPipeline(database, stored);
    const told = watchers.get(stored.id);
    for (const tell of told ?? []) tell({ type: "pipeline", pipeline });
    if (!hasEnded(stored.run)) return;
    for (const tell of told ?? []) tell({ type: "end" });
    watchers.delete(stored.id);
  }

  async function find(id: PipelineId): Promise<rows.StoredPipeline> {
    const found = live.get(id)?.stored ?? (await rows.findPipeline(database, id));
    if (found) return found;
    throw new GridError("pipeline-not-found", `There is no pipeline ${id}`);
  }

  const view = async (id: PipelineId) => viewPipeline(database, await find(id));

  async function change(id: PipelineId, type: "cancelled" | "paused" | "resumed"): Promise<PipelineView> {
    const { run } = await find(id);
    const course = live.get(id);
    if (hasEnded(run) || !course) throw new GridError("pipeline-ended", `${id} is ${run.state} already`);
    await apply(course, { type });
    return viewPipeline(database, course.stored);
  }

  return {
    async submit(request, idempotencyKey) {
      const key = idempotencyKey === null ? null : { idempotencyKey, requestDigest: digestOf(request) };
      const earlier = key && (await findEarlier(key));
      if (earlier) return { pipeline: await view(earlier), created: false };
      refuseOneMore();
      const plan = await checkPipeline(database, request);
      const spec = await blocks.write(Buffer.from(JSON.stringify(request)));
      const { name, submitter } = request;
      const stored = newPipeline({ name, submitter, spec, plan, run: newRun(plan), repeats: null });
      if (!(await rows.insertPipeline(database, stored, key))) {
        // The same key came twice at once; the other request was first.
        const first = key && (await findEarlier(key));
        if (!first) throw new Error("the pipeline was not inserted, and none has its key");
        return { pipeline: await view(first), created: false };
      }
      const course = begin(stored);
      await apply(course, { type: "begun" });
      return { pipeline: await viewPipeline(database, course.stored), created: true };
    },

    async repeat(id, attempt) {
      refuseOneMore();
      const before = await find(id);
      const first = before.repeats ?? id;
      const { isOld, job } = openLineage(await readLineage(database));
      const correctedOf = (jobId: JobId) => job(jobId)?.corrected ?? 0;
      const run = repeatRun(before.plan, before.run, { isOld, correctedOf });
      const plan = await planAgain(before, run);
      const stored = newPipeline({ ...before, plan, run, repeats: first });
      const key = { idempotencyKey: `again ${first} ${attempt}`, requestDigest: "" };
      if (await rows.insertPipeline(database, stored, key)) await apply(begin(stored), { type: "begun" });
    },

    async list({ before, limit }) {
      const found = await rows.readPipelinePage(database, { before, limit });
      const last = found.length === limit ? found.at(-1) : undefined;
      return {
        pipelines: await viewBriefly(
          database,
          found.map((stored) => live.get(stored.id)?.stored ?? stored),
        ),
        nextCursor: last ? `${last.createdAt}_${last.id}` : null,
      };
    },

    get: view,
    cancel: (id) => change(id, "cancelled"),
    pause: (id) => change(id, "paused"),
    resume: (id) => change(id, "resumed"),

    async remove(id) {
      const { run, isSettled, repeats } = await find(id);
      // Otherwise that one would be computed again once more.
      if (repeats !== null && (await rows.findPipeline(database, repeats)))
        throw new GridError(
          "wrong-order",
          `${id} is what ${repeats} was computed again as: DELETE that first`,
        );
      if (!isSettled) {
        const rule = hasEnded(run) ? "its jobs are still being ended" : "POST …/cancel first";
        throw new GridError("wrong-order", `${id} is ${run.state}: ${rule}`);
      }
      await rows.deletePipeline(database, id);
    },

    async watch(id, listener) {
      const stored = await find(id);
      if (hasEnded(stored.run)) {
        listener({ type: "pipeline", pipeline: await viewPipeline(database, stored) });
        listener({ type: "end" });
        return () => {};
      }
      const own = watchers.get(id) ?? new Set();
      let isTold = false;
      const tell = (event: PipelineFeedEvent) => {
        isTold = true;
        listener(event);
      };
      watchers.set(id, own.add(tell));
      const pipeline = await viewPipeline(database, stored);
      // A change that came meanwhile is newer.
      if (!isTold) listener({ type: "pipeline", pipeline });
      return () => {
        own.delete(tell);
        if (own.size === 0 && watchers.get(id) === own) watchers.delete(id);
      };
    },

    note(effect) {
      if (effect.type === "job-changed" && jobHasEnded(effect.life)) performer.jobEnded(effect.jobId);
    },

    async restore() {
      for (const stored of await rows.readUnsettled(database)) {
        const course = begin(stored);
        await apply(course, { type: "begun" });
      }
    },

    async close() {
      await performer.close();
      for (const { turn } of live.values()) await turn;
    },
  };

  /** @throws {GridError} `overloaded`. */
  function refuseOneMore(): void {
    if (live.size < LIMITS.pipelines) return;
    const detail = `There may be ${LIMITS.pipelines} pipelines under way (pipelines); try again later`;
    throw new GridError("overloaded", detail, { retryAfterMs: RETRY_MS });
  }

  function newPipeline(
    given: Pick<rows.StoredPipeline, "name" | "submitter" | "spec" | "plan" | "run" | "repeats">,
  ): rows.StoredPipeline {
    const { name, submitter, spec, plan, repeats } = given;
    const { run } = advancePipeline(plan, given.run, { type: "begun" });
    return {
      ...{ id: newId(), name, submitter, spec, plan, run, repeats, version: 1 },
      ...{ createdAt: now(), endedAt: null, isSettled: false },
    };
  }

  /** A step's result is not kept again where something was stored since, which would no longer be the latest. */
  async function planAgain(
    { plan, run }: rows.StoredPipeline,
    again: PipelineRun,
  ): Promise<readonly PlannedStep[]> {
    const planned = plan.map(async (step, at) => {
      const before = run.steps[at];
      if (step.keep === null || again.steps[at] === before) return step;
      const latest = await findVersion(database, step.keep, null);
      return latest !== null && latest.version === before?.keptVersion ? step : { ...step, keep: null };
    });
    return Promise.all(planned);
  }

  async function findEarlier(key: {
    idempotencyKey: string;
    requestDigest: string;
  }): Promise<PipelineId | null> {
    const earlier = await rows.findPipelineByKey(database, key.idempotencyKey);
    if (!earlier) return null;
    if (earlier.requestDigest === key.requestDigest) return earlier.id;
    const quoted = JSON.stringify(key.idempotencyKey);
    const detail = `Idempotency-Key ${quoted} was used for ${earlier.id} with another request; use a new key`;
    throw new GridError("idempotency-conflict", detail);
  }
}

function digestOf(request: SubmitPipeline): string {
  const steps = request.steps.map((step) => ({ ...step, options: withoutLater(step.options) }));
  return createHash("sha256")
    .update(JSON.stringify({ ...request, steps }))
    .digest("hex");
}

const ID_ALPHABET = "0123456789abcdefghijklmnopqrstuv";

/** 80 random bits, five to a character. */
function newId(): PipelineId {
  return `pipe_${[...randomBytes(16)].map((byte) => ID_ALPHABET[byte & 31]).join("")}` as PipelineId;
}
