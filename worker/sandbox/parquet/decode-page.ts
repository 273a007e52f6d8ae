/** Makes values of one page. What it says of its parts is compared with its size before the library believes it. */
import { assembleLists } from "hyparquet/src/assemble.js";
import { convert, convertWithDictionary } from "hyparquet/src/convert.js";
import { decompressPage, readDataPage, readDataPageV2 } from "hyparquet/src/datapage.js";
import { readPlain } from "hyparquet/src/plain.js";
import { getMaxDefinitionLevel, getMaxRepetitionLevel } from "hyparquet/src/schema.js";
import type { ColumnDecoder, DecodedArray, PageHeader } from "hyparquet/src/types.js";
import { checkRuns } from "./check-runs";

type V1 = NonNullable<PageHeader["data_page_header"]>;
type V2 = NonNullable<PageHeader["data_page_header_v2"]>;

export function decodeDictionary(
  content: Uint8Array,
  { uncompressed_page_size: bytes, dictionary_page_header: about }: PageHeader,
  decoder: ColumnDecoder,
): DecodedArray {
  const count = about?.num_values ?? -1;
  if (!isCount(count) || count > 8 * bytes)
    throw new Error(`a dictionary of ${bytes} bytes is said to have ${count} values`);
  const page = decompressPage(content, bytes, decoder.codec, decoder.compressors);
  const reader = { view: viewOf(page), offset: 0 };
  return convert(readPlain(reader, decoder.type, count, decoder.element.type_length), decoder);
}

/** @param before The row that its first value may belong to still; lists only. */
export function decodePage(
  content: Uint8Array,
  header: PageHeader,
  decoder: ColumnDecoder,
  dictionary: DecodedArray | undefined,
  before: DecodedArray,
): DecodedArray {
  const { data_page_header: v1, data_page_header_v2: v2 } = header;
  const encoding = v1?.encoding ?? v2?.encoding;
  if (!encoding) throw new Error("a page has no encoding");
  if (encoding.endsWith("_DICTIONARY") && !dictionary)
    throw new Error("a page needs a dictionary; there is none");
  const read = v1 ? readV1(content, header, v1, decoder) : v2 ? readV2(content, header, v2, decoder) : null;
  if (!read) throw new Error(`a page has the type ${header.type}`);
  const values = convertWithDictionary(read.dataPage, dictionary, encoding, decoder);
  const output = Array.isArray(before) ? before : [];
  return assembleLists(output, read.definitionLevels, read.repetitionLevels, values, decoder.schemaPath);
}

function readV1(content: Uint8Array, header: PageHeader, about: V1, decoder: ColumnDecoder) {
  const page = decompressPage(content, header.uncompressed_page_size, decoder.codec, decoder.compressors);
  const { num_values: count, encoding } = about;
  let at = 0;
  for (const level of levelsOf(decoder)) {
    if (level === 0) continue;
    const length = viewOf(page).getUint32(at, true);
    checkRuns(page.subarray(at + 4, at + 4 + length), bitsOf(level), count);
    at += 4 + length;
  }
  checkValues(page.subarray(at), encoding, count, decoder);
  return readDataPage(page, about, decoder);
}

function readV2(content: Uint8Array, header: PageHeader, about: V2, decoder: ColumnDecoder) {
  const { num_values: count, num_nulls: nulls, encoding } = about;
  const lengths = [about.repetition_levels_byte_length, about.definition_levels_byte_length] as const;
  const levelBytes = lengths[0] + lengths[1];
  const valueBytes = header.uncompressed_page_size - levelBytes;
  if (!lengths.every(isCount) || levelBytes > content.length || valueBytes < 0)
    throw new Error(`a page of ${content.length} bytes is said to have levels of ${levelBytes}`);
  if (!isCount(nulls) || nulls > count) throw new Error(`of ${count} values ${nulls} are said to be null`);
  let at = 0;
  for (const [place, level] of levelsOf(decoder).entries()) {
    const length = lengths[place] ?? 0;
    if (level > 0) checkRuns(content.subarray(at, at + length), bitsOf(level), count);
    at += length;
  }
  const packed = content.subarray(levelBytes);
  const { codec, compressors } = decoder;
  const values =
    about.is_compressed === false ? packed : decompressPage(packed, valueBytes, codec, compressors);
  checkValues(values, encoding, count, decoder);
  const page = new Uint8Array(levelBytes + values.length);
  page.set(content.subarray(0, levelBytes));
  page.set(values, levelBytes);
  return readDataPageV2(
    page,
    {
      ...header,
      uncompressed_page_size: page.length,
      data_page_header_v2: { ...about, is_compressed: false },
    },
    decoder,
  );
}

/** Of those encodings that are made of runs. */
function checkValues(bytes: Uint8Array, encoding: string, count: number, { type }: ColumnDecoder): void {
  if (encoding.endsWith("_DICTIONARY") && bytes.length > 0)
    checkRuns(bytes.subarray(1), bytes[0] ?? 0, count);
  if (encoding === "RLE" && type === "BOOLEAN") checkRuns(bytes.subarray(4), 1, count);
}

/** Of repetition and of definition: the highest. */
const levelsOf = ({ schemaPath }: ColumnDecoder): readonly [number, number] => [
  getMaxRepetitionLevel(schemaPath),
  getMaxDefinitionLevel(schemaPath),
];

const bitsOf = (level: number): number => 32 - Math.clz32(level);

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export const isCount = (value: number): boolean => Number.isInteger(value) && value >= 0;
