"use client";

import type { ReactNode } from "react";
import type { JobView } from "../../protocol/views";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatPercent,
  formatRate,
  formatTimeLeft,
} from "../_live/format";
import { hasEnded } from "../_live/job-state";
import { useNow } from "../_live/use-now";
import { CellBar } from "./cell-bar";
import { Sparkline } from "./sparkline";

/** How the job is doing: how far, how fast, how long, and thanks to whom. */
export function JobFigures({ job, speeds }: { job: JobView; speeds: readonly number[] }) {
  return (
    <section
      aria-label="Progress"
      className="panel grid grid-cols-2 gap-px overflow-hidden bg-line max-sm:*:first:col-span-2 max-sm:*:last:col-span-2 sm:grid-cols-[2fr_1.5fr_1fr_1.5fr]"
    >
      <Cell label="Progress" value={formatPercent(job.progress)}>
        <CellBar
          label="Progress of the job"
          done={job.progress}
          tone={job.state === "failed" ? "bad" : job.state === "cancelled" ? "soft" : "accent"}
          testId="job-progress"
        />
      </Cell>
      <Speed job={job} speeds={speeds} />
      <Clock job={job} />
      {hasEnded(job.state) ? <InputSize job={job} /> : <AtWork job={job} />}
    </section>
  );
}

interface CellProps {
  label: string;
  value: string;
  note?: string | null;
  children?: ReactNode;
}

function Cell({ label, value, note, children }: CellProps) {
  return (
    <div className="flex min-w-0 flex-col bg-card px-4 py-3">
      <h3 className="eyebrow">{label}</h3>
      <p className="text-xl font-semibold tabular-nums">{value}</p>
      {note && <p className="text-sm text-soft">{note}</p>}
      {children && <div className="mt-auto pt-2">{children}</div>}
    </div>
  );
}

function Speed({ job, speeds }: { job: JobView; speeds: readonly number[] }) {
  const { startedAt, endedAt } = job;
  if (startedAt !== null && endedAt !== null) {
    const accepted = job.stages.reduce((sum, stage) => sum + stage.accepted, 0);
    const mean = accepted / Math.max(0.001, (endedAt - startedAt) / 1000);
    return <Cell label="Accepted tasks a second" value={formatRate(mean)} note="on average" />;
  }
  return (
    <Cell label="Accepted tasks a second" value={formatRate(job.tasksPerSecond)}>
      {speeds.some((speed) => speed > 0) && (
        <Sparkline label="Tasks a second since this page was opened" values={speeds} />
      )}
    </Cell>
  );
}

function InputSize({ job }: { job: JobView }) {
  return (
    <Cell
      label="Input records"
      value={formatCount(job.inputRecords)}
      note={job.inputBytes > 0 ? formatBytes(job.inputBytes) : null}
    />
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
      note={left}
    />
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
