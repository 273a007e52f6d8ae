/** Reads the metadata of a Parquet file that is stored as blocks: its end, and nothing else of it. */
import { footerSpan, readFooter, TAIL_BYTES, type ParquetFile } from "../../core/parquet/read-footer";
import type { BlockStore } from "../grid-api";
import type { WrittenBlock } from "./block-writer";
import { contentOf } from "./dataset-content";

/** @throws {GridError} `data-invalid` when it is no Parquet file, or one that nobody can read. */
export async function readParquet(
  blocks: readonly WrittenBlock[],
  store: Pick<BlockStore, "open" | "verify">,
): Promise<ParquetFile> {
  const fileBytes = blocks.reduce((sum, { bytes }) => sum + bytes, 0);
  const read = async (start: number, end: number) => {
    const pieces: Uint8Array[] = [];
    for await (const piece of contentOf(blocks, store, { start, end })) pieces.push(piece);
    return Buffer.concat(pieces);
  };
  const tail = await read(Math.max(0, fileBytes - TAIL_BYTES), fileBytes);
  const { start, end } = footerSpan(tail, fileBytes);
  return readFooter(await read(start, end), start);
}
