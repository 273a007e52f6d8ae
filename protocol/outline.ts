/** Checks an outline of a Parquet file's row groups, as a tab gets it. */
import * as z from "zod";
import { Digest } from "./ids";
import { LIMITS } from "./limits";
import { chunkBytesOf, CODECS, type Outline, type SchemaElement } from "./parquet";

const count = z.int().nonnegative();

const Chunk = z.object({
  codec: z.enum(CODECS),
  values: count,
  bytes: count,
  pieces: z.array(z.tuple([count, count, count])),
});

/** What its elements say of types is the decoder's to understand, in the sandbox. */
const Element = z.looseObject({ name: z.string() }) as unknown as z.ZodType<SchemaElement>;

const OutlineBlock = z.object({
  schema: z.array(Element).min(1),
  columns: z.array(z.string()),
  blocks: z.array(Digest),
  groups: z.array(z.object({ number: count, rows: count, chunks: z.array(Chunk) })),
}) satisfies z.ZodType<Outline>;

/** @throws {Error} When it is none, or says what cannot be. */
export function readOutline(bytes: Uint8Array): Outline {
  const outline = OutlineBlock.parse(JSON.parse(new TextDecoder().decode(bytes)));
  for (const { chunks } of outline.groups)
    for (const { bytes, pieces } of chunks) {
      const sum = pieces.reduce((total, [, from, to]) => total + Math.max(0, to - from), 0);
      if (sum !== bytes) throw new Error(`The pieces of a chunk have ${sum} bytes, not ${bytes}`);
    }
  if (chunkBytesOf(outline) <= LIMITS.parquetGroupBytes) return outline;
  throw new Error(`A task's columns may have at most ${LIMITS.parquetGroupBytes} bytes (parquetGroupBytes)`);
}

export const outlineBytes = (outline: Outline): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(outline));
