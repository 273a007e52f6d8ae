/** What the stages of a job did: how much went in and came out, what their tasks cost, and how evenly the work was shared. */
import * as z from "zod";
import { StageName } from "./ids";
import { Placing } from "./views";

/** What the maps gave for one reducer. */
export const PartitionShare = z.object({
  bytes: z.number(),
  records: z.number(),
  /** Outputs of maps with anything for it. */
  runs: z.int(),
});
export type PartitionShare = z.infer<typeof PartitionShare>;

/** A partition that has at least 4 MiB, and more than twice what the others have on average. */
export const HeavyPartition = z.object({
  partition: z.int(),
  bytes: z.number(),
  /** Tasks of the merge stage that combine its runs; 0 when it is left whole. */
  pieces: z.int(),
  /** Why it is left whole; null when it is not. */
  leftWhole: z.enum(["no-combine", "compared", "few-runs"]).nullable(),
  /** The same in a sentence. */
  message: z.string(),
});
export type HeavyPartition = z.infer<typeof HeavyPartition>;

/** What accepted tasks took in their volunteers, in milliseconds. */
export const TaskCosts = z.object({ p50: z.number(), p95: z.number(), max: z.number() });
export type TaskCosts = z.infer<typeof TaskCosts>;

export const StageStatistics = z.object({
  name: StageName,
  tasks: z.int(),
  accepted: z.int(),
  /** Null while it is not known. Of a map: the records and bytes of the whole input. */
  recordsIn: z.number().nullable(),
  bytesIn: z.number().nullable(),
  /** Of the tasks accepted so far. Of a map that is followed by a reduce: pairs, combined if the program does that. */
  recordsOut: z.number(),
  bytesOut: z.number(),
  /** Sorted runs that its tasks read; null of a stage that reads records. */
  runs: z.int().nullable(),
  /** Over all tasks; those of a pack have the same share each. Null before any is accepted. */
  taskMs: TaskCosts.nullable(),
  /** Of a stage that reads blocks of the input: how many copies had them at hand, and what the others fetched. */
  placing: Placing.nullable(),
});
export type StageStatistics = z.infer<typeof StageStatistics>;

export const JobStatistics = z.object({
  stages: z.array(StageStatistics),
  /** How the outputs of the maps were shared out; null while they are not over, and without a reduce. */
  shuffle: z
    .object({
      partitions: z.array(PartitionShare),
      /** Bytes of the largest partition over what they have on average; 1 when all have the same. */
      skew: z.number(),
      heavy: z.array(HeavyPartition),
    })
    .nullable(),
});
export type JobStatistics = z.infer<typeof JobStatistics>;
