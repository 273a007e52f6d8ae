"use client";

import type { ReactNode } from "react";
import { JobStatistics, type StageStatistics } from "../../protocol/statistics";
import type { JobView } from "../../protocol/views";
import { counted, formatBytes, formatCount, formatDuration } from "../_live/format";
import { hasEnded, taskCountOf } from "../_live/job-state";
import { usePolled } from "../_live/use-polled";

const LIVE_MS = 2_000;
/** What rests on a volunteer that is caught later may still change. */
const ENDED_MS = 60_000;

/** What each stage read, made and cost, and how evenly the work was shared. */
export function StatisticsPanel({ job }: { job: JobView }) {
  const path = `/api/v1/jobs/${encodeURIComponent(job.id)}/statistics`;
  const { value, problem } = usePolled(JobStatistics, path, hasEnded(job.state) ? ENDED_MS : LIVE_MS);
  if (problem) return <p className="p-4 text-sm text-bad">{problem}</p>;
  if (!value) return <p className="p-6 text-center text-sm text-soft">Loading the statistics…</p>;
  return (
    <div className="divide-y divide-line text-sm" data-testid="statistics">
      {value.stages.map((stage) => (
        <StageFigures key={stage.name} stage={stage} taskCount={taskCountOf(job, stage.name)} />
      ))}
      {value.shuffle && <ShuffleFigures shuffle={value.shuffle} />}
    </div>
  );
}

function StageFigures({ stage, taskCount }: { stage: StageStatistics; taskCount: number | null }) {
  const { name, accepted, recordsIn, bytesIn, runs, recordsOut, bytesOut, taskMs, placing } = stage;
  return (
    <section aria-label={`Statistics of ${name}`} className="px-4 py-3" data-testid={`statistics-${name}`}>
      <h3 className="font-medium">
        {name}{" "}
        <span className="font-normal text-soft">
          {taskCount === null
            ? "number of tasks not known yet"
            : `${formatCount(accepted)} of ${counted(taskCount, "task")}`}
        </span>
      </h3>
      <dl className="mt-2 grid grid-cols-2 gap-x-4 gap-y-2 sm:grid-cols-4">
        <Fact label="In" note={runs === null ? "" : counted(runs, "run")}>
          {recordsIn === null ? "not known yet" : amount(recordsIn, bytesIn)}
        </Fact>
        <Fact label="Out">{amount(recordsOut, bytesOut)}</Fact>
        <Fact
          label="A task takes"
          note={taskMs ? `95 %: ${formatDuration(taskMs.p95)}, at most ${formatDuration(taskMs.max)}` : ""}
        >
          {taskMs ? formatDuration(taskMs.p50) : "–"}
        </Fact>
        {placing && placing.copies > 0 && (
          <Fact label="Input at hand" note={`${formatBytes(placing.bytesMoved)} fetched`}>
            {Math.round((100 * placing.local) / placing.copies)} %
          </Fact>
        )}
      </dl>
    </section>
  );
}

const amount = (records: number, bytes: number | null) =>
  `${counted(records, "record")}${bytes ? `, ${formatBytes(bytes)}` : ""}`;

function Fact({ label, note = "", children }: { label: string; note?: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="eyebrow">{label}</dt>
      <dd className="tabular-nums">
        {children}
        {note !== "" && <span className="block text-xs text-soft">{note}</span>}
      </dd>
    </div>
  );
}

function ShuffleFigures({ shuffle }: { shuffle: NonNullable<JobStatistics["shuffle"]> }) {
  const { partitions, skew, heavy } = shuffle;
  const most = Math.max(1, ...partitions.map(({ bytes }) => bytes));
  return (
    <section aria-label="How the reducers share the work" className="px-4 py-3" data-testid="shuffle">
      <h3 className="font-medium">
        Partitions{" "}
        <span className="font-normal text-soft">the largest has {skew.toFixed(1)} times the mean</span>
      </h3>
      <ol className="mt-2 flex h-16 items-end gap-px" aria-hidden="true">
        {partitions.map(({ bytes }, partition) => (
          <li
            key={partition}
            title={`Partition ${partition}: ${formatBytes(bytes)}`}
            className={`min-w-px flex-1 ${heavy.some((one) => one.partition === partition) ? "bg-warn" : "bg-accent"}`}
            style={{ height: `${Math.max(2, (100 * bytes) / most)}%` }}
          />
        ))}
      </ol>
      {heavy.map(({ partition, message }) => (
        <p key={partition} className="mt-2" data-testid="heavy-partition">
          {message}
        </p>
      ))}
    </section>
  );
}
