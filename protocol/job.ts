/** What a submitter sends. The same schemas validate requests and make the OpenAPI document. */
import * as z from "zod";
import { Compare } from "./compare";
import { Json } from "./json";
import { Requirements } from "./device";
import { JobId } from "./ids";
import { LIMITS } from "./limits";
import { StoredProgram } from "./program-name";
import { Program } from "./runtime";
import { DatasetPath } from "./dataset";
import { DatasetFormatChoice, TextFormat } from "./format";
import { SourceUrl } from "./import";

const TextInput = z.strictObject({
  text: z.string().meta({ description: "Cut where records end." }),
  format: TextFormat.default("lines"),
});

const ItemsInput = z.strictObject({
  items: z
    .array(Json)
    .meta({ description: 'Every item is one record. `{"$tabgrid": …}` is a whole object.' }),
});

const RangeInput = z.strictObject({
  range: z
    .strictObject({
      start: z.number().default(0),
      end: z.number().meta({ description: "Not included." }),
      step: z.number().default(1),
    })
    .refine(({ step }) => step !== 0, { message: "step must not be 0", path: ["step"] }),
});

const SweepNumbers = z
  .strictObject({ start: z.number().default(0), end: z.number(), step: z.number().default(1) })
  .refine(({ start, end, step }) => step !== 0 && (end - start) / step > 0);

const InputColumns = z
  .array(z.string().min(1).max(LIMITS.parquetNameChars))
  .min(1, { error: "must name at least one column" })
  .max(LIMITS.parquetColumns)
  .refine((names) => new Set(names).size === names.length, { error: "must not name a column twice" })
  .optional()
  .meta({ description: "Of parquet: the columns that are read; all without it. Nothing else is fetched." });

const DatasetInput = z.strictObject({
  dataset: DatasetPath,
  version: z.int().positive().nullable().default(null).meta({ description: "null for the latest." }),
  format: z.enum(["lines", "jsonl"]).optional().meta({
    description: "To read lines as JSON, or JSON as lines; otherwise as the dataset was uploaded.",
  }),
  columns: InputColumns,
});

export const UrlInput = z
  .strictObject({
    url: SourceUrl,
    format: DatasetFormatChoice.optional().meta({
      description: "Without it, as the address's ending or the host's content type says, or lines.",
    }),
    columns: InputColumns,
  })
  .meta({
    description:
      "Fetched while the job is submitted, whose answer waits for it; what is larger, or is read by several jobs, is imported as a dataset first.",
  });
export type UrlInput = z.output<typeof UrlInput>;

export const SweepInput = z.strictObject({
  sweep: z
    .record(
      z.string().min(1).max(100),
      z.union([z.array(Json).min(1), SweepNumbers], {
        error: "must be a list of at least one value, or {start?, end, step?} with at least one number in it",
      }),
    )
    .refine((axes) => Object.keys(axes).length > 0, { message: "must have at least one name" })
    .meta({
      description: "Every combination of the values is one record: an object. The last name varies fastest.",
    }),
});

const ResultInput = z.strictObject({
  result: JobId.meta({
    description: "A completed job, whose result is read: every record is an object with `key` and `value`.",
  }),
});

export const JobInput = z.union(
  [TextInput, ItemsInput, RangeInput, SweepInput, UrlInput, DatasetInput, ResultInput],
  {
    error:
      "must be one of {text, format?}, {items}, {range: {start?, end, step?}}, {sweep}, {dataset, version?, format?, columns?}, {url, format?, columns?} or {result}",
  },
);
export type JobInput = z.infer<typeof JobInput>;

/** A whole number from `min` to `max`, saying so when it is not. */
function count(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z.int({ error: message }).min(min, { error: message }).max(max, { error: message });
}

/** How the records of a result that is reduced are ordered: by key within each partition, or over all of them. */
export const ResultOrder = z.enum(["hash", "total"]);
export type ResultOrder = z.infer<typeof ResultOrder>;

export const OnError = z.enum(["fail", "skip", "collect"]);
export type OnError = z.infer<typeof OnError>;

const Priority = count(-10, 10).meta({
  description:
    "Each step doubles the job's share of the computing time, beside the other jobs of its submitter.",
});
const Weight = count(1, 100).meta({
  description:
    "The job's share beside others of the same priority: with 3 it gets three times as much as one with 1.",
});

/** What becomes of a completed job when a result that it was made of is corrected. */
export const OnCorrection = z.enum(["recompute", "mark"]);
export type OnCorrection = z.infer<typeof OnCorrection>;

const ERROR_RATE = "must be a number above 0 and at most 0.1, or null";

