/** tab → coordinator: what the volunteer still holds; renews those leases. */
import * as z from "zod";
import { TaskId } from "../ids";
import { LIMITS } from "../limits";

export const Heartbeat = z.object({
  held: z.array(TaskId).max(LIMITS.tasksHeld),
  slotCount: z.int().min(0).max(LIMITS.slots),
});
export type Heartbeat = z.infer<typeof Heartbeat>;

export const HeartbeatReply = z.object({
  /** Of the tasks held, those nobody waits for any more. */
  dropped: z.array(TaskId),
});
export type HeartbeatReply = z.infer<typeof HeartbeatReply>;
