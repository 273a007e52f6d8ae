/** tab → coordinator: what the volunteer still holds; renews those leases. */
import * as z from "zod";
import { PackedKeys } from "../block-key";
import { TaskId } from "../ids";
import { LIMITS } from "../limits";

export const Heartbeat = z.object({
  held: z.array(TaskId).max(LIMITS.tasksHeld),
  slotCount: z.int().min(0).max(LIMITS.slots),
  /** What has come into its cache, and gone out of it, since it was last told. */
  blocks: z.object({ added: PackedKeys, dropped: PackedKeys }).optional(),
});
export type Heartbeat = z.infer<typeof Heartbeat>;

export const HeartbeatReply = z.object({
  /** Of the tasks held, those nobody waits for any more. */
  dropped: z.array(TaskId),
});
export type HeartbeatReply = z.infer<typeof HeartbeatReply>;
