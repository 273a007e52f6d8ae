import { formatPercent } from "../_live/format";

interface CellBarProps {
  label: string;
  /** Parts of the whole, 0 to 1: what is done, and what volunteers are at work on beyond it. */
  done: number;
  atWork?: number;
  tone?: "accent" | "soft" | "bad";
  testId?: string;
}

const TONES = { accent: "bg-accent", soft: "bg-soft", bad: "bg-bad" } as const;

/**
 * Progress as a row of little cells: full ones are accepted, pale ones are being computed.
 *
 * Without animation: each frame of one would be taken from the computing that the page is open for.
 */
export function CellBar({ label, done, atWork = 0, tone = "accent", testId }: CellBarProps) {
  const doneWidth = clamp(done);
  const workWidth = Math.min(clamp(atWork), 1 - doneWidth);
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.floor(doneWidth * 100)}
      aria-valuetext={formatPercent(doneWidth)}
      data-testid={testId}
      className="cells flex h-2.5 w-full overflow-hidden rounded-[2px] bg-line"
    >
      <div className={TONES[tone]} style={{ width: `${doneWidth * 100}%` }} />
      <div className={`${TONES[tone]} opacity-40`} style={{ width: `${workWidth * 100}%` }} />
    </div>
  );
}

const clamp = (part: number) => (Number.isFinite(part) ? Math.min(1, Math.max(0, part)) : 0);
