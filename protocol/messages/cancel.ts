/** coordinator → tab: nobody waits for that answer any more. Answered by `respond`, as given back. */
import * as z from "zod";
import { InstanceId, RequestId } from "../service";

export const Cancel = z.object({ instanceId: InstanceId, requestId: RequestId });
export type Cancel = z.infer<typeof Cancel>;
