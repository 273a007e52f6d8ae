/** Turns a block's bytes into records. Does not know tasks. */
import { valueOfCanonical } from "../../protocol/canonical";
import type { Digest } from "../../protocol/ids";
import type { Format } from "../../protocol/task";

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

/** @throws {SyntaxError} If the format is `jsonl` and the line is not JSON, or the form of no object. */
export function parseRecord(line: string, format: Format): unknown {
  return format === "jsonl" ? valueOfCanonical(line) : line;
}

/** Keeps the lines of the last block, because tasks that follow one another are often cut from one block. */
export interface BlockReader {
  /** @param bytes Null when `block` is the one read before. */
  lines(block: Digest, bytes: Uint8Array | null): readonly string[];
}

export function openBlockReader(): BlockReader {
  let last: { block: Digest; lines: readonly string[] } | null = null;
  return {
    lines(block, bytes) {
      if (last?.block === block) return last.lines;
      if (bytes === null) throw new Error(`The bytes of block ${block} did not come along`);
      const lines = linesOf(new TextDecoder().decode(bytes));
      last = { block, lines };
      return lines;
    },
  };
}
