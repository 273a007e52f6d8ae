import type { ReactNode } from "react";

export type Tone = "plain" | "good" | "warn" | "bad";

const TONES: Record<Tone, string> = {
  plain: "bg-sunk text-soft",
  good: "bg-accent-wash text-accent",
  warn: "bg-warn-wash text-warn",
  bad: "bg-bad-wash text-bad",
};

export function Badge({ tone, title, children }: { tone: Tone; title?: string; children: ReactNode }) {
  return (
    <span
      title={title}
      className={`inline-flex items-center gap-1 rounded-md px-1.5 py-0.5 text-xs font-medium whitespace-nowrap ${TONES[tone]}`}
    >
      {children}
    </span>
  );
}
