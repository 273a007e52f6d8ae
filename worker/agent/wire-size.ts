/** How many bytes an outcome takes in a message: at most this, usually half. */
import type { Outcome } from "../../protocol/task";
import { unreachable } from "../../protocol/unreachable";

/** A UTF-16 code unit of canonical JSON becomes at most three bytes, inside another JSON text too. */
const BYTES_PER_CHAR = 3;
/** Other text may hold control characters: `\u0001`. */
const BYTES_PER_RAW_CHAR = 6;
const FRAME_BYTES = 200;

export function sizeOnWire(outcome: Outcome): number {
  switch (outcome.type) {
    case "output":
      return (
        FRAME_BYTES + logBytes(outcome.logs) + outcome.parts.reduce((sum, part) => sum + partBytes(part), 0)
      );
    case "error":
      return (
        FRAME_BYTES +
        logBytes(outcome.logs) +
        BYTES_PER_RAW_CHAR * (outcome.message.length + outcome.stack.length)
      );
    case "released":
      return FRAME_BYTES;
    default:
      return unreachable(outcome);
  }
}

function partBytes(part: Extract<Outcome, { type: "output" }>["parts"][number]): number {
  if ("run" in part) return FRAME_BYTES + part.run.byteLength;
  return FRAME_BYTES + ("text" in part ? BYTES_PER_CHAR * part.text.length : 0);
}

function logBytes(logs: readonly string[] | undefined): number {
  return (logs ?? []).reduce((sum, line) => sum + 4 + BYTES_PER_RAW_CHAR * line.length, 0);
}
