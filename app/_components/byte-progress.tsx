import { formatBytes, formatPercent } from "../_live/format";

interface ByteProgressProps {
  label: string;
  bytes: number;
  /** Null when nobody said how many there are. */
  total: number | null;
}

/** How much of some data has come. */
export function ByteProgress({ label, bytes, total }: ByteProgressProps) {
  return (
    <div className="space-y-1">
      <progress
        aria-label={label}
        className="h-2 w-full accent-accent"
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
