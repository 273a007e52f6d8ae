/** A benchmark's figures, and how they are printed. */

export interface Figure {
  bench: string;
  case: string;
  /** Median of the runs. */
  value: number;
  unit: string;
  /** The reference, taken in the same run. */
  against: string;
  /** The median over the runs of value ÷ reference. */
  ratio: number;
  runs: number;
  /** The least and the greatest value of the runs. */
  min: number;
  max: number;
}

export interface Sample {
  value: number;
  reference: number;
}

/** @param samples One for each run, at least one. */
export function summarise(
  labels: Pick<Figure, "bench" | "case" | "unit" | "against">,
  samples: readonly Sample[],
): Figure {
  const values = samples.map(({ value }) => value);
  return {
    ...labels,
    value: median(values),
    ratio: median(samples.map(({ value, reference }) => value / reference)),
    runs: samples.length,
    min: Math.min(...values),
    max: Math.max(...values),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

const COLUMNS = ["bench", "case", "value", "unit", "against", "ratio", "runs", "min", "max"] as const;

/** A table for people: one row a figure, numbers with four digits. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => COLUMNS.map((column) => show(figure[column])));
  const table = [[...COLUMNS], ...rows];
  const widths = COLUMNS.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function show(cell: string | number): string {
  if (typeof cell === "string") return cell;
  return Number.isInteger(cell) ? String(cell) : String(Number(cell.toPrecision(4)));
}