export const JobOptions = z.strictObject({
  quorum: count(1, LIMITS.quorum).default(2).meta({
    description: "Different volunteers that must return the same output. With 1, nothing is validated.",
  }),
  copies: count(1, 100).nullable().default(null).meta({
    description:
      "Copies of a task that are given out at first, from `quorum` to `maxCopies`: more than `quorum` spends computing time on not having to wait for the slowest. null for `quorum`.",
  }),
  maxErrorRate: z
    .number({ error: ERROR_RATE })
    .gt(0, { error: ERROR_RATE })
    .max(0.1, { error: ERROR_RATE })
    .nullable()
    .default(null)
    .meta({
      description:
        "Wrong outputs that may be accepted, as a share of the tasks. When given, every task gets as many copies as that takes, down to one; " +
        "`quorum` then only says how many volunteers must see the same error.",
    }),
  compare: Compare.default("exact").meta({
    description:
      "How copies' outputs are compared: equal bytes, or numbers within a tolerance and arrays as sets. Needs a quorum of 2 or more.",
  }),
  sameEngine: z.boolean().default(false).meta({
    description:
      "True to compare only outputs of volunteers whose JavaScript engines compute alike, for programs whose last digits depend on `Math.sin` and its like.",
  }),
  reducers: count(1, LIMITS.reducers)
    .default(4)
    .meta({ description: "Partitions, and so reduce tasks. Only used when the program exports `reduce`." }),
  order: ResultOrder.default("hash").meta({
    description:
      "`hash`: every reducer gets its share of the keys by their hash. `total`: reducers get ranges of keys that follow one another, found by a sample of the input, so that the whole result is sorted.",
  }),
  chunkBytes: count(LIMITS.minChunkBytes, LIMITS.blockBytes).nullable().default(null).meta({
    description:
      "Bytes of one map task, which ends with a record. null for 256 KiB of text, or a whole block of a dataset.",
  }),
  chunkSize: count(1, 1_000_000)
    .default(1)
    .meta({ description: "Items, or numbers of a range, in one map task." }),
  maxErrors: count(1, 100).default(3).meta({
    description: "Copies of one task that may fail before the task is given up. See `onError`.",
  }),
  maxCopies: count(1, 100)
    .default(10)
    .meta({ description: "Answers to one task that may disagree before it is given up." }),
  requires: Requirements.default({}).meta({
    description: "What a volunteer must have to be given tasks of the job. All of it must be there.",
  }),
  taskTimeoutMs: count(100, 24 * 60 * 60 * 1000)
    .default(LIMITS.taskTimeoutMs)
    .meta({ description: "How long one task may run in a volunteer, in milliseconds." }),
  onError: OnError.default("fail").meta({
    description:
      "What becomes of a task that fails for good. `fail` ends the job; `skip` goes on without the task's records and counts it; `collect` also keeps its error, for `GET /api/v1/jobs/{id}/errors`.",
  }),
  onCorrection: OnCorrection.default("recompute").meta({
    description:
      "What follows when a result that the completed job was made of is corrected. `recompute`: a new job runs it again on what is right, and what its own result was kept as is kept again. `mark`: it is only marked, as `isOutdated` in `basedOn`.",
  }),
  priority: Priority.default(0),
  weight: Weight.default(1),
  maxVolunteers: count(1, 1_000_000)
    .nullable()
    .default(null)
    .meta({ description: "Volunteers that may work on the job at once; null for any number." }),
  maxInFlight: count(1, 10_000_000)
    .nullable()
    .default(null)
    .meta({ description: "Copies of its tasks that may be out at once; null for any number." }),
});
export type JobOptions = z.infer<typeof JobOptions>;

/** Some of the options: the others are as they were, or as they are by default. */
export const JobOptionChanges = z.strictObject(
  Object.fromEntries(
    Object.entries(JobOptions.shape).map(([name, schema]) => [name, z.optional(schema.removeDefault())]),
  ),
) as z.ZodObject as z.ZodType<Partial<JobOptions>, Partial<JobOptions>>;

/** What may be changed of a job under way. */
export const ChangeJob = z
  .strictObject({ priority: Priority.optional(), weight: Weight.optional() })
  .refine(({ priority, weight }) => priority !== undefined || weight !== undefined, {
    message: "must have priority, weight or both",
  });
export type ChangeJob = z.infer<typeof ChangeJob>;

const SUBMITTER_RULE =
  "must have 1 to 64 visible characters, without spaces at its ends: the name that the job shares computing time by";

/** Who submits; believed as it is, until there are accounts. Who gives no name shares the one of everybody. */
export const Submitter = z
  .string({ error: SUBMITTER_RULE })
  .regex(/^[^\s\p{C}](?:[^\p{C}\p{Zl}\p{Zp}]{0,62}[^\s\p{C}])?$/u, { error: SUBMITTER_RULE });

/** The submitter of jobs that name none. */
export const EVERYBODY = "everybody";

const NAME_RULE = "must have 1 to 200 characters, spaces at its ends not counted";

const inRange = (value: number | null, least: number, most: number) =>
  value === null || (value >= least && value <= most);

export const SubmitJob = z
  .strictObject({
    name: z.string().trim().min(1, { error: NAME_RULE }).max(200, { error: NAME_RULE }).default("unnamed"),
    submitter: Submitter.default(EVERYBODY).meta({
      description:
        "Who submits. Submitters share the computing time evenly, however many jobs each has. The name is believed as it is: there are no accounts yet.",
    }),
    program: z.union([StoredProgram, Program]),
    input: JobInput,
    options: JobOptions.prefault({}),
    config: Json.default(null).meta({
      description:
        'Handed to the program as `context.config`: any JSON, or `{"$tabgrid": …}`, the form of a whole object that is no JSON (maps, dates, cycles, instances of the classes that the program exports).',
    }),
  })
  .refine(({ options }) => options.maxCopies >= options.quorum, {
    message: "maxCopies must be at least quorum",
    path: ["options", "maxCopies"],
  })
  .refine(({ options: { copies, quorum, maxCopies } }) => inRange(copies, quorum, maxCopies), {
    message: "copies must be from quorum to maxCopies: it is how many are given out at first",
    path: ["options", "copies"],
  })
  .refine(({ options }) => options.copies === null || options.maxErrorRate === null, {
    message: "copies cannot be had together with maxErrorRate, by which every task gets as many as it takes",
    path: ["options", "copies"],
  })
  .refine(({ options }) => options.compare === "exact" || options.quorum > 1, {
    message: "compare needs a quorum of at least 2: with one copy, nothing is compared",
    path: ["options", "compare"],
  })
  .refine(({ options }) => options.compare === "exact" || options.maxErrorRate === null, {
    message:
      "compare cannot be had together with maxErrorRate, which keeps digests of what it may look at again",
    path: ["options", "compare"],
  });
export type SubmitJob = z.infer<typeof SubmitJob>;
