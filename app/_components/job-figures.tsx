"use client";

import type { ReactNode } from "react";
import type { JobView } from "../../protocol/views";
import { formatCount, formatDuration, formatPercent, formatRate, formatTimeLeft } from "../_live/format";
import { hasEnded } from "../_live/job-state";
import { useNow } from "../_live/use-now";
import { CellBar } from "./cell-bar";
import { Sparkline } from "./sparkline";

/** How the job is doing: how far, how fast, how long, and thanks to whom. */
export function JobFigures({ job, speeds }: { job: JobView; speeds: readonly number[] }) {
  return (
    <section
      aria-label="Progress"
      className="panel grid gap-px overflow-hidden bg-line sm:grid-cols-[2fr_1.5fr_1fr_1.5fr]"
    >
      <Cell label="Progress" value={formatPercent(job.progress)}>
        <CellBar
          label="Progress of the job"
          done={job.progress}
          tone={job.state === "failed" ? "bad" : job.state === "cancelled" ? "soft" : "accent"}
          testId="job-progress"
        />
      </Cell>
      <Cell label="Accepted tasks a second" value={formatRate(job.tasksPerSecond)}>
        <Sparkline label="Tasks a second since this page was opened" values={speeds} />
      </Cell>
      <Clock job={job} />
      <AtWork job={job} />
    </section>
  );
}

function Cell({ label, value, children }: { label: string; value: ReactNode; children?: ReactNode }) {
  return (
    <div className="flex min-w-0 flex-col bg-card px-4 py-3">
      <h3 className="eyebrow">{label}</h3>
      <p className="text-xl font-semibold tabular-nums">{value}</p>
      <div className="mt-auto pt-2">{children}</div>
    </div>
  );
}

function Clock({ job }: { job: JobView }) {
  const now = useNow(1000);
  const until = job.endedAt ?? now;
  const took = job.startedAt === null || until === null ? null : Math.max(0, until - job.startedAt);
  const left = job.etaMs === null || hasEnded(job.state) ? null : formatTimeLeft(job.etaMs);
  // Whole seconds while it runs, so that the figure does not twitch.
  const shownMs = took !== null && job.endedAt === null ? Math.floor(took / 1000) * 1000 : took;
  return (
    <Cell
      label={hasEnded(job.state) ? "Took" : "Running for"}
      value={shownMs === null ? "–" : formatDuration(shownMs)}
    >
      {left && <p className="text-sm text-soft">{left}</p>}
    </Cell>
  );
}

const NAMES_SHOWN = 3;

function AtWork({ job: { volunteersAtWork } }: { job: JobView }) {
  const others = volunteersAtWork.length - NAMES_SHOWN;
  return (
    <Cell label="Volunteers at work" value={formatCount(volunteersAtWork.length)}>
      <p className="font-mono text-xs text-soft">
        {volunteersAtWork.slice(0, NAMES_SHOWN).join(" ")}
        {others > 0 && ` and ${others} more`}
      </p>
    </Cell>
  );
}
