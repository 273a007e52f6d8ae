/**
 * What is to be computed again because results were corrected, and can be by now.
 *
 *   A corrected ─▶ B read it: old ─▶ C read B: old          first B again, on what A is; then C, on what B became
 *
 * All is seen from what is stored: jobs, pipelines and kept datasets. So what was begun is not begun twice, and a
 * coordinator that was killed finds what is left. What was computed again once for a correction, and failed, is left.
 */
import type { DatasetPath } from "../protocol/dataset";
import type { JobId } from "../protocol/ids";
import type { OnCorrection } from "../protocol/job";
import type { PipelineId } from "../protocol/pipeline";
import type { JobState, ResultUse } from "../protocol/views";
import type { PipelineRun, PlannedStep } from "./pipelines/advance-pipeline";

/** A result as a job read it. */
export interface KnownRead {
  readonly jobId: JobId;
  readonly use: ResultUse;
  /** Outputs of it that had been corrected by then. */
  readonly corrected: number;
  /** The version that it was read as, of `use: "dataset"`; absent where that is not known. */
  readonly dataset?: KnownPlace | undefined;
}

export interface KnownPlace {
  readonly path: DatasetPath;
  readonly version: number;
}

export interface KnownJob {
  readonly id: JobId;
  /** The job that it runs again; its own id otherwise. */
  readonly first: JobId;
  readonly createdAt: number;
  readonly state: JobState;
  /** How many of its outputs have been corrected. */
  readonly corrected: number;
  /** Whether some are being looked at again. */
  readonly isInDoubt: boolean;
  readonly onCorrection: OnCorrection;
  readonly reads: readonly KnownRead[];
}

export interface KnownPipeline {
  readonly id: PipelineId;
  /** The pipeline that it computes again; its own id otherwise. */
  readonly first: PipelineId;
  readonly createdAt: number;
  readonly plan: readonly PlannedStep[];
  readonly run: PipelineRun;
}

/** A version of a dataset that a result was kept as. */
export interface KnownVersion extends KnownPlace {
  readonly isLatest: boolean;
  readonly jobId: JobId;
  /** Outputs of that job that had been corrected by then. */
  readonly corrected: number;
}

/** Everything that a correction may concern. A job that is not here was never corrected, nor made of a result that was. */
export interface Known {
  readonly jobs: readonly KnownJob[];
  readonly pipelines: readonly KnownPipeline[];
  readonly versions: readonly KnownVersion[];
}

/** What is right now of what a job read. */
export type Source =
  | { readonly type: "result"; readonly jobId: JobId }
  | { readonly type: "dataset"; readonly path: DatasetPath; readonly version: number };

export type Recomputation =
  /** Run `first` again on what is right. There were `attempt` jobs before that did. */
  | { readonly type: "job"; readonly first: JobId; readonly attempt: number; readonly source: Source }
  | {
      readonly type: "keep";
      readonly jobId: JobId;
      readonly path: DatasetPath;
      readonly corrected: number;
    }
  /** Compute a completed pipeline again, but for what is right of it. */
  | {
      readonly type: "pipeline";
      readonly id: PipelineId;
      readonly first: PipelineId;
      readonly attempt: number;
    };

/** @returns In any order: each can begin at once. What waits for one of them comes when that has ended. */
export function whatToRecompute(known: Known): Recomputation[] {
  const lineage = openLineage(known);
  return [
    ...known.versions.flatMap((version) => keepAgain(known, lineage, version)),
    ...[...groups(known.jobs).values()].flatMap((jobs) => runAgain(lineage, jobs)),
    ...[...groups(known.pipelines).values()].flatMap((pipelines) => computeAgain(lineage, pipelines)),
  ];
}

/** Jobs that were made of a result which was corrected after they had read it, and all that were made of those. */
export function findOld(jobs: readonly Pick<KnownJob, "id" | "corrected" | "reads">[]): Set<JobId> {
  const corrected = new Map(jobs.map((job) => [job.id, job.corrected]));
  const readers = new Map<JobId, JobId[]>();
  const old = new Set<JobId>();
  for (const { id, reads } of jobs)
    for (const read of reads) {
      const others = readers.get(read.jobId);
      if (others) others.push(id);
      else readers.set(read.jobId, [id]);
      if ((corrected.get(read.jobId) ?? 0) > read.corrected) old.add(id);
    }
  // A set goes on to what is added to it meanwhile.
  for (const id of old) for (const reader of readers.get(id) ?? []) old.add(reader);
  return old;
}

