/** What rows of tasks hold as JSON. */
import * as z from "zod";
import type { StoredPart } from "../../core/task";
import { Digest } from "../../protocol/ids";

export const Parts = z.array(
  z.object({
    digest: Digest,
    bytes: z.number(),
    records: z.number(),
    partition: z.number().exactOptional(),
    text: z.string().exactOptional(),
    run: z
      .string()
      .transform((base64): Uint8Array => Buffer.from(base64, "base64"))
      .exactOptional(),
  }),
) satisfies z.ZodType<StoredPart[]>;

export const StoredError = z.object({
  message: z.string(),
  stack: z.string(),
  record: z.number().nullable(),
});
