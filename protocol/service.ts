/** Services: programs that stay resident in volunteers and answer requests. What is asked of them, and what is shown. */
import * as z from "zod";
import { Requirements } from "./device";
import { VolunteerId } from "./ids";
import { LIMITS } from "./limits";
import { ProgramId, ProgramPath, Version } from "./program-name";

const NAME_RULE = "must be 1 to 64 of a-z, 0-9, '.' and '-', a letter or digit first";
/** As in `/api/v1/services/{name}`. */
export const ServiceName = z
  .string({ error: NAME_RULE })
  .regex(/^[a-z0-9][a-z0-9.-]{0,63}$/, { error: NAME_RULE })
  .brand<"ServiceName">();
export type ServiceName = z.infer<typeof ServiceName>;

/** One volunteer's resident copy of a service's program. */
export const InstanceId = z
  .string()
  .regex(/^ins_[0-9a-z]{8}_[1-9]\d{0,8}$/)
  .brand<"InstanceId">();
export type InstanceId = z.infer<typeof InstanceId>;

/** One request to a service, however many instances are asked it. */
export const RequestId = z
  .string()
  .regex(/^req_[0-9a-z]{8}_[1-9]\d{0,14}$/)
  .brand<"RequestId">();
export type RequestId = z.infer<typeof RequestId>;

function count(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z.int({ error: message }).min(min, { error: message }).max(max, { error: message });
}

export const InstanceCount = count(0, LIMITS.instancesPerService);

export const ServiceOptions = z.strictObject({
  quorum: count(1, LIMITS.quorum).default(1).meta({
    description:
      "Instances, each in another volunteer, that must give the same answer. A request may ask for another number by `tabgrid-quorum`.",
  }),
  timeoutMs: count(100, 120_000)
    .default(30_000)
    .meta({ description: "How long a request may take, waiting and retries included, in milliseconds." }),
  concurrency: count(1, 64)
    .default(4)
    .meta({ description: "Requests that one instance is given at the same time." }),
  queue: count(0, 10_000).default(100).meta({
    description: "Requests that may wait for an instance; more are answered 503.",
  }),
  requires: Requirements.default({}).meta({ description: "What a volunteer must have to run it." }),
});
export type ServiceOptions = z.infer<typeof ServiceOptions>;

/** What may be changed of a service that runs. */
export const ChangeService = z.strictObject({
  instances: InstanceCount.meta({ description: "Volunteers that are to run it." }),
});
export type ChangeService = z.infer<typeof ChangeService>;

/** Milliseconds from when a request came to its answer: of the last answers, up to 512. */
export const Latency = z.object({ count: z.int(), p50: z.number(), p95: z.number(), p99: z.number() });
export type Latency = z.infer<typeof Latency>;

export const InstanceView = z.object({
  id: InstanceId,
  volunteerId: VolunteerId,
  version: Version,
  /** `draining`: it answers what it was given, and gets nothing new. */
  state: z.enum(["starting", "ready", "draining"]),
  sinceAt: z.number(),
  readyAt: z.number().nullable(),
  outstanding: z.int(),
  answered: z.int(),
  /** Answers that were an error of the program. */
  failed: z.int(),
  /** Answers that a quorum of others refused. */
  outvoted: z.int(),
  /** How long its worker took to answer the last ping from its tab; null before the first. */
  pingMs: z.number().nullable(),
  latency: Latency.nullable(),
});
export type InstanceView = z.infer<typeof InstanceView>;

/** What went wrong with an instance: it did not come up, or ended by itself. */
export const InstanceError = z.object({
  at: z.number(),
  volunteerId: VolunteerId,
  version: Version,
  message: z.string(),
  stack: z.string(),
});
export type InstanceError = z.infer<typeof InstanceError>;

export const ServiceView = z.object({
  name: ServiceName,
  kind: z.literal("service"),
  programId: ProgramId,
  path: ProgramPath,
  /** The dataset's path that it works with: the program's own. */
  dataPath: ProgramPath,
  /** That new requests go to as soon as an instance of it is up. */
  version: Version,
  /** `failing`: instance after instance does not come up, and none is there. */
  state: z.enum(["starting", "running", "degraded", "failing", "stopping"]),
  startedAt: z.number(),
  /** Instances that are to be. */
  wanted: z.int(),
  ready: z.int(),
  /** Why there are fewer than wanted; null when there are not. */
  waiting: z.string().nullable(),
  options: ServiceOptions,
  instances: z.array(InstanceView),
  /** The newest last. */
  errors: z.array(InstanceError),
  logs: z.array(z.string()),
  queued: z.int(),
  outstanding: z.int(),
  /** Since the coordinator was started. */
  totals: z.object({
    answered: z.int(),
    /** Of the answered ones, errors of the program. */
    failed: z.int(),
    /** Given to another volunteer because the first one went away. */
    retried: z.int(),
    timedOut: z.int(),
    /** For want of room, instances or agreement. */
    refused: z.int(),
  }),
  latency: Latency.nullable(),
});
export type ServiceView = z.infer<typeof ServiceView>;

export const ServiceList = z.object({ services: z.array(ServiceView) });
export type ServiceList = z.infer<typeof ServiceList>;
