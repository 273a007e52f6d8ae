/** How data is refused that is not what its format says. */
import { LIMITS } from "../protocol/limits";
import { GridError } from "../protocol/problems";

export const invalid = (detail: string) => new GridError("data-invalid", detail);

/**
 * @param place The record's number, from 0.
 * @throws {GridError} `data-invalid` when it is over the limit.
 */
export function checkRecord(bytes: number, place: number, hint = ""): void {
  if (bytes <= LIMITS.recordBytes) return;
  throw invalid(
    `A record may have at most ${LIMITS.recordBytes} bytes (recordBytes); record ${place} has ${bytes} or more${hint}`,
  );
}
