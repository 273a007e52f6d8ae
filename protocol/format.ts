/** How bytes become records: what a submitter chooses, and what a tab needs to know to read them. */
import * as z from "zod";
import { Json } from "./json";
import { LIMITS } from "./limits";

const CHARACTER_RULE = "must be a tab or one printable ASCII character";
const Character = z
  .string()
  .refine((text) => /^[\t -~]$/.test(text), CHARACTER_RULE)
  .meta({ minLength: 1, maxLength: 1 });

const RECORD_BYTES_RULE = `must be a whole number from 1 to ${LIMITS.recordBytes}`;
const RecordBytes = z
  .int({ error: RECORD_BYTES_RULE })
  .min(1, { error: RECORD_BYTES_RULE })
  .max(LIMITS.recordBytes, { error: RECORD_BYTES_RULE });

const CsvChoice = z
  .strictObject({
    type: z.literal("csv"),
    delimiter: Character.default(","),
    quote: Character.nullable().default('"').meta({
      description: "Around fields that hold a delimiter, a quote or a line end; null when there are none.",
    }),
    header: z.boolean().default(true).meta({
      description: "Whether the first row names the columns; then a record is an object, else an array.",
    }),
  })
  .refine(({ delimiter, quote }) => delimiter !== quote, {
    message: "delimiter and quote must not be the same",
  });

const BytesChoice = z.strictObject({ type: z.literal("bytes"), recordBytes: RecordBytes });

const FilesChoice = z.strictObject({ type: z.literal("files") });

const ParquetChoice = z.strictObject({ type: z.literal("parquet") });

const named = <Name extends string>(name: Name) => z.strictObject({ type: z.literal(name) });

const NAMES = ["lines", "jsonl", "csv"] as const;
/** Formats of text that comes along with a submission. */
const NamedTextFormat = z.discriminatedUnion("type", [named("lines"), named("jsonl"), CsvChoice]);

export const TextFormat = z.union([z.enum(NAMES), NamedTextFormat], {
  error: `must be ${NAMES.join(", ")}, or an object with that as its type`,
});
export type TextFormat = z.output<typeof NamedTextFormat>;

/** A format by its name alone has what is usual. */
export function wholeFormat(format: z.output<typeof TextFormat>): TextFormat {
  return typeof format === "string" ? NamedTextFormat.parse({ type: format }) : format;
}

/** Every format that a dataset may have, in the order in which they are offered. */
export const DATASET_FORMATS = ["lines", "jsonl", "csv", "bytes", "files", "parquet"] as const;
export type DatasetFormatName = (typeof DATASET_FORMATS)[number];

/** Formats of datasets, as they are chosen when one is uploaded. */
export const DatasetFormat = z.discriminatedUnion(
  "type",
  [named("lines"), named("jsonl"), CsvChoice, BytesChoice, FilesChoice, ParquetChoice],
  { error: `must be ${DATASET_FORMATS.slice(0, -1).join(", ")} or ${DATASET_FORMATS.at(-1)}` },
);

/** By its name alone, where that is enough. */
export const DatasetFormatChoice = z.union([z.enum(DATASET_FORMATS).exclude(["bytes"]), DatasetFormat]);

export function wholeDatasetFormat(format: z.output<typeof DatasetFormatChoice>): DatasetFormat {
  return typeof format === "string" ? DatasetFormat.parse({ type: format }) : format;
}

export type DatasetFormat = z.output<typeof DatasetFormat>;

/** Values of one name: listed, or `count` numbers from `start` by `step`. */
export const SweepAxis = z.union([
  z.object({ name: z.string(), values: z.array(Json).min(1) }),
  z.object({ name: z.string(), start: z.number(), step: z.number(), count: z.int().positive() }),
]);
export type SweepAxis = z.infer<typeof SweepAxis>;

/** What a tab needs to know to make records of bytes. */
export const Reading = z.discriminatedUnion("type", [
  z.object({ type: z.literal("lines") }),
  z.object({ type: z.literal("jsonl") }),
  z.object({
    type: z.literal("csv"),
    delimiter: z.string().length(1),
    quote: z.string().length(1).nullable(),
    /** Names of the fields; null when records are arrays. */
    columns: z.array(z.string()).nullable(),
  }),
  z.object({ type: z.literal("bytes"), recordBytes: z.int().positive() }),
  /** A tar archive: a record is a file. */
  z.object({ type: z.literal("files") }),
  /** A record is a row: an object. How it is read is told with each task. `columns` are those of the file, where it is shown. */
  z.object({ type: z.literal("parquet"), columns: z.array(z.string()).optional() }),
  /** Record `n` is the `n`th point of a grid; nothing is fetched. */
  z.object({ type: z.literal("sweep"), axes: z.array(SweepAxis).min(1) }),
]);
export type Reading = z.infer<typeof Reading>;

type ReadingOf<Format extends DatasetFormat> = Extract<Reading, { type: Format["type"] }>;

/** What is known of how to read it before its bytes have come. */
export function readingOf<Format extends DatasetFormat>(format: Format): ReadingOf<Format>;
export function readingOf(format: DatasetFormat): Reading {
  if (format.type !== "csv") return format;
  const { delimiter, quote } = format;
  return { type: "csv", delimiter, quote, columns: null };
}
