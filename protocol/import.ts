/** Data that the coordinator fetches from an address. */
import * as z from "zod";
import { DatasetPath, UploadOptions } from "./dataset";
import { DatasetFormatChoice } from "./format";
import { Digest, EpochMs } from "./ids";
import { LIMITS } from "./limits";
import { Problem } from "./problems";

const URL_RULE = `must have 1 to ${LIMITS.urlChars} characters`;

export const SourceUrl = z
  .string()
  .min(1, { error: URL_RULE })
  .max(LIMITS.urlChars, { error: URL_RULE })
  .meta({
    description: "http or https, at a host that the operator allows.",
    examples: ["https://example.org/log.gz"],
  });

/** What begins an import. */
export const BeginImport = z.strictObject({
  url: SourceUrl,
  format: DatasetFormatChoice.optional().meta({
    description: "Without it, as the address's ending or the host's content type says, or lines.",
  }),
  sha256: Digest.nullable().default(null).meta({ description: "Of the bytes as the host sends them." }),
  gzip: z.boolean().optional().meta({
    description: "Whether they are gzip, to be unpacked. Without it, as address, answer or first bytes say.",
  }),
  ...UploadOptions.shape,
});
export type BeginImport = z.output<typeof BeginImport>;

const ImportFacts = z.object({
  id: z.string(),
  path: DatasetPath,
  url: z.string(),
  receivedBytes: z.number().meta({ description: "As the host sent them." }),
  length: z.number().nullable().meta({ description: "Bytes in all, if the host said so." }),
  records: z.number(),
  blocks: z.int(),
  breaks: z.int().meta({ description: "Times that the connection broke and was taken up again." }),
  createdAt: EpochMs,
});

export const ImportView = z.discriminatedUnion("state", [
  ImportFacts.extend({ state: z.literal("running") }),
  ImportFacts.extend({
    state: z.literal("complete"),
    version: z.int().meta({ description: "Of the dataset: what came." }),
    endedAt: EpochMs,
  }),
  ImportFacts.extend({
    state: z.literal("failed"),
    problem: Problem.meta({ description: "Why nothing of it was kept." }),
    endedAt: EpochMs,
  }),
]);
export type ImportView = z.infer<typeof ImportView>;

export const ImportList = z.object({
  imports: z.array(ImportView),
  hosts: z
    .array(z.string())
    .meta({ description: "Whence the operator allows imports; none when they are off." }),
});
export type ImportList = z.infer<typeof ImportList>;
