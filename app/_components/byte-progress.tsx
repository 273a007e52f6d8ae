import { formatBytes, formatPercent } from "../_live/format";

interface ByteProgressProps {
  label: string;
  bytes: number;
  /** Null when nobody said how many there are. */
  total: number | null;
}

/** Browsers have colours of their own for it, which are none of ours; one that nobody knows the end of keeps its motion. */
const BAR =
  "[&[value]]:appearance-none bg-sunk accent-accent [&::-webkit-progress-bar]:bg-sunk [&::-webkit-progress-value]:bg-accent [&::-moz-progress-bar]:bg-accent";

/** How much of some data has come. */
export function ByteProgress({ label, bytes, total }: ByteProgressProps) {
  return (
    <div className="space-y-1">
      <progress
        aria-label={label}
        className={`h-2 w-full overflow-hidden rounded ${BAR}`}
        {...(total !== null && { value: bytes, max: Math.max(1, total) })}
      />
      <p className="text-sm text-soft tabular-nums">
        {formatBytes(bytes)}
        {total !== null &&
          ` of ${formatBytes(total)}, ${formatPercent(total === 0 ? 1 : Math.min(1, bytes / total))}`}
      </p>
    </div>
  );
}
