/** What the coordinator keeps in memory of each job that has not ended, beside the scheduler's own state. */
import type { Piece } from "../core/heavy-partitions";
import type { TaskSpan } from "../core/packs";
import { sampledTask } from "../core/sampling";
import { indexSplits, taskInputAt, type SplitIndex } from "../core/split";
import type { Digest, JobId, StageName } from "../protocol/ids";
import { LIMITS } from "../protocol/limits";
import type { AssignedTask, JobSpec, TaskInput } from "../protocol/task";
import { unreachable } from "../protocol/unreachable";
import { taskIdOf } from "../protocol/ids";
import type { CorrectionView } from "../protocol/views";
import { planOfItems } from "./plan-split";
import type { JobRecord } from "./store/jobs";

export interface RunningJob {
  record: JobRecord;
  /** What the map stage reads: nothing, while its items are still to be split. */
  splits: SplitIndex;
  /** What the split stage reads; null in a job without. */
  source: SplitIndex | null;
  spec: JobSpec;
  /** For each reducer, the block that lists its runs; empty until the shuffle is prepared. */
  manifests: readonly Digest[];
  /** What of heavy partitions is merged before it is reduced; empty until the shuffle is prepared. */
  pieces: readonly Piece[];
  /** For each piece, the block that lists its runs. */
  pieceManifests: readonly Digest[];
  /** The block with the bounds of the reducers' ranges; null before they are known, and in jobs without. */
  ranges: Digest | null;
  /** Of a completed job that is looked at again: what was corrected before. */
  correction: CorrectionView | null;
}

export function describeJob(record: JobRecord): RunningJob {
  const { id, program, runtime, config, options, stages } = record;
  const plan = mapPlanOf(record);
  const isSplit = hasSplit(record);
  const reducers = stages.find(({ name }) => name === "reduce")?.taskCount ?? 0;
  return {
    record,
    splits: indexSplits(plan),
    source: isSplit ? indexSplits(record.plan) : null,
    spec: {
      jobId: id,
      program,
      runtime,
      config,
      format: readingOf(plan),
      ...(isSplit && { source: readingOf(record.plan) }),
      recordsPerTask: plan.recordsPerTask,
      reducers,
      taskTimeoutMs: options.taskTimeoutMs,
      sendsAll: options.compare !== "exact",
    },
    manifests: [],
    pieces: [],
    pieceManifests: [],
    ranges: null,
    correction: null,
  };
}

const hasSplit = ({ stages }: JobRecord) => stages[0]?.name === "split";

/** True while it is not known what there is to map. */
export function waitsForSplit(record: JobRecord): boolean {
  return hasSplit(record) && record.splitPlan === null;
}

function mapPlanOf(record: JobRecord): JobRecord["plan"] {
  if (!hasSplit(record)) return record.plan;
  return record.splitPlan ?? planOfItems(record.options.chunkSize);
}

function readingOf(plan: JobRecord["plan"]): JobSpec["format"] {
  if (plan.type === "blocks") return plan.format;
  return plan.type === "sweep" ? { type: "sweep", axes: [...plan.axes] } : { type: "jsonl" };
}

/** The tasks and packs as a tab needs them: named, with their inputs. */
export function describeTasks(job: RunningJob, stage: StageName, spans: readonly TaskSpan[]): AssignedTask[] {
  return spans.map((span) => ({
    taskId: taskIdOf(job.record.id, stage, span.index, span.count),
    input: inputOf(job, stage, span),
    ...(stage === "map" && job.ranges && { ranges: job.ranges }),
  }));
}

function inputOf(job: RunningJob, stage: StageName, { index, count }: TaskSpan): TaskInput {
  switch (stage) {
    case "split":
      return taskInputAt(job.source ?? job.splits, index);
    case "sample":
      return taskInputAt(job.splits, sampledTask(job.splits, index));
    case "map":
      return taskInputAt(job.splits, index, count);
    case "merge":
      return { type: "runs", manifest: manifestOf(job, job.pieceManifests, stage, index) };
    case "reduce":
      return { type: "runs", manifest: manifestOf(job, job.manifests, stage, index) };
    default:
      return unreachable(stage);
  }
}

/** How many reducers an output of this stage is partitioned for; 0 when it is text. */
export function partitionsOf(job: RunningJob, stage: StageName): number {
  if (stage === "sample" || stage === "merge") return 1;
  return stage === "map" ? job.spec.reducers : 0;
}

function manifestOf(
  { record }: RunningJob,
  manifests: readonly Digest[],
  stage: StageName,
  index: number,
): Digest {
  const manifest = manifests[index];
  if (manifest) return manifest;
  throw new Error(`${record.id} has no manifest for ${stage}/${index}, only for ${manifests.length} tasks`);
}

export type RunningJobs = Map<JobId, RunningJob>;

/** Tasks go out in messages of at most this many. */
export function* inBatches<T>(items: readonly T[], size: number = LIMITS.batch): Generator<T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
