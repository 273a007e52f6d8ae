/**
 * Finds where records end in bytes that come in pieces, so that blocks can be cut there.
 *
 * A scanner sees every byte once, in order, and keeps no bytes: only where it is.
 */
import type { DatasetFormat, TextFormat } from "../protocol/format";
import { unreachable } from "../protocol/unreachable";
import { checkRecord, invalid } from "./invalid-data";
import { openCsvScanner } from "./scan-csv";
import { openParquetScanner } from "./scan-parquet";
import { openTarScanner } from "./scan-tar";

export interface Scanned {
  /** Up to where the piece was looked at. */
  readonly end: number;
  /** Records that ended within. */
  readonly records: number;
  /** Whether `end` is where a block may end. */
  readonly isCut: boolean;
}

export interface RecordScanner {
  /**
   * Goes on from `start`, to the first end of a record that is `wantedBytes` or more away, or to the end of the piece.
   * @throws {GridError} `data-invalid` when a record is too long, or not what its format says.
   */
  scan(piece: Uint8Array, start: number, wantedBytes: number): Scanned;
  /**
   * Nothing more comes.
   * @returns Records that were still open: 0 or 1.
   * @throws {GridError} `data-invalid` when a record lacks its end.
   */
  finish(): number;
}

export function openScanner(format: TextFormat | DatasetFormat): RecordScanner {
  switch (format.type) {
    case "lines":
    case "jsonl":
      return openLineScanner();
    case "csv":
      return openCsvScanner(format);
    case "bytes":
      return openBytesScanner(format.recordBytes);
    case "files":
      return openTarScanner();
    case "parquet":
      return openParquetScanner();
    default:
      return unreachable(format);
  }
}

const NEWLINE = 10;

function openLineScanner(): RecordScanner {
  let openBytes = 0;
  let place = 0;
  return {
    scan(piece, start, wantedBytes) {
      let lineStart = start - openBytes;
      let records = 0;
      for (let at = piece.indexOf(NEWLINE, start); at !== -1; at = piece.indexOf(NEWLINE, at + 1)) {
        checkRecord(at - lineStart, place);
        records += 1;
        place += 1;
        lineStart = at + 1;
        if (lineStart - start < wantedBytes) continue;
        openBytes = 0;
        return { end: lineStart, records, isCut: true };
      }
      openBytes = piece.length - lineStart;
      checkRecord(openBytes, place);
      return { end: piece.length, records, isCut: false };
    },
    finish: () => (openBytes > 0 ? 1 : 0),
  };
}

function openBytesScanner(recordBytes: number): RecordScanner {
  let openBytes = 0;
  let place = 0;
  return {
    scan(piece, start, wantedBytes) {
      // The end of the record that holds the last byte that is wanted.
      const far = Math.ceil((openBytes + Math.max(1, wantedBytes)) / recordBytes) * recordBytes - openBytes;
      const end = Math.min(piece.length, start + far);
      const records = Math.floor((openBytes + end - start) / recordBytes);
      openBytes = (openBytes + end - start) % recordBytes;
      place += records;
      return { end, records, isCut: end === start + far };
    },
    finish() {
      if (openBytes === 0) return 0;
      throw invalid(`A record must have ${recordBytes} bytes; record ${place}, the last, has ${openBytes}`);
    },
  };
}
