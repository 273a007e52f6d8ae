/** Sorting and filtering a result: pure, so that it can be tested and memoised. */
import type { ResultRow } from "./use-result";

export type SortColumn = "key" | "value";

export interface ResultOrder {
  /** Null: as the grid returned it. */
  column: SortColumn | null;
  isDescending: boolean;
}

/** Rows whose key or value contains the words, ordered; never changes `rows`. */
export function arrange(
  rows: readonly ResultRow[],
  filter: string,
  order: ResultOrder,
): readonly ResultRow[] {
  const wanted = filter.trim().toLowerCase();
  const kept = wanted === "" ? rows : rows.filter((row) => matches(row, wanted));
  const { column, isDescending } = order;
  if (column === null) return kept;
  const sign = isDescending ? -1 : 1;
  return [...kept].sort((a, b) => sign * compare(a[column], b[column]));
}

/** A string as it is, anything else as JSON. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

function matches({ key, value }: ResultRow, wanted: string): boolean {
  return textOf(key).toLowerCase().includes(wanted) || textOf(value).toLowerCase().includes(wanted);
}

/** Numbers by size and before all else; the rest by their text. */
function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "number") return -1;
  if (typeof b === "number") return 1;
  const left = textOf(a);
  const right = textOf(b);
  return left < right ? -1 : left > right ? 1 : 0;
}
