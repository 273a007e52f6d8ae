/** tab → coordinator: the first message on every connection. */
import * as z from "zod";
import { PackedKeys } from "../block-key";
import { Device, UNKNOWN_DEVICE } from "../device";
import { TaskId, VolunteerId } from "../ids";
import { LIMITS } from "../limits";
import { PaceMs } from "./pace";
import { Ticket } from "../task";

export const Hello = z.object({
  protocolVersion: z.int().positive(),
  slotCount: z.int().min(0).max(LIMITS.slots),
  /** How many instances of services it may run. None is left from before. */
  instanceCount: z.int().min(0).max(LIMITS.instances).default(0),
  device: Device.default(UNKNOWN_DEVICE),
  /** Tasks this volunteer has running, waiting, or computed and not handed over, from before the connection broke. */
  held: z.array(TaskId).max(LIMITS.tasksHeld),
  /** What came along with each of them, in that order; empty for none. */
  tickets: z.array(Ticket).max(LIMITS.tasksHeld).default([]),
  /** How many more it can take now. */
  want: z.int().min(0).max(LIMITS.tasksHeld),
  /** Blocks of inputs that are in its cache, the latest used last. */
  blocks: PackedKeys.optional(),
});
export type Hello = z.infer<typeof Hello>;

export const Welcome = z.object({
  volunteerId: VolunteerId,
  /** Of the tasks held, those nobody waits for any more. */
  dropped: z.array(TaskId),
  paceMs: PaceMs,
});
export type Welcome = z.infer<typeof Welcome>;
