/** coordinator → tab: run an instance of this service, until told to stop or the connection ends. */
import * as z from "zod";
import { Digest } from "../ids";
import { LIMITS } from "../limits";
import { Runtime } from "../runtime";
import { InstanceId, ServiceName } from "../service";

export const ServiceSpec = z.object({
  name: ServiceName,
  version: z.int().positive(),
  /** The block that holds the program. */
  program: Digest,
  runtime: Runtime,
  config: z.json(),
  /** How long one request may take, in milliseconds. */
  timeoutMs: z.int().positive(),
  /** The dataset that it works with, in blocks to be put one after the other; null when there is none. */
  data: z
    .object({
      path: z.string(),
      version: z.int(),
      blocks: z.array(Digest),
      bytes: z.int().nonnegative().max(LIMITS.serviceDataBytes),
    })
    .nullable(),
});
export type ServiceSpec = z.infer<typeof ServiceSpec>;

export const StartInstance = z.object({ instanceId: InstanceId, service: ServiceSpec });
export type StartInstance = z.infer<typeof StartInstance>;
