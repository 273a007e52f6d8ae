/** tab → coordinator: an instance's answer to a request; one for each `ask`. */
import * as z from "zod";
import { LIMITS } from "../limits";
import { InstanceId, RequestId } from "../service";
import { ServiceResponse } from "../service-call";

export const ServiceAnswer = z.discriminatedUnion("type", [
  z.object({ type: z.literal("response"), response: ServiceResponse }),
  /** The program threw, or what it returned cannot be sent. */
  z.object({
    type: z.literal("error"),
    message: z.string().max(LIMITS.errorMessageChars),
    stack: z.string().max(LIMITS.errorStackChars),
  }),
  /** Given back without an answer. */
  z.object({ type: z.literal("returned") }),
]);
export type ServiceAnswer = z.infer<typeof ServiceAnswer>;

export const Respond = z.object({ instanceId: InstanceId, requestId: RequestId, answer: ServiceAnswer });
export type Respond = z.infer<typeof Respond>;