export interface Lineage {
  /** Whether it was made of a result that is another one now. */
  isOld(id: JobId): boolean;
  job(id: JobId): KnownJob | undefined;
  isOutdated(read: Pick<KnownRead, "jobId" | "corrected">): boolean;
  /** Whether some of its jobs are old, or a condition saw a number that is another one now. */
  isStale(pipeline: KnownPipeline): boolean;
  isOfPipeline(id: JobId): boolean;
  /** The completed job whose result is right and is what this job's was meant to be; null while there is none. */
  rightOf(id: JobId): JobId | null;
  /** Null while there is none, or where nobody can say what it would be. */
  sourceOf(read: KnownRead): Source | null;
}

export function openLineage({ jobs, pipelines, versions }: Known): Lineage {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const old = findOld(jobs);
  const families = groups(jobs);
  const pipelineFamilies = groups(pipelines);
  /** The first pipeline that has the job among its iterations. */
  const pipelineOf = new Map<JobId, PipelineId>();
  for (const { first, run } of pipelines) for (const id of jobsOf(run)) pipelineOf.set(id, first);

  const isRight = (id: JobId) => {
    const job = byId.get(id);
    return !job || (job.state === "completed" && !job.isInDoubt && !old.has(id));
  };
  const correctedOf = (id: JobId) => byId.get(id)?.corrected ?? 0;

  const lineage: Lineage = {
    isOld: (id) => old.has(id),
    job: (id) => byId.get(id),
    isOutdated: ({ jobId, corrected }) => correctedOf(jobId) > corrected || old.has(jobId),
    isOfPipeline: (id) => pipelineOf.has(id),

    isStale: ({ plan, run }) =>
      run.steps.some(({ iterations }, at) =>
        iterations.some((iteration) => {
          if (!("jobId" in iteration) || iteration.jobId === null) return false;
          if (old.has(iteration.jobId)) return true;
          const isMeasured = iteration.state === "done" && plan[at]?.repeat !== null;
          return isMeasured && correctedOf(iteration.jobId) > iteration.corrected;
        }),
      ),

    rightOf(id) {
      if (!old.has(id)) return isRight(id) ? id : null;
      const family = pipelineFamilies.get(pipelineOf.get(id) ?? ("" as PipelineId)) ?? [];
      const right = family.findLast((each) => each.run.state === "completed" && !lineage.isStale(each));
      const placed = right ? counterpart(family, right, id) : null;
      if (placed !== null && isRight(placed)) return placed;
      const repeats = families.get(byId.get(id)?.first ?? id) ?? [];
      // Of a pipeline that is still under way, nobody knows yet which iteration is the last one.
      const usable = repeats.filter((repeat) => !pipelineOf.has(id) || !pipelineOf.has(repeat.id));
      return usable.findLast((repeat) => isRight(repeat.id))?.id ?? null;
    },

    sourceOf({ use, jobId: readId, dataset }) {
      const jobId = lineage.rightOf(readId);
      if (jobId === null || use === "config") return null;
      if (use === "input") return { type: "result", jobId };
      if (!dataset) return null;
      const { path } = dataset;
      const kept = versions.filter((own) => own.path === path && own.jobId === jobId);
      const right = kept.findLast(({ corrected }) => corrected === correctedOf(jobId));
      if (right) return { type: "dataset", path, version: right.version };
      // It will be kept again first. An older version is not: what was stored after it would no longer be the latest.
      const isLatest = versions.some(
        (own) => own.path === path && own.version === dataset.version && own.isLatest,
      );
      return isLatest ? null : { type: "result", jobId };
    },
  };
  return lineage;
}

