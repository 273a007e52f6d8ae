/** What comes out of a slot, as the agent parses it. The slot itself imports the types only: no zod in there. */
import * as z from "zod";
import { TaskId } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";

const logs = z.array(z.string().max(LIMITS.logLineChars)).max(LIMITS.logLines).optional();
const elapsedMs = z.number().nonnegative();

/** Texts up to LIMITS.inlineBytes, or LIMITS.packBytes of a pack; bytes beyond. */
const SlotPart = z.union([
  z.object({ text: z.string().max(LIMITS.packBytes), records: z.int().nonnegative() }),
  z.object({
    bytes: z.instanceof(Uint8Array).refine(({ byteLength }) => byteLength <= LIMITS.blockBytes),
    records: z.int().nonnegative(),
  }),
]);
export type SlotPart = z.infer<typeof SlotPart>;

const SlotOutcome = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("output"),
    taskId: TaskId,
    parts: z.array(SlotPart).min(1).max(LIMITS.reducers),
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
]);
export type SlotOutcome = z.infer<typeof SlotOutcome>;

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
