/** tab → coordinator: hands over what ended and asks for more, in one message. */
import * as z from "zod";
import { LIMITS } from "../limits";
import { Outcome } from "../task";

export const Report = z.object({
  outcomes: z.array(Outcome).max(LIMITS.batch),
  /** How many tasks the tab can take beyond those it has already asked for. */
  want: z.int().min(0).max(LIMITS.tasksHeld),
});
export type Report = z.infer<typeof Report>;

/**
 * `done`: committed, or no longer wanted: forget it. `hold`: counted, its bytes may
 * be asked for. `upload`: PUT its large parts as blocks, then report it again.
 */
export const Answer = z.enum(["done", "hold", "upload"]);
export type Answer = z.infer<typeof Answer>;

/** One answer for each outcome, in order; sent when what they say is durable. */
export const Receipt = z.object({ answers: z.array(Answer) });
export type Receipt = z.infer<typeof Receipt>;
