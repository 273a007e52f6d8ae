import type { ReactNode } from "react";

export interface Figure {
  label: string;
  value: ReactNode;
  note?: ReactNode;
  testId?: string;
}

/** A strip of numbers with their names. */
export function Figures({ label, figures }: { label: string; figures: readonly Figure[] }) {
  return (
    <dl
      aria-label={label}
      className="panel grid grid-cols-2 gap-px overflow-hidden bg-line sm:grid-flow-col sm:auto-cols-fr sm:grid-cols-none"
    >
      {figures.map(({ label, value, note, testId }) => (
        <div key={label} className="min-w-0 bg-card px-4 py-3 max-sm:last:odd:col-span-2">
          <dt className="eyebrow">{label}</dt>
          <dd>
            <span className="text-xl font-semibold tabular-nums" data-testid={testId}>
              {value}
            </span>
            {note && <span className="block text-xs text-soft">{note}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
