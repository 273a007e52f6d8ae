/** What comes out of a slot that runs a service, as the agent parses it. The slot itself imports the types only. */
import * as z from "zod";
import { LIMITS } from "../../protocol/limits";

export const HandleAnswer = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("response"),
    status: z.number(),
    headers: z.record(z.string(), z.string()),
    body: z.instanceof(Uint8Array).refine(({ byteLength }) => byteLength <= LIMITS.serviceBodyBytes),
  }),
  z.object({
    type: z.literal("error"),
    message: z.string().max(LIMITS.errorMessageChars),
    stack: z.string().max(LIMITS.errorStackChars),
  }),
]);
export type HandleAnswer = z.infer<typeof HandleAnswer>;

/** What the program wrote since the last ping. */
export const PingAnswer = z.object({
  lines: z.array(z.string().max(LIMITS.logLineChars)).max(LIMITS.logLines),
});
export type PingAnswer = z.infer<typeof PingAnswer>;
