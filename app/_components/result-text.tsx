import { textOf } from "../_live/result-order";
import type { ResultRow } from "../_live/use-result";

/** The values alone, one below the other: for results that are lines of a text, or of a picture. */
export function ResultText({ rows }: { rows: readonly ResultRow[] }) {
  return (
    <pre
      tabIndex={0}
      aria-label="Values of the result"
      className="max-h-[44rem] overflow-auto border-t border-line p-4 font-mono text-[8px] leading-[1.15] sm:text-[9.5px]"
    >
      {rows.map(({ value }) => textOf(value)).join("\n")}
    </pre>
  );
}
