/**
 * What a page and its sandbox iframe say to each other.
 *
 *   page ── spawn, kill, ping ──▶ iframe
 *   page ◀─ ready, pong, failed ─ iframe
 */
import * as z from "zod";

export type ToFrame =
  /** Comes with one port, which the slot's worker will answer on. */
  | { readonly op: "spawn"; readonly slotId: string }
  | { readonly op: "kill"; readonly slotId: string }
  | { readonly op: "ping"; readonly nonce: number };

export const FromFrame = z.discriminatedUnion("op", [
  z.object({ op: z.literal("ready") }),
  z.object({ op: z.literal("pong"), nonce: z.number() }),
  /** The worker of a slot could not start. */
  z.object({ op: z.literal("failed"), slotId: z.string(), message: z.string().max(1_000) }),
]);
export type FromFrame = z.infer<typeof FromFrame>;
