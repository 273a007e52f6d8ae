/**
 * Reads one column chunk page by page: a page of it is unpacked at a time, and nothing that nobody asks for.
 *
 * The bytes are anybody's. What the pages say of themselves is compared with what is there before the library believes it;
 * what goes wrong names the column and the row group.
 */
import { parquetHeader } from "hyparquet/src/column.js";
import { getMaxRepetitionLevel, isFlatColumn } from "hyparquet/src/schema.js";
import type { ColumnDecoder, DecodedArray, PageHeader } from "hyparquet/src/types.js";
import { compressors, decompressZstd } from "hyparquet-compressors";
import { LIMITS } from "../../../protocol/limits";
import type { OutlineChunk } from "../../../protocol/parquet";
import { crc32 } from "./crc32";
import { decodeDictionary, decodePage, isCount } from "./decode-page";

export type LeafDecoder = Omit<ColumnDecoder, "codec" | "compressors">;

export interface Pages {
  /**
   * The next rows, whole ones; null when there are no more.
   * @param wanted How many rows from here on nobody wants: pages of only such are not unpacked, and `skipped` says how many rows those had.
   * @throws {Error} What is wrong with the bytes.
   */
  next(wanted: number): { rows: DecodedArray; skipped: number } | null;
}

const COMPRESSORS = {
  ...compressors,
  ZSTD: (input: Uint8Array, length: number) => decompressZstd(input, new Uint8Array(length)),
};

export function openPages(
  bytes: Uint8Array,
  { codec, values }: Pick<OutlineChunk, "codec" | "values">,
  leaf: LeafDecoder,
): Pages {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  const decoder: ColumnDecoder = { ...leaf, codec, compressors: COMPRESSORS, utf8: false };
  const isRepeated = getMaxRepetitionLevel(leaf.schemaPath) > 0;
  const isFlat = isFlatColumn(leaf.schemaPath);
  let valuesLeft = values;
  let dictionary: DecodedArray | undefined;
  /** Of lists, the last row so far: the next page may go on with it. */
  let open: DecodedArray = [];

  return {
    next(wanted) {
      while (valuesLeft > 0) {
        const { header, content } = nextPage();
        if (header.type === "DICTIONARY_PAGE") {
          dictionary = decodeDictionary(content, header, decoder);
          continue;
        }
        const count = countIn(header);
        valuesLeft -= count;
        // Only here is it known without unpacking how many rows there are. The next page begins with a row of its own.
        const rowCount = header.data_page_header_v2?.num_rows ?? (isFlat ? count : Infinity);
        if (rowCount > 0 && rowCount <= wanted - open.length) return { rows: finishRow(), skipped: rowCount };
        const rows = decodePage(content, header, decoder, dictionary, isRepeated ? open : []);
        if (isRepeated) open = rows.slice(-1);
        else if (rows.length !== count) throw new Error(`a page has ${rows.length} values; it says ${count}`);
        const whole = isRepeated ? rows.slice(0, -1) : rows;
        if (whole.length > 0) return { rows: whole, skipped: 0 };
      }
      return open.length > 0 ? { rows: finishRow(), skipped: 0 } : null;
    },
  };

  function finishRow(): DecodedArray {
    const rows = open;
    open = [];
    return rows;
  }

  function nextPage(): { header: PageHeader; content: Uint8Array } {
    if (reader.offset >= bytes.length) throw new Error(`it ends ${valuesLeft} values early`);
    const header = parquetHeader(reader);
    const { compressed_page_size: packed, uncompressed_page_size: unpacked, crc } = header;
    const left = bytes.length - reader.offset;
    if (!isCount(packed) || packed > left)
      throw new Error(`a page is said to have ${packed} bytes; ${left} are there`);
    if (!isCount(unpacked) || unpacked > LIMITS.parquetPageBytes)
      throw new Error(
        `a page may have ${LIMITS.parquetPageBytes} bytes unpacked (parquetPageBytes); it says ${unpacked}`,
      );
    const content = bytes.subarray(reader.offset, reader.offset + packed);
    reader.offset += packed;
    if (typeof crc === "number" && crc32(content) !== (crc | 0))
      throw new Error("a page is damaged: its checksum is another");
    return { header, content };
  }

  function countIn({ type, data_page_header: v1, data_page_header_v2: v2 }: PageHeader): number {
    const count = v1?.num_values ?? v2?.num_values ?? -1;
    if (isCount(count) && count <= valuesLeft) return count;
    throw new Error(`a page of type ${type} is said to have ${count} values; ${valuesLeft} are left`);
  }
}
