/**
 * Computes again by itself what was made of a result that is corrected: jobs, pipelines, and datasets that results are kept as.
 *
 *   correction, end of a job or pipeline, start ─▶ facts read ─▶ core decides ─▶ what can begin, begins ─▶ its end …
 *
 * What is left to do is always found in the database, and everything is stored under a key of its own: whenever the coordinator
 * is killed, what was begun goes on, and what was not begins after the next start, once.
 */
import { openLineage, whatToRecompute, type Recomputation } from "../core/recompute";
import type { DatasetPath } from "../protocol/dataset";
import type { JobId } from "../protocol/ids";
import type { JobInput } from "../protocol/job";
import type { PipelineId } from "../protocol/pipeline";
import { GridError, isGridError, isPassing } from "../protocol/problems";
import { unreachable } from "../protocol/unreachable";
import { log } from "./log";
import type { Database } from "./store/database";
import { findJob } from "./store/jobs";
import { readLineage } from "./store/lineage";
import { storeRepeat, type AgainParts } from "./submit-again";
import type { StoredOnce } from "./submit-job";

export interface RecomputingParts extends AgainParts {
  /** Begins a job that is stored. */
  begin: (stored: StoredOnce) => Promise<unknown>;
  /** @throws {GridError} While jobs cannot be taken. */
  refuseUnlessReady: () => void;
  keepResult: (id: JobId, path: DatasetPath) => Promise<unknown>;
  repeatPipeline: (id: PipelineId, attempt: number) => Promise<unknown>;
}

export interface Recomputing {
  /** To be called when a result was corrected, or a job or a pipeline has ended, on the disk. Many such words are one look. */
  lookSoon(): void;
  /** Looks now. Resolves when what can begin has begun. */
  look(): Promise<void>;
  close(): Promise<void>;
}

const RETRY_MS = 2_000;
/** How often it is looked without a reason, lest a word was missed, or something is possible that was not. */
const LOOK_MS = 60_000;
/**
 * A look goes through all that a correction ever concerned: 0.5 to 0.9 s for 10,000 jobs, on the thread that everything is on. So for
 * this long after a look, and for so many times as long as it took, none follows by itself.
 */
const REST = { leastMs: 2_000, times: 10 };

export function openRecomputing(parts: RecomputingParts): Recomputing {
  const { database, begin, refuseUnlessReady, keepResult, repeatPipeline } = parts;
  let isClosed = false;
  let isWanted = false;
  let looking: Promise<void> | null = null;
  let planned: NodeJS.Timeout | null = null;
  let restUntil = 0;
  /** What was refused, so that it is said once. */
  const told = new Set<string>();
  const timer = setInterval(() => lookSoon(), LOOK_MS);
  timer.unref();

  /** One look at a time: the one under way may have seen less than there is now. */
  function lookNow(): Promise<void> {
    isWanted = true;
    return (looking ??= lookWhileWanted().finally(() => (looking = null)));
  }

  async function lookWhileWanted(): Promise<void> {
    while (isWanted && !isClosed) {
      isWanted = false;
      const began = performance.now();
      let tookMs = 0;
      try {
        const all = whatToRecompute(await readLineage(database));
        tookMs = performance.now() - began;
        for (const wanted of all) await attempt(wanted);
      } catch (error) {
        log.error({ err: error }, "what is to be computed again could not be looked up; trying again");
        lookSoon(RETRY_MS);
      }
      restUntil = performance.now() + Math.max(REST.leastMs, REST.times * tookMs);
    }
  }

  function lookSoon(leastMs = 0): void {
    if (planned || isClosed) return;
    const look = () => {
      planned = null;
      if (looking || performance.now() < restUntil) lookSoon(looking ? REST.leastMs : 0);
      else void lookNow();
    };
    planned = setTimeout(look, Math.max(leastMs, restUntil - performance.now()));
    planned.unref();
  }

  async function attempt(wanted: Recomputation): Promise<void> {
    if (isClosed) return;
    try {
      refuseUnlessReady();
      await act(wanted);
    } catch (error) {
      const isRefused = isGridError(error) && !isPassing(error) && error.code !== "result-changed";
      if (!isRefused) lookSoon(RETRY_MS);
      const name = JSON.stringify(wanted);
      if (told.has(name)) return;
      told.add(name);
      log.warn({ err: error, ...wanted }, "what was made of a corrected result is not computed again yet");
    }
  }

  async function act(wanted: Recomputation): Promise<void> {
    switch (wanted.type) {
      case "job": {
        const job = await findJob(database, wanted.first);
        if (!job) return;
        const stored = await storeRepeat(parts, job, wanted.source, wanted.attempt);
        if (stored.created)
          log.info({ jobId: stored.id, ...wanted }, "runs a job again: what it read was corrected");
        await begin(stored);
        return;
      }
      case "keep":
        await keepResult(wanted.jobId, wanted.path);
        log.info(wanted, "kept a corrected result again");
        // Jobs that read the version before can go on.
        isWanted = true;
        return;
      case "pipeline":
        await repeatPipeline(wanted.id, wanted.attempt);
        log.info(wanted, "computes a pipeline again: a result in it was corrected");
        return;
      default:
        unreachable(wanted);
    }
  }

  return {
    look: lookNow,
    lookSoon: () => lookSoon(),
    async close() {
      isClosed = true;
      clearInterval(timer);
      if (planned) clearTimeout(planned);
      await looking;
    },
  };
}

/**
 * What a pipeline's step reads when it is computed again: the same, or what stands for it since it was corrected.
 *
 * @param replaced The step's job of before, if there was one.
 * @throws {GridError} `overloaded` while that is still to come.
 */
export async function inputNow(
  database: Database,
  input: JobInput,
  replaced: JobId | null,
): Promise<JobInput> {
  if (!("result" in input) && !("dataset" in input)) return input;
  const lineage = openLineage(await readLineage(database));
  if ("result" in input) {
    const result = lineage.rightOf(input.result);
    if (result === null) throw notYet(input.result);
    return { result };
  }
  const before = replaced && (await findJob(database, replaced));
  const read = before ? before.reads.find(({ use }) => use === "dataset") : undefined;
  if (!read?.dataset) return input;
  if (!lineage.isOutdated(read))
    return { ...input, dataset: read.dataset.path, version: read.dataset.version };
  const source = lineage.sourceOf(read);
  if (source === null) throw notYet(read.jobId);
  if (source.type === "dataset") return { ...input, dataset: source.path, version: source.version };
  if (input.format !== "lines") return { result: source.jobId };
  const detail = `${read.dataset.path} has newer versions than the one that was corrected, and a result is not read as lines`;
  throw new GridError("invalid-input", detail);
}

function notYet(id: JobId): GridError {
  const detail = `The result of ${id} was corrected, and what takes its place is not completed yet`;
  return new GridError("overloaded", detail, { retryAfterMs: RETRY_MS });
}
