/**
 * What passes between a slot and the agent while a task runs, on a port of its own: large things, one piece at a time.
 *
 *   slot ── keep ───▶ agent     a part of the output is finished        ── stored ─▶
 *   slot ── next ───▶ agent     the next block of a run, please          ── block ──▶
 *   slot ── end ────▶ agent     all of a bundle was said; its outcomes come on another port, and may be there first
 *
 * The agent parses what comes; the slot imports the types only.
 */
import * as z from "zod";
import { TaskId } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";

const Bytes = z.instanceof(Uint8Array).refine(({ byteLength }) => byteLength <= LIMITS.blockBytes, {
  error: `may have ${LIMITS.blockBytes} bytes`,
});

export const FromSlot = z.discriminatedUnion("op", [
  /** The task's parts are numbered from 0 in the order they come. */
  z.object({ op: z.literal("keep"), taskId: TaskId, bytes: Bytes }),
  /** A block of an intermediate run, which is read like the others: those of the input are numbered first. */
  z.object({ op: z.literal("spill"), taskId: TaskId, run: z.int().nonnegative(), bytes: Bytes }),
  z.object({ op: z.literal("next"), taskId: TaskId, run: z.int().nonnegative() }),
]);
export type FromSlot = z.infer<typeof FromSlot>;

export const BundleEnd = z.object({ op: z.literal("end") });
export type BundleEnd = z.infer<typeof BundleEnd>;

export type ToSlot =
  /** So many bytes of what was kept or spilt are stored. */
  | { readonly op: "stored"; readonly taskId: TaskId; readonly bytes: number }
  /** `bytes` is null after the last. */
  | { readonly op: "block"; readonly taskId: TaskId; readonly run: number; readonly bytes: Uint8Array | null }
  /** What the task waits for cannot be had. */
  | { readonly op: "failed"; readonly taskId: TaskId; readonly message: string };
