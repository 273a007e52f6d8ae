/** Puts together what the stages of a job did, from sums over accepted tasks and over valid copies. */
import type { StageName } from "../protocol/ids";
import type {
  HeavyPartition,
  JobStatistics,
  PartitionShare,
  StageStatistics,
  TaskCosts,
} from "../protocol/statistics";
import type { JobView, StageView } from "../protocol/views";

/** Sums over the accepted tasks of a stage. */
export interface StageSums {
  records: number;
  bytes: number;
}

/** Tasks that took about as long: those of a pack have the same share of it each. */
export interface CostBucket {
  ms: number;
  tasks: number;
}

/** How the outputs of the maps were shared out; `merged` is the part of them that the merge stage reads. */
export interface ShuffleShares {
  partitions: readonly PartitionShare[];
  heavy: readonly HeavyPartition[];
  merged: PartitionShare;
}

export interface JobFigures {
  sums: ReadonlyMap<StageName, StageSums>;
  costs: ReadonlyMap<StageName, readonly CostBucket[]>;
  /** Null while the maps are not over, and without a reduce. */
  shuffle: ShuffleShares | null;
}

export function describeStages(
  { stages, inputRecords, inputBytes }: Pick<JobView, "stages" | "inputRecords" | "inputBytes">,
  figures: JobFigures,
): JobStatistics {
  const { sums, costs, shuffle } = figures;
  const input = { records: inputRecords, bytes: inputBytes, runs: null };
  return {
    stages: stages.map((stage): StageStatistics => {
      const { name, tasks, accepted, placing } = stage;
      const read = name === "map" ? input : readBy(stage, stages, figures);
      const { records: recordsOut, bytes: bytesOut } = sums.get(name) ?? { records: 0, bytes: 0 };
      return {
        ...{ name, tasks, accepted, recordsOut, bytesOut, placing },
        recordsIn: read?.records ?? null,
        bytesIn: read?.bytes ?? null,
        runs: read?.runs ?? null,
        taskMs: spreadOf(costs.get(name) ?? []),
      };
    }),
    shuffle: shuffle && {
      partitions: [...shuffle.partitions],
      skew: skewOf(shuffle.partitions),
      heavy: [...shuffle.heavy],
    },
  };
}

/** Reducers read what was merged in place of what it was made of. */
function readBy(
  { name }: StageView,
  stages: readonly StageView[],
  { shuffle, sums }: JobFigures,
): PartitionShare | null {
  if (!shuffle || name === "sample") return null;
  const { merged } = shuffle;
  if (name === "merge") return merged;
  const all = addUp(shuffle.partitions);
  const made = sums.get("merge") ?? { records: 0, bytes: 0 };
  const merges = stages.find((stage) => stage.name === "merge");
  return {
    records: all.records - merged.records + made.records,
    bytes: all.bytes - merged.bytes + made.bytes,
    runs: all.runs - merged.runs + (merges?.accepted ?? 0),
  };
}

function addUp(shares: readonly PartitionShare[]): PartitionShare {
  return shares.reduce(
    (sum, { bytes, records, runs }) => ({
      bytes: sum.bytes + bytes,
      records: sum.records + records,
      runs: sum.runs + runs,
    }),
    { bytes: 0, records: 0, runs: 0 },
  );
}

/** @returns 1 when all have the same, and when there is nothing. */
export function skewOf(partitions: readonly Pick<PartitionShare, "bytes">[]): number {
  const total = partitions.reduce((sum, { bytes }) => sum + bytes, 0);
  const largest = partitions.reduce((most, { bytes }) => Math.max(most, bytes), 0);
  return total === 0 ? 1 : (largest * partitions.length) / total;
}

/** @param buckets In any order. @returns Null when there are none. Half of the tasks took `p50` at most, 19 of 20 `p95`. */
export function spreadOf(buckets: readonly CostBucket[]): TaskCosts | null {
  const sorted = [...buckets].sort((a, b) => a.ms - b.ms);
  const count = sorted.reduce((sum, { tasks }) => sum + tasks, 0);
  const last = sorted.at(-1);
  if (!last) return null;
  const at = (share: number) => {
    let seen = 0;
    return (sorted.find(({ tasks }) => (seen += tasks) >= share * count) ?? last).ms;
  };
  return { p50: at(0.5), p95: at(0.95), max: last.ms };
}
