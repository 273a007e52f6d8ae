/**
 * The metadata at the end of a Parquet file: which columns it has, and where in it they are.
 *
 *   PAR1 │ column chunks, row group by row group │ metadata │ its length │ PAR1
 *
 * The file is anybody's, so nothing in it is believed: numbers are whole, chunks lie before the metadata, and every row
 * group has the columns that the schema says.
 */
import { CompressionCodecs, ParquetTypes } from "hyparquet/src/constants.js";
import { deserializeTCompactProtocol } from "hyparquet/src/thrift.js";
import { LIMITS } from "../../protocol/limits";
import { invalid } from "../invalid-data";
import { checkThrift, type Span } from "./check-thrift";
import { readSchema, type Leaf, type Schema } from "./read-schema";

export const PARQUET_MAGIC = "PAR1";
const ENCRYPTED_MAGIC = "PARE";
/** The length of the metadata, and the magic. */
export const TAIL_BYTES = 8;

export interface ColumnChunk {
  readonly codec: string;
  readonly values: number;
  readonly start: number;
  readonly bytes: number;
  /** Why nobody can read it; null when that can be tried. */
  readonly obstacle: string | null;
}

export interface RowGroup {
  readonly rows: number;
  /** In the order of the schema's leaves. */
  readonly chunks: readonly ColumnChunk[];
}

export interface ParquetFile {
  readonly schema: Schema;
  readonly rows: number;
  readonly groups: readonly RowGroup[];
}

/**
 * Where the metadata lies.
 * @param tail The last `TAIL_BYTES` of the file.
 * @throws {GridError} `data-invalid`.
 */
export function footerSpan(tail: Uint8Array, fileBytes: number): Span {
  const magic = new TextDecoder().decode(tail.subarray(4));
  if (magic === ENCRYPTED_MAGIC) throw invalid("The file is encrypted: its metadata cannot be read");
  if (fileBytes < PARQUET_MAGIC.length + TAIL_BYTES || magic !== PARQUET_MAGIC)
    throw invalid(
      `A Parquet file ends with ${PARQUET_MAGIC}; this one, of ${fileBytes} bytes, does not: it is cut short, or of another kind`,
    );
  const length = new DataView(tail.buffer, tail.byteOffset).getUint32(0, true);
  if (length > LIMITS.parquetFooterBytes)
    throw invalid(
      `The metadata of a Parquet file may have ${LIMITS.parquetFooterBytes} bytes (parquetFooterBytes); it says ${length}`,
    );
  const end = fileBytes - TAIL_BYTES;
  if (length > end - PARQUET_MAGIC.length)
    throw invalid(`The file says that its metadata has ${length} bytes, and has ${fileBytes} in all`);
  return { start: end - length, end };
}

/**
 * @param footer The metadata's bytes.
 * @param start Where they begin in the file.
 * @throws {GridError} `data-invalid`.
 */
export function readFooter(footer: Uint8Array, start: number): ParquetFile {
  const list = checkThrift(footer).get(2);
  if (!list) throw invalid("The file's metadata names no columns");
  const schema = readSchema(footer.subarray(list.start, list.end));
  const view = new DataView(footer.buffer, footer.byteOffset, footer.byteLength);
  const metadata = new Fields(deserializeTCompactProtocol({ view, offset: 0 }), () => "file");
  const rows = metadata.count(3, "number of rows");
  const groups = metadata
    .list(4, "list of row groups")
    .map((group, number) => readGroup(group, number, schema, start));
  const sum = groups.reduce((total, group) => total + group.rows, 0);
  if (sum !== rows) throw invalid(`The file says that it has ${rows} rows; its row groups have ${sum}`);
  const bytes = groups.reduce(
    (total, { chunks }) => chunks.reduce((all, chunk) => all + chunk.bytes, total),
    0,
  );
  // Else a small file could be work without end.
  if (bytes > start) throw invalid("The file's column chunks overlap");
  return { schema, rows, groups };
}

function readGroup(value: unknown, number: number, { leaves }: Schema, fileEnd: number): RowGroup {
  const group = new Fields(value, () => `row group ${number}`);
  const chunks = group.list(1, "list of column chunks");
  if (chunks.length !== leaves.length)
    throw invalid(
      `The row group ${number} has ${chunks.length} column chunks; the schema has ${leaves.length}`,
    );
  const rows = group.count(3, "number of rows");
  return { rows, chunks: leaves.map((leaf, place) => readChunk(chunks[place], leaf, number, fileEnd)) };
}

function readChunk(value: unknown, leaf: Leaf, group: number, fileEnd: number): ColumnChunk {
  // There may be a hundred thousand of them; their names are wanted only when something is wrong.
  const name = () => `column "${leaf.path.join(".").slice(0, 200)}" in row group ${group}`;
  const chunk = new Fields(value, name);
  if (chunk.has(8) || chunk.has(9)) return { ...NO_CHUNK, obstacle: "it is encrypted" };
  if (chunk.has(1)) return { ...NO_CHUNK, obstacle: "its values are in another file" };
  const about = new Fields(chunk.get(3), name);
  checkLeaf(about, leaf, name);
  const bytes = about.count(7, "size");
  const data = about.count(9, "place of its pages");
  const dictionary = about.has(11) ? about.count(11, "place of its dictionary") : 0;
  // Some writers say 0 where there is none.
  const start = dictionary > 0 ? Math.min(dictionary, data) : data;
  if (start < PARQUET_MAGIC.length || start + bytes > fileEnd)
    throw invalid(
      `The ${name()} is said to be at bytes ${start} to ${start + bytes}; the data ends at ${fileEnd}`,
    );
  const codec = CompressionCodecs[about.count(4, "codec")] ?? "unknown";
  return { codec, values: about.count(5, "number of values"), start, bytes, obstacle: null };
}

const NO_CHUNK = { codec: "", values: 0, start: 0, bytes: 0 } as const;

function checkLeaf(about: Fields, { path, type }: Leaf, name: () => string): void {
  const ownPath = about.list(3, "path");
  const ownType = ParquetTypes[about.count(1, "type")] ?? "none";
  const isSame =
    ownPath.length === path.length && path.every((part, place) => textOf(ownPath[place]) === part);
  if (isSame && ownType === type) return;
  const said = ownPath.map(textOf).join(".").slice(0, 200);
  throw invalid(
    `The ${name()} is said to be "${said}" of type ${ownType} there, and of type ${type} in the schema`,
  );
}

const decoder = new TextDecoder();
const textOf = (value: unknown): string => (value instanceof Uint8Array ? decoder.decode(value) : "");

/** A structure's fields, by their numbers. */
class Fields {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #name: () => string;

  constructor(value: unknown, name: () => string) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Uint8Array)
      throw invalid(`The ${name()} has no metadata`);
    this.#fields = value as Record<string, unknown>;
    this.#name = name;
  }

  has(field: number): boolean {
    return this.get(field) !== undefined;
  }

  get(field: number): unknown {
    return this.#fields[`field_${field}`];
  }

  count(field: number, what: string): number {
    const value = this.get(field);
    const count = typeof value === "bigint" ? Number(value) : value;
    if (typeof count === "number" && Number.isSafeInteger(count) && count >= 0) return count;
    const got = String(value).slice(0, 40);
    throw invalid(`The ${what} of the ${this.#name()} must be a whole number from 0; got ${got}`);
  }

  list(field: number, what: string): readonly unknown[] {
    const value = this.get(field);
    if (Array.isArray(value)) return value as unknown[];
    throw invalid(`The ${this.#name()} has no ${what}`);
  }
}
