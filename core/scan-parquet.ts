/** Cuts bytes at any place: of formats whose records are found by what the end of the data says. */
import { invalid } from "./invalid-data";
import { PARQUET_MAGIC } from "./parquet/read-footer";
import type { RecordScanner } from "./scan-records";

/** For Parquet: refuses at once what does not begin as it does. */
export function openParquetScanner(): RecordScanner {
  let seen = 0;
  return {
    scan(piece, start, wantedBytes) {
      const end = Math.min(piece.length, start + Math.max(1, wantedBytes));
      for (let at = start; at < end && seen < PARQUET_MAGIC.length; at++, seen++) {
        if (piece[at] === PARQUET_MAGIC.charCodeAt(seen) || (seen === 3 && piece[at] === ENCRYPTED)) continue;
        throw invalid(`A Parquet file begins with ${PARQUET_MAGIC}; this one has another byte at ${seen}`);
      }
      return { end, records: 0, isCut: end - start >= wantedBytes };
    },
    finish: () => 0,
  };
}

/** The E of PARE, with which files begin whose metadata is encrypted: their end tells. */
const ENCRYPTED = "E".charCodeAt(0);
