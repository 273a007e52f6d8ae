/** tab → coordinator: what the volunteer still holds; renews those leases. */
import * as z from "zod";
import { PackedKeys } from "../block-key";
import { TaskId } from "../ids";
import { LIMITS } from "../limits";
import { InstanceId } from "../service";
import { PaceMs } from "./pace";

export const Heartbeat = z.object({
  held: z.array(TaskId).max(LIMITS.tasksHeld),
  /** Those for tasks. */
  slotCount: z.int().min(0).max(LIMITS.slots),
  /** How many instances of services it may run, those that it does run included. */
  instanceCount: z.int().min(0).max(LIMITS.instances).default(0),
  /** Those it runs, with how long each took to answer the last ping, in milliseconds; null before the first. */
  instances: z
    .array(z.object({ id: InstanceId, pingMs: z.number().nonnegative().nullable() }))
    .max(2 * LIMITS.instances)
    .default([]),
  /** How far its running tasks are, from 0 to 1; those whose programs say so. */
  running: z
    .array(z.object({ taskId: TaskId, progress: z.number().min(0).max(1) }))
    .max(LIMITS.slots)
    .optional(),
  /** What has come into its cache, and gone out of it, since it was last told. */
  blocks: z.object({ added: PackedKeys, dropped: PackedKeys }).optional(),
});
export type Heartbeat = z.infer<typeof Heartbeat>;

export const HeartbeatReply = z.object({
  /** Of the tasks held, those nobody waits for any more. */
  dropped: z.array(TaskId),
  paceMs: PaceMs,
});
export type HeartbeatReply = z.infer<typeof HeartbeatReply>;
