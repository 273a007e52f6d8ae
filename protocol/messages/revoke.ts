/** coordinator → tab: nobody waits for these tasks any more; stop and forget them. */
import * as z from "zod";
import { TaskId } from "../ids";

export const Revoke = z.object({ taskIds: z.array(TaskId) });
export type Revoke = z.infer<typeof Revoke>;
