/** What addresses and headers of the API may carry. The handlers parse with these; OpenAPI shows them. */
import * as z from "zod";
import { Digest, JobId, StageName } from "../../protocol/ids";
import { PipelineId } from "../../protocol/pipeline";
import { ProgramKind } from "../../protocol/program";
import { ServiceName } from "../../protocol/service";
import { JobState } from "../../protocol/views";

const cursor = z.string().min(1).max(200).optional().meta({
  description: "Where to go on: `nextCursor` of the page before.",
});

const LIMIT_RULE = "must be a whole number from 1 to 1000";
const limit = z.coerce
  .number<string>({ error: LIMIT_RULE })
  .int({ error: LIMIT_RULE })
  .min(1, { error: LIMIT_RULE })
  .max(1000, { error: LIMIT_RULE })
  .default(100)
  .meta({ description: "Entries on one page, at most." });

export const NoQuery = z.object({});
export const PageQuery = z.object({ cursor, limit });
export const ListJobsQuery = z.object({ state: JobState.optional(), cursor, limit });
export const ListTasksQuery = z.object({ stage: StageName.optional(), cursor, limit });
export const ListErrorsQuery = PageQuery;

const SKIP_RULE = "must be a whole number from 0";
const skip = z.coerce
  .number<string>({ error: SKIP_RULE })
  .int({ error: SKIP_RULE })
  .min(0, { error: SKIP_RULE });

export const ResultQuery = z.object({
  follow: z.enum(["0", "1"]).default("0").meta({
    description: "With 1, the answer goes on while the job runs and ends when it does.",
  }),
  skip: skip.default(0).meta({
    description: "Records to leave out at the start: to go on where an answer broke off.",
  }),
  format: z.enum(["ndjson", "csv", "tsv"]).optional().meta({
    description:
      "Without it, `Accept: text/csv` asks for CSV, `text/tab-separated-values` for lines of key and value, and anything else for NDJSON.",
  }),
});

export const ListProgramsQuery = z.object({
  kind: ProgramKind.optional(),
  under: z.string().min(1).max(200).optional().meta({
    description: "Only programs whose path begins so, like /ada/.",
  }),
  cursor,
  limit,
});
export const OutputQuery = z.object({
  format: z.enum(["ndjson", "text"]).default("ndjson").meta({
    description: "`text` gives the bare lines, of the first copy of each task.",
  }),
});

export const ProgramPathParameter = z.object({
  id: z.string().meta({
    description:
      "The program's id, or its path with its slashes as %2F. A path may also be written as it is: /api/v1/programs/ada/primes/start.",
  }),
});
export const ServicePath = z.object({ name: ServiceName });
export const PipelinePath = z.object({ id: PipelineId });
export const JobPath = z.object({ id: JobId });
export const BlockPath = z.object({ digest: Digest });

/** Chosen by the submitter: the same key with the same request makes one job, however often it is sent. */
export const IdempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, "must be 1 to 200 visible ASCII characters, no spaces")
  .meta({ description: "The same key with the same request makes one job, however often it is sent." });
