/** coordinator → tab: a request for one of its instances. Answered by `respond`. */
import * as z from "zod";
import { InstanceId, RequestId } from "../service";
import { ServiceRequest } from "../service-call";

export const Ask = z.object({ instanceId: InstanceId, requestId: RequestId, request: ServiceRequest });
export type Ask = z.infer<typeof Ask>;
