/** Finds the files of a tar archive in bytes that come in pieces. See `protocol/tar.ts`. */
import { readTarHeader, TAR_UNIT, tarPadded, type TarHeader } from "../protocol/tar";
import { checkRecord, invalid } from "./invalid-data";
import type { RecordScanner } from "./scan-records";

/** A record is a file; what tells more of a file belongs to its record. */
export function openTarScanner(): RecordScanner {
  const unit = new Uint8Array(TAR_UNIT);
  let unitBytes = 0;
  /** What is left of the content after the last header. */
  let contentBytes = 0;
  let type: TarHeader["type"] = "other";
  let place = 0;
  let scannedBytes = 0;

  return {
    scan(piece, start, wantedBytes) {
      let records = 0;
      let at = start;
      while (at < piece.length) {
        if (contentBytes > 0) {
          const taken = Math.min(contentBytes, piece.length - at);
          contentBytes -= taken;
          at += taken;
        } else {
          const taken = Math.min(TAR_UNIT - unitBytes, piece.length - at);
          unit.set(piece.subarray(at, at + taken), unitBytes);
          unitBytes += taken;
          at += taken;
          if (unitBytes < TAR_UNIT) break;
          unitBytes = 0;
          read(scannedBytes + at - start - TAR_UNIT);
        }
        if (contentBytes > 0 || type === "about" || type === "long-name") continue;
        if (type === "file") {
          records += 1;
          place += 1;
          type = "other";
        }
        if (at - start < wantedBytes) continue;
        scannedBytes += at - start;
        return { end: at, records, isCut: true };
      }
      scannedBytes += at - start;
      return { end: at, records, isCut: false };
    },
    finish() {
      if (contentBytes > 0)
        throw invalid(`File ${place} lacks ${contentBytes} bytes: the archive ends early`);
      if (unitBytes > 0) throw invalid(`The archive ends within a header, at byte ${scannedBytes}`);
      return 0;
    },
  };

  function read(offset: number): void {
    const header = readTarHeader(unit);
    if (header === undefined) {
      throw invalid(`The format files takes a tar archive; there is no header of one at byte ${offset}`);
    }
    type = header?.type ?? "other";
    checkRecord(header?.size ?? 0, place, header ? `: ${header.name.slice(0, 200)}` : "");
    contentBytes = tarPadded(header?.size ?? 0);
  }
}
