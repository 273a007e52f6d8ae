/** Datasets as the API names and shows them. */
import * as z from "zod";
import { Digest, EpochMs, JobId } from "./ids";
import { DATASET_FORMATS, DatasetFormat, DatasetFormatChoice, Reading } from "./format";
import { LIMITS } from "./limits";

const PATH_RULE = "must look like /user/name, of letters, digits, _, - and . (not at the start)";

/** `/user/name`. */
export const DatasetPath = z
  .string()
  .regex(/^\/[A-Za-z0-9_-][\w.-]{0,63}\/[A-Za-z0-9_-][\w.-]{0,127}$/, PATH_RULE)
  .meta({ description: "A dataset's path: /user/name." })
  .brand<"DatasetPath">();
export type DatasetPath = z.infer<typeof DatasetPath>;

export const Visibility = z.enum(["public", "private"]);
export type Visibility = z.infer<typeof Visibility>;

/** A whole number that may come as text, from an address. */
function count(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z.coerce
    .number<string | number>({ error: message })
    .int({ error: message })
    .min(min, { error: message })
    .max(max, { error: message });
}

export const VersionNumber = count(1, 1_000_000_000);

const DATASET_COPIES = 10_000;

/** What an upload says of itself, beside its format. */
export const UploadOptions = z.strictObject({
  blockBytes: count(LIMITS.minDatasetBlockBytes, LIMITS.maxDatasetBlockBytes)
    .default(LIMITS.datasetBlockBytes)
    .meta({ description: "A block ends with the first record that ends at or beyond this size." }),
  copies: count(1, DATASET_COPIES).optional().meta({
    description: "Volunteers that should hold each block. Kept as it is when not given; 1 for a new dataset.",
  }),
  visibility: Visibility.optional().meta({
    description: "Who may read it. Kept and shown; until there are accounts, everybody can read everything.",
  }),
});
export type UploadOptions = z.output<typeof UploadOptions>;

const flag = (whatFor: string) =>
  z
    .enum(["0", "1"], { error: "must be 0 or 1" })
    .transform((text) => text === "1")
    .optional()
    .meta({ description: whatFor });

/** What the address of an upload may say. */
export const UploadQuery = z.object({
  format: z.enum(DATASET_FORMATS).optional().meta({
    description:
      "How the bytes become records. Without it, a content type of CSV, JSON Lines, Parquet or tar says so, and anything else is lines.",
  }),
  delimiter: z.string().optional().meta({ description: "For csv: between fields; a comma by default." }),
  quote: z
    .string()
    .optional()
    .meta({ description: 'For csv: around fields; " by default, `none` for none.' }),
  header: flag("For csv: 1, the default, when the first row names the columns."),
  recordBytes: count(1, LIMITS.recordBytes).optional().meta({ description: "For bytes: of each record." }),
  ...UploadOptions.shape,
});
export type UploadQuery = z.output<typeof UploadQuery>;

/** The format that an address asks for, not checked yet. */
export function formatIn(query: UploadQuery, contentType: string): unknown {
  const { format, delimiter, quote, header, recordBytes } = query;
  const asked = { delimiter, quote: quote === "none" ? null : quote, header, recordBytes };
  const given = Object.entries(asked).filter(([, value]) => value !== undefined);
  return { type: format ?? guessFormat(contentType), ...Object.fromEntries(given) };
}

function guessFormat(contentType: string): "lines" | "jsonl" | "csv" | "files" | "parquet" {
  if (/^application\/(x-)?tar\b/i.test(contentType)) return "files";
  if (/^application\/(vnd\.apache\.|x-)?parquet\b/i.test(contentType)) return "parquet";
  if (/^text\/csv\b/i.test(contentType)) return "csv";
  return /^application\/(x-ndjson|ndjson|jsonl|jsonlines)\b/i.test(contentType) ? "jsonl" : "lines";
}

export const DatasetVersionView = z.object({
  path: DatasetPath,
  version: z.int(),
  format: DatasetFormat,
  /** With what the data itself told: the columns of a CSV. */
  reading: Reading,
  bytes: z.number(),
  records: z.number(),
  blocks: z.int(),
  sha256: Digest.meta({ description: "Of the whole content." }),
  createdAt: EpochMs,
  keptFrom: z
    .object({
      jobId: JobId,
      isOutdated: z.boolean().meta({
        description: "True when the result was corrected since, or was itself made of one that was.",
      }),
    })
    .nullable()
    .meta({ description: "The job whose result it was kept from; null of others." }),
  holders: z.int().nullable().meta({
    description:
      "Volunteers that hold the block that most hold; null in lists of datasets, where it is not counted.",
  }),
});
export type DatasetVersionView = z.infer<typeof DatasetVersionView>;

export const DatasetView = z.object({
  path: DatasetPath,
  owner: z.string(),
  visibility: Visibility,
  copies: z.int(),
  createdAt: EpochMs,
  versions: z.int().meta({ description: "How many there are." }),
  latest: DatasetVersionView,
});
export type DatasetView = z.infer<typeof DatasetView>;

export const DatasetPage = z.object({ datasets: z.array(DatasetView), nextCursor: z.string().nullable() });
export type DatasetPage = z.infer<typeof DatasetPage>;

/** What begins an upload that may break off and go on. */
export const BeginUpload = z.strictObject({
  dataset: DatasetPath,
  format: DatasetFormatChoice.default({ type: "lines" }),
  length: z
    .number()
    .int()
    .nonnegative()
    .nullable()
    .default(null)
    .meta({ description: "Bytes that will be sent, if that is known." }),
  sha256: Digest.nullable().default(null).meta({ description: "Of the bytes that will be sent." }),
  gzip: z.boolean().default(false).meta({
    description:
      "Whether they are gzip, to be unpacked. Such an upload begins anew after the coordinator restarts.",
  }),
  ...UploadOptions.shape,
});
export type BeginUpload = z.output<typeof BeginUpload>;

export const UploadView = z.object({
  id: z.string(),
  path: DatasetPath,
  offset: z.number().meta({ description: "Bytes that came: where its sender goes on." }),
  length: z.number().nullable(),
  bytes: z.number().meta({ description: "What they are, unpacked." }),
  records: z.number(),
  blocks: z.int(),
  createdAt: EpochMs,
});
export type UploadView = z.infer<typeof UploadView>;

export const UploadList = z.object({ uploads: z.array(UploadView) });
export type UploadList = z.infer<typeof UploadList>;

export const VersionPage = z.object({
  versions: z.array(DatasetVersionView),
  nextCursor: z.string().nullable(),
});
export type VersionPage = z.infer<typeof VersionPage>;

export const DatasetBlockView = z.object({
  digest: Digest,
  bytes: z.int(),
  records: z.int(),
  firstRecord: z.number().meta({ description: "Number of its first record in the whole dataset, from 0." }),
  holders: z.int().meta({ description: "Volunteers that are known to hold it, beside the coordinator." }),
});
export type DatasetBlockView = z.infer<typeof DatasetBlockView>;

export const BlockPage = z.object({
  blocks: z.array(DatasetBlockView),
  nextCursor: z.string().nullable(),
});
export type BlockPage = z.infer<typeof BlockPage>;
