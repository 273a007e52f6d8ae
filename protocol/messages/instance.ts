/** tab → coordinator: what became of an instance. */
import * as z from "zod";
import { LIMITS } from "../limits";
import { InstanceId } from "../service";

export const InstanceNews = z.discriminatedUnion("state", [
  z.object({ state: z.literal("ready"), instanceId: InstanceId }),
  /** It did not come up, or is gone. `isFault` when the program is to blame, as far as the tab can tell. */
  z.object({
    state: z.literal("ended"),
    instanceId: InstanceId,
    message: z.string().max(LIMITS.errorMessageChars),
    stack: z.string().max(LIMITS.errorStackChars),
    isFault: z.boolean(),
  }),
  /** It goes on; what it wrote since the last time. */
  z.object({
    state: z.literal("logged"),
    instanceId: InstanceId,
    lines: z.array(z.string().max(LIMITS.logLineChars)).min(1).max(LIMITS.logLines),
  }),
]);
export type InstanceNews = z.infer<typeof InstanceNews>;