/** The latest version of a dataset that was kept from a result which is another one now. */
function keepAgain(
  { versions }: Known,
  lineage: Lineage,
  { isLatest, path, jobId, corrected }: KnownVersion,
): Recomputation[] {
  if (!isLatest || !lineage.isOutdated({ jobId, corrected })) return [];
  if (lineage.job(jobId)?.onCorrection !== "recompute") return [];
  const right = lineage.rightOf(jobId);
  if (right === null) return [];
  const now = lineage.job(right)?.corrected ?? 0;
  const isKept = versions.some((own) => own.path === path && own.jobId === right && own.corrected === now);
  return isKept ? [] : [{ type: "keep", jobId: right, path, corrected: now }];
}

/** @param jobs A job and those that run it again, oldest first. */
function runAgain(lineage: Lineage, jobs: readonly KnownJob[]): Recomputation[] {
  const latest = jobs.findLast(({ state }) => state === "completed");
  if (!latest || latest.onCorrection === "mark" || jobs.some(({ state }) => !hasEnded(state))) return [];
  // One that is not old was made for this correction, whatever became of it.
  if (jobs.some(({ id }) => !lineage.isOld(id) || lineage.isOfPipeline(id))) return [];
  const outdated = latest.reads.filter(lineage.isOutdated);
  const [read] = outdated;
  const source = read && outdated.length === 1 ? lineage.sourceOf(read) : null;
  const attempt = jobs.filter(({ id, first }) => id !== first).length;
  return source ? [{ type: "job", first: latest.first, attempt, source }] : [];
}

/** @param pipelines A pipeline and those that compute it again, oldest first. */
function computeAgain(lineage: Lineage, pipelines: readonly KnownPipeline[]): Recomputation[] {
  const latest = pipelines.findLast(({ run }) => run.state === "completed");
  if (!latest || pipelines.some(({ run }) => !hasEnded(run.state))) return [];
  // One that has nothing that is old was made for this correction, whatever became of it, and whenever a clock says it was.
  if (!pipelines.every(lineage.isStale)) return [];
  const own = new Set(jobsOf(latest.run));
  const concerned = [...own].flatMap((id) => lineage.job(id) ?? []);
  if (concerned.some(({ onCorrection }) => onCorrection === "mark")) return [];
  const readOfOthers = concerned.flatMap(({ reads }) => reads.filter(({ jobId }) => !own.has(jobId)));
  const isReady =
    concerned.every(({ isInDoubt }) => !isInDoubt) &&
    readOfOthers.every((read) => !lineage.isOutdated(read) || lineage.sourceOf(read) !== null);
  const { id, first } = latest;
  const attempt = pipelines.filter((each) => each.id !== first).length;
  return isReady ? [{ type: "pipeline", id, first, attempt }] : [];
}

/** The job at the same place of another pipeline of its family: a step's last one for a last one, however many there are. */
function counterpart(family: readonly KnownPipeline[], other: KnownPipeline, id: JobId): JobId | null {
  for (const { run } of family)
    for (const { name, iterations } of run.steps) {
      const place = iterations.findIndex((iteration) => "jobId" in iteration && iteration.jobId === id);
      if (place < 0) continue;
      const there = other.run.steps.find((step) => step.name === name)?.iterations ?? [];
      const isLast = place === iterations.length - 1;
      const found = (isLast ? undefined : there[place]) ?? there.at(-1);
      return found?.state === "done" ? found.jobId : null;
    }
  return null;
}

function jobsOf(run: PipelineRun): JobId[] {
  return run.steps.flatMap(({ iterations }) =>
    iterations.flatMap((iteration) =>
      "jobId" in iteration && iteration.jobId !== null ? [iteration.jobId] : [],
    ),
  );
}

/** By what they repeat: that first, whatever clocks said, and then oldest first. */
function groups<Id, T extends { readonly id: Id; readonly first: Id; readonly createdAt: number }>(
  all: readonly T[],
): Map<Id, T[]> {
  const found = new Map<Id, T[]>();
  const inOrder = all.toSorted(
    (a, b) => Number(a.id !== a.first) - Number(b.id !== b.first) || a.createdAt - b.createdAt,
  );
  for (const each of inOrder) {
    const family = found.get(each.first);
    if (family) family.push(each);
    else found.set(each.first, [each]);
  }
  return found;
}

const hasEnded = (state: JobState | PipelineRun["state"]) =>
  state === "completed" || state === "failed" || state === "cancelled";
