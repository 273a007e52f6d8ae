/**
 * The registry of programs: what is kept under a path, in versions, to be started again and again.
 *
 *   inject ──▶ version 1 ── update ──▶ version 2 …     `rollback` makes an earlier one the current one again
 *                 └── start ──▶ a job (batch), or instances in volunteers (service)
 *
 * What is asked of it and what it answers. A running service has schemas of its own, in service.ts.
 */
import * as z from "zod";
import { Digest, JobId } from "./ids";
import { JobInput, JobOptionChanges } from "./job";
import { Json } from "./json";
import { ProgramId, ProgramPath, Version } from "./program-name";
import { Program } from "./runtime";
import { ServiceOptions, ServiceName, InstanceCount } from "./service";
import { JobView } from "./views";
import { ServiceView } from "./service";

/** `batch`: a start is a job, which ends. `service`: a start puts instances into volunteers that answer requests. */
export const ProgramKind = z.enum(["batch", "service"]);
export type ProgramKind = z.infer<typeof ProgramKind>;

const options = JobOptionChanges.default({}).meta({
  description: "What a start of a batch program begins with; each start may change single ones.",
});
const config = Json.default(null).meta({ description: "Handed to the program as `context.config`." });

export const InjectProgram = z.strictObject({
  path: ProgramPath,
  kind: ProgramKind.default("batch"),
  program: Program,
  options,
  config,
});
export type InjectProgram = z.infer<typeof InjectProgram>;

/** What is left out stays as it was in the version before. */
export const UpdateProgram = z.strictObject({
  program: Program,
  options: JobOptionChanges.optional(),
  config: Json.optional(),
});
export type UpdateProgram = z.infer<typeof UpdateProgram>;

export const RollBackProgram = z.strictObject({
  version: Version.optional().meta({ description: "The newest before the current one when left out." }),
});
export type RollBackProgram = z.infer<typeof RollBackProgram>;

export const StartProgram = z.strictObject({
  input: JobInput.optional().meta({
    description: "Of a batch program. Without it, the dataset beside the program's path.",
  }),
  options: JobOptionChanges.default({}).meta({ description: "Of a batch program." }),
  config: Json.optional().meta({ description: "Instead of the one the program was injected with." }),
  version: Version.optional().meta({ description: "Of a batch program. The current one when left out." }),
  name: ServiceName.optional().meta({
    description: "Of a service: its place under /api/v1/services/. Made of the program's path when left out.",
  }),
  instances: InstanceCount.optional().meta({ description: "Of a service: volunteers that are to run it." }),
  service: ServiceOptions.optional().meta({ description: "Of a service: its limits." }),
  waitMs: z.int().min(0).max(30_000).default(5_000).meta({
    description: "Of a service: how long the answer may wait for its instances to be up.",
  }),
});
export type StartProgram = z.infer<typeof StartProgram>;

export const ProgramView = z.object({
  id: ProgramId,
  path: ProgramPath,
  kind: ProgramKind,
  /** The one that new work starts on. */
  version: Version,
  /** The highest that there is. */
  latestVersion: Version,
  runtime: z.string(),
  createdAt: z.number().meta({ description: "Epoch milliseconds" }),
  updatedAt: z.number(),
  /** Its jobs that have not ended. */
  runningJobs: z.int(),
  /** The one that was started last. */
  lastJob: JobId.nullable(),
  /** Of a service that is to run: its name. */
  service: ServiceName.nullable(),
  /** What a start without input works on; null while there is no dataset beside the path. */
  data: z.object({ path: ProgramPath, version: z.int(), bytes: z.number() }).nullable(),
});
export type ProgramView = z.infer<typeof ProgramView>;

export const ProgramPage = z.object({ programs: z.array(ProgramView), nextCursor: z.string().nullable() });
export type ProgramPage = z.infer<typeof ProgramPage>;

export const ProgramVersionView = z.object({
  version: Version,
  isCurrent: z.boolean(),
  program: Digest.meta({ description: "The block that holds what is run." }),
  runtime: z.string(),
  bytes: z.int(),
  hasReduce: z.boolean(),
  options: JobOptionChanges,
  config: Json,
  createdAt: z.number(),
});
export type ProgramVersionView = z.infer<typeof ProgramVersionView>;

export const ProgramVersionList = z.object({ versions: z.array(ProgramVersionView) });
export type ProgramVersionList = z.infer<typeof ProgramVersionList>;

/** What a start began. */
export const Started = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("batch"), job: JobView }),
  z.object({ kind: z.literal("service"), service: ServiceView }),
]);
export type Started = z.infer<typeof Started>;
