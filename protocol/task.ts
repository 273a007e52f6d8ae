/** What a task is made of on the wire: its job's facts, its input, its output. */
import * as z from "zod";
import { Reading } from "./format";
import { Digest, JobId, TaskId } from "./ids";
import { LIMITS } from "./limits";
import { Runtime } from "./runtime";

/** What all tasks of a job share; sent once per connection, before its first task. */
export const JobSpec = z.object({
  jobId: JobId,
  /** The block that holds the program: source, module, or scripts as JSON. */
  program: Digest,
  runtime: Runtime,
  config: z.json(),
  format: Reading,
  /** How the blocks of the submission's input are read, in a job whose program splits it: `format` is that of what `split` gives. */
  source: Reading.optional(),
  /** Items or numbers in one map task, for what begins anew with every task of a pack; null when packs are not made. */
  recordsPerTask: z.int().positive().nullable(),
  /** Parts that a map output is cut into; 0 when the job has no reduce stage. */
  reducers: z.int().min(0).max(LIMITS.reducers),
  taskTimeoutMs: z.int().positive(),
  /** True when outputs are compared by what they say: then all of each is sent along. */
  sendsAll: z.boolean(),
});
export type JobSpec = z.infer<typeof JobSpec>;

export const TaskInput = z.discriminatedUnion("type", [
  /** Records `from` up to, but not including, `to` of one block; `firstRecord` is the job-wide number of the first. */
  z.object({
    type: z.literal("records"),
    block: Digest,
    from: z.int().nonnegative(),
    to: z.int().nonnegative(),
    firstRecord: z.int().nonnegative(),
    /** Bytes at the block's start that belong to no record. */
    skip: z.int().positive().optional(),
    /** The block is an outline: it tells which bytes of which others the records are made of. See `outline.ts`. */
    isOutline: z.literal(true).optional(),
  }),
  /**
   * `count` numbers, nothing to fetch: record `n` of the job is `start + n * step`, the same
   * number however the range is cut, also for steps that a double can't hold exactly.
   */
  z.object({
    type: z.literal("range"),
    start: z.number(),
    step: z.number(),
    count: z.int().positive(),
    firstRecord: z.int().nonnegative(),
  }),
  /** For a reducer: the block that lists one run of each map task. See `runs/manifest.ts`. */
  z.object({ type: z.literal("runs"), manifest: Digest }),
]);
export type TaskInput = z.infer<typeof TaskInput>;

/** What a coordinator knows its own by: that this volunteer was handed this task, and when. Tabs give it back unread. */
export const Ticket = z.string().max(LIMITS.ticketChars);
export type Ticket = z.infer<typeof Ticket>;

export const AssignedTask = z.object({
  taskId: TaskId,
  input: TaskInput,
  /** Of a map whose result is to be in order: the block of a run with the least key of every reducer's range but the first. */
  ranges: Digest.optional(),
  /** To be sent along with the outcome: a coordinator that has forgotten the copy gives it its credit by that. */
  ticket: Ticket.optional(),
});
export type AssignedTask = z.infer<typeof AssignedTask>;

/** Which reducer a part of a map output is for; 0 where there are none. */
export const Partition = z
  .int()
  .min(0)
  .max(LIMITS.reducers - 1);

const records = z.int().nonnegative();

/** Lines of `{"key":…,"value":…}` in canonical form: the output of a reducer, or of a map without reducers. */
export const TextPart = z.object({ text: z.string().max(LIMITS.packBytes), records });

/** A block of a run, the output of a map with reducers: see `runs/run-block.ts`. */
export const RunPart = z.object({
  run: z.instanceof(Uint8Array).refine(({ byteLength }) => byteLength <= LIMITS.packBytes, {
    error: `may have ${LIMITS.packBytes} bytes in a message`,
  }),
  records,
  partition: Partition,
});

/** Either of them, when it is large: named, its bytes are a block. */
export const BlockPart = z.object({
  digest: Digest,
  bytes: z.int().nonnegative().max(LIMITS.blockBytes),
  records,
  partition: Partition.optional(),
});

/** A piece of an output. The pieces of a partition are in order, the partitions too. */
export const Part = z.union([TextPart, RunPart, BlockPart]);
export type Part = z.infer<typeof Part>;

export const ReleaseReason = z.enum(["stopped", "broke", "full", "unread"]);
export type ReleaseReason = z.infer<typeof ReleaseReason>;

/** How one copy of a task ended in a slot, with its parts in one form or another. */
export const outcomeWith = <P extends z.ZodType>(part: P) =>
  z.discriminatedUnion("type", [
    z.object({
      type: z.literal("output"),
      taskId: TaskId,
      parts: z.array(part).max(LIMITS.outputParts),
      elapsedMs: z.number().nonnegative(),
      logs: z.array(z.string().max(LIMITS.logLineChars)).max(LIMITS.logLines).optional(),
      ticket: Ticket.optional(),
    }),
    /** The program threw, or ran out of its time. */
    z.object({
      type: z.literal("error"),
      taskId: TaskId,
      message: z.string().max(LIMITS.errorMessageChars),
      stack: z.string().max(LIMITS.errorStackChars),
      /** Job-wide number of the record, or null when it was none in particular. */
      record: z.int().nonnegative().nullable(),
      elapsedMs: z.number().nonnegative(),
      logs: z.array(z.string().max(LIMITS.logLineChars)).max(LIMITS.logLines).optional(),
      ticket: Ticket.optional(),
    }),
    /** Given back without an answer: `stopped` by its tab, the task `broke` the worker it ran in, the tab was `full`, or the coordinator does not have what it reads (`unread`). */
    z.object({ type: z.literal("released"), taskId: TaskId, reason: ReleaseReason }),
  ]);

export const Outcome = outcomeWith(Part);
export type Outcome = z.infer<typeof Outcome>;
