/** Reads the row that names a CSV's columns, from the first block. */
import { invalid } from "../../core/invalid-data";
import { openCsvScanner } from "../../core/scan-csv";
import { fieldsOf, rowsIn, type CsvDialect } from "../../protocol/csv";

export interface CsvHeader {
  columns: string[];
  /** Bytes up to the first row of data. */
  bytes: number;
}

/**
 * @param block Begins with the header and holds all of it.
 * @throws {GridError} `data-invalid` when two columns have one name.
 */
export function readCsvHeader(block: Uint8Array, dialect: CsvDialect): CsvHeader {
  const scanner = openCsvScanner(dialect);
  let bytes = 0;
  // Empty lines before it are no rows.
  for (let rows = 0; rows === 0 && bytes < block.length;) {
    const scanned = scanner.scan(block, bytes, 1);
    rows += scanned.records;
    bytes = scanned.end;
  }
  const text = new TextDecoder().decode(block.subarray(0, bytes));
  const [row] = rowsIn(text, dialect);
  const columns = row ? fieldsOf(text, row, dialect) : [];
  const twice = columns.find((name, place) => columns.indexOf(name) !== place);
  if (twice !== undefined) throw invalid(`Row 1, the header, names the column "${twice.slice(0, 80)}" twice`);
  return { columns, bytes };
}
