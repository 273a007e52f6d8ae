/** What comes out of a slot, as the agent parses it. The slot itself imports the types only: no zod in there. */
import * as z from "zod";
import { TaskId } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import { Partition, RunPart, TextPart } from "../../protocol/task";

const logs = z.array(z.string().max(LIMITS.logLineChars)).max(LIMITS.logLines).optional();
const elapsedMs = z.number().nonnegative();

const records = z.int().nonnegative();

/** What travels in messages, and the numbers of parts that were sent ahead. */
const SlotPart = z.union([
  TextPart,
  RunPart,
  z.object({ sent: z.int().nonnegative(), records, partition: Partition }),
]);
export type SlotPart = z.infer<typeof SlotPart>;

const SlotOutcome = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("output"),
    taskId: TaskId,
    parts: z.array(SlotPart).max(LIMITS.outputParts),
    elapsedMs,
    logs,
  }),
  z.object({
    type: z.literal("error"),
    taskId: TaskId,
    message: z.string().max(LIMITS.errorMessageChars),
    stack: z.string().max(LIMITS.errorStackChars),
    record: z.int().nonnegative().nullable(),
    elapsedMs,
    logs,
  }),
  /** What the slot was lent is not what its digest says: the task has not begun. */
  z.object({ type: z.literal("spoilt"), taskId: TaskId }),
]);
export type SlotOutcome = z.infer<typeof SlotOutcome>;
/** Of a task that has begun. */
export type TaskOutcome = Exclude<SlotOutcome, { type: "spoilt" }>;

export const SlotOutcomes = z.array(SlotOutcome);

/** Whether the program could be loaded. */
export const LoadAnswer = z.discriminatedUnion("type", [
  z.object({ type: z.literal("loaded") }),
  z.object({
    type: z.literal("unloadable"),
    message: z.string().max(LIMITS.errorMessageChars),
    stack: z.string().max(LIMITS.errorStackChars),
  }),
]);
export type LoadAnswer = z.infer<typeof LoadAnswer>;

/** The task that runs now, by its place in the call, and how far the program says it is. */
export const SlotNotice = z.object({
  taskId: TaskId,
  index: z.int().nonnegative(),
  progress: z.number().min(0).max(1),
});
export type SlotNotice = z.infer<typeof SlotNotice>;
