/** Turns a block's bytes into records. Does not know tasks. */
import { valueOfCanonical } from "../../protocol/canonical";
import { fieldsOf, rowsIn } from "../../protocol/csv";
import type { Reading, SweepAxis } from "../../protocol/format";
import type { Digest } from "../../protocol/ids";
import { tarFilesIn } from "../../protocol/tar";
import { unreachable } from "../../protocol/unreachable";

/** The records of one block, made one at a time when they are asked for, so that an error is that record's. */
export interface BlockRecords {
  readonly count: number;
  /** @throws {SyntaxError} If the format is `jsonl` and the line is not JSON, or the form of no object. */
  at(index: number): unknown;
}

/** Makes records of the columns of a Parquet file: see `parquet/rows.ts`. It comes to the slot only when it is needed. */
export type ReadRows = (packed: Uint8Array) => BlockRecords;

/** @param bytes A block, without what belongs to no record. */
export function recordsIn(bytes: Uint8Array, reading: Reading, readRows?: ReadRows): BlockRecords {
  switch (reading.type) {
    case "lines":
    case "jsonl": {
      const lines = linesOf(new TextDecoder().decode(bytes));
      const isJson = reading.type === "jsonl";
      const at = (index: number): unknown => {
        const line = lines[index] ?? "";
        return isJson ? valueOfCanonical(line) : line;
      };
      return { count: lines.length, at };
    }
    case "csv":
      return rowsOf(new TextDecoder().decode(bytes), reading);
    case "bytes": {
      const { recordBytes } = reading;
      // A copy, which the program may write to: another task reads the same block.
      const at = (index: number) => bytes.slice(index * recordBytes, (index + 1) * recordBytes);
      return { count: Math.floor(bytes.length / recordBytes), at };
    }
    case "files": {
      const files = tarFilesIn(bytes);
      return {
        count: files.length,
        at(index) {
          const { name = "", start = 0, end = 0 } = files[index] ?? {};
          return { name, bytes: bytes.slice(start, end) };
        },
      };
    }
    case "parquet":
      if (!readRows) throw new Error("What reads Parquet did not come along");
      return readRows(bytes);
    case "sweep":
      throw new Error("The points of a sweep are in no block");
    default:
      return unreachable(reading);
  }
}

/** A point of a grid of values, the last axis varying fastest. */
export function sweepPoint(axes: readonly SweepAxis[], number: number): Record<string, unknown> {
  const point: [string, unknown][] = [];
  let rest = number;
  for (const axis of axes.toReversed()) {
    const count = "values" in axis ? axis.values.length : axis.count;
    const place = rest % count;
    rest = Math.floor(rest / count);
    point.push([axis.name, "values" in axis ? axis.values[place] : axis.start + place * axis.step]);
  }
  return Object.fromEntries(point.toReversed());
}

/**
 * Lines end at \n; a \r before it is not part of the line, and a final line end makes no further record.
 * `jsonl` has the same records: each line is parsed when it is read, so that an error names its record.
 */
export function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  if (!text.includes("\r")) return lines;
  return lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
}

function rowsOf(text: string, reading: Extract<Reading, { type: "csv" }>): BlockRecords {
  const rows = rowsIn(text, reading);
  const { columns } = reading;
  return {
    count: rows.length,
    at(index) {
      const fields = fieldsOf(text, rows[index] ?? { start: 0, end: 0 }, reading);
      return columns ? named(columns, fields) : fields;
    },
  };
}

/** @throws {Error} If the row has another number of fields than there are columns. */
function named(columns: readonly string[], fields: readonly string[]): Record<string, string> {
  if (fields.length !== columns.length) {
    throw new Error(`The row has ${fields.length} fields; the header names ${columns.length} columns`);
  }
  return Object.fromEntries(columns.map((column, place) => [column, fields[place] ?? ""]));
}

/** Keeps the records of the last block, because tasks that follow one another are often cut from one block. */
export interface BlockReader {
  /**
   * @param bytes Null when `block` is the one read before.
   * @param skip Bytes at its start that belong to no record.
   */
  records(block: Digest, bytes: Uint8Array | null, skip: number): BlockRecords;
}

export function openBlockReader(reading: Reading, readRows?: ReadRows): BlockReader {
  let last: { block: Digest; records: BlockRecords } | null = null;
  return {
    records(block, bytes, skip) {
      if (last?.block === block) return last.records;
      if (bytes === null) throw new Error(`The bytes of block ${block} did not come along`);
      const records = recordsIn(skip > 0 ? bytes.subarray(skip) : bytes, reading, readRows);
      last = { block, records };
      return records;
    },
  };
}
