/** Finds the ends of CSV rows in bytes that come in pieces, and rows that are none. See `protocol/csv.ts` for the rules. */
import type { CsvDialect } from "../protocol/csv";
import { checkRecord, invalid } from "./invalid-data";
import type { RecordScanner } from "./scan-records";

const NEWLINE = 10;
const RETURN = 13;

/** Where in a row the next byte is. */
type Place = "field-start" | "plain" | "quoted" | "quote-seen" | "row-ending";

/** Rows are counted from 1 with the header, as an editor and a spreadsheet count them. */
export function openCsvScanner({ delimiter, quote }: CsvDialect): RecordScanner {
  const delimiterByte = delimiter.charCodeAt(0);
  const quoteByte = quote === null ? -1 : quote.charCodeAt(0);
  let place: Place = "field-start";
  let row = 1;
  /** Bytes of the row so far, and whether they are more than a line end. */
  let openBytes = 0;
  let hasContent = false;

  return { scan, finish };

  function scan(piece: Uint8Array, start: number, wantedBytes: number) {
    let rowStart = start - openBytes;
    let records = 0;
    for (let at = start; at < piece.length; at++) {
      if (place === "quoted") {
        at = piece.indexOf(quoteByte, at);
        if (at === -1) break;
        place = "quote-seen";
        continue;
      }
      const byte = piece[at];
      if (byte === NEWLINE) {
        checkLength(at - rowStart);
        if (hasContent) records += 1;
        row += 1;
        rowStart = at + 1;
        place = "field-start";
        hasContent = false;
        if (rowStart - start < wantedBytes) continue;
        openBytes = 0;
        return { end: rowStart, records, isCut: true };
      }
      step(byte);
    }
    openBytes = piece.length - rowStart;
    checkLength(openBytes);
    return { end: piece.length, records, isCut: false };
  }

  function step(byte: number | undefined): void {
    if (byte === RETURN) {
      // Before a line end it is not part of the row; whether one follows shows later.
      place = place === "quote-seen" ? "row-ending" : "plain";
      return;
    }
    const isDone = place === "quote-seen" && byte !== quoteByte && byte !== delimiterByte;
    if (isDone || place === "row-ending") {
      throw invalid(`Row ${row} has a quote that neither ends its field nor is doubled`);
    }
    if (byte === quoteByte && place === "plain") {
      throw invalid(
        `Row ${row} has a quote within a field that does not begin with one: put such a field in quotes and double the quote`,
      );
    }
    hasContent = true;
    if (byte === quoteByte) place = "quoted";
    else place = byte === delimiterByte ? "field-start" : "plain";
  }

  function finish(): number {
    if (place === "quoted") throw invalid(`Row ${row} has a quote that is never closed`);
    return hasContent ? 1 : 0;
  }

  function checkLength(bytes: number): void {
    const hint = place === "quoted" ? `: row ${row} has a quote that is not closed` : ` (row ${row})`;
    checkRecord(bytes, row - 1, hint);
  }
}
