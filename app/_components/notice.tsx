import { CircleAlert, Hourglass } from "lucide-react";
import type { ReactNode } from "react";

interface NoticeProps {
  tone: "warn" | "bad";
  children: ReactNode;
  testId?: string;
}

/** A box that must be seen: what a job waits for, or what went wrong. */
export function Notice({ tone, children, testId }: NoticeProps) {
  const Icon = tone === "bad" ? CircleAlert : Hourglass;
  return (
    <div
      role={tone === "bad" ? "alert" : "status"}
      data-testid={testId}
      className={`flex gap-3 rounded-xl px-4 py-3 text-sm ${tone === "bad" ? "bg-bad-wash text-bad" : "bg-warn-wash text-warn"}`}
    >
      <Icon className="mt-0.5 size-4 shrink-0" aria-hidden="true" />
      <div className="min-w-0 flex-1">{children}</div>
    </div>
  );
}
