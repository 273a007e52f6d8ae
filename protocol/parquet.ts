/**
 * What a tab needs to know to read some row groups of a Parquet file: which bytes of which blocks are the chunks of the columns
 * that are asked for, and how they were written.
 *
 *   coordinator ── outline, a block ──▶ agent ── outline and the chunks' bytes, packed ──▶ slot
 *
 * Apart from `outline.ts`, which checks it, because slots have no zod.
 */
import type { SchemaElement } from "hyparquet/src/types.js";
import type { Digest } from "./ids";

export type { SchemaElement } from "hyparquet/src/types.js";

export const CODECS = ["UNCOMPRESSED", "SNAPPY", "GZIP", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW"] as const;
export type Codec = (typeof CODECS)[number];

/** Bytes `from` up to, but not including, `to` of a block, by its place in the outline's list. */
export type Piece = readonly [block: number, from: number, to: number];

/** One leaf of the schema in one row group. */
export interface OutlineChunk {
  readonly codec: Codec;
  /** Nulls counted, and of lists each element. */
  readonly values: number;
  readonly bytes: number;
  /** Joined they are its bytes. */
  readonly pieces: readonly Piece[];
}

export interface OutlineGroup {
  /** Its number in the file, from 0. */
  readonly number: number;
  readonly rows: number;
  /** In the order of the schema's leaves. */
  readonly chunks: readonly OutlineChunk[];
}

export interface Outline {
  /** The columns that are asked for, as the file's own list has them: the root first, each followed by its children. */
  readonly schema: readonly SchemaElement[];
  /** Names of the columns, in the order that was asked for. */
  readonly columns: readonly string[];
  readonly blocks: readonly Digest[];
  readonly groups: readonly OutlineGroup[];
}

const LENGTH_BYTES = 4;

/** An outline, and room behind it for the bytes of its chunks, one after the other. */
export function packOutline(outline: Outline): { packed: Uint8Array<ArrayBuffer>; chunksAt: number } {
  // Which blocks they came from does not matter any more.
  const text = new TextEncoder().encode(JSON.stringify({ ...outline, blocks: [] }));
  const chunksAt = LENGTH_BYTES + text.length;
  const packed = new Uint8Array(chunksAt + chunkBytesOf(outline));
  new DataView(packed.buffer).setUint32(0, text.length);
  packed.set(text, LENGTH_BYTES);
  return { packed, chunksAt };
}

/** Chunks' bytes, by row group and leaf. They are not copied. */
export function unpackOutline(packed: Uint8Array): { outline: Outline; chunks: Uint8Array[][] } {
  const length = new DataView(packed.buffer, packed.byteOffset).getUint32(0);
  const text = new TextDecoder().decode(packed.subarray(LENGTH_BYTES, LENGTH_BYTES + length));
  const outline = JSON.parse(text) as Outline;
  let at = LENGTH_BYTES + length;
  const chunks = outline.groups.map((group) =>
    group.chunks.map(({ bytes }) => {
      at += bytes;
      return packed.subarray(at - bytes, at);
    }),
  );
  return { outline, chunks };
}

export const chunkBytesOf = ({ groups }: Pick<Outline, "groups">): number =>
  groups.reduce((sum, { chunks }) => chunks.reduce((total, { bytes }) => total + bytes, sum), 0);
