import { Hourglass } from "lucide-react";
import Link from "next/link";
import type { JobView } from "../../protocol/views";
import {
  counted,
  formatDuration,
  formatInstant,
  formatPercent,
  formatRate,
  formatTimeLeft,
} from "../_live/format";
import { hasEnded, taskCountOf } from "../_live/job-state";
import { CellBar } from "./cell-bar";
import { JobStateBadge, QuorumBadge } from "./job-badges";

export function JobRow({ job }: { job: JobView }) {
  return (
    <li
      data-testid="job-row"
      data-job-id={job.id}
      className="relative px-4 py-3.5 first:rounded-t-xl last:rounded-b-xl hover:bg-sunk/50"
    >
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        {/* The link's ::after covers the row, so that all of it can be pressed. */}
        <Link
          href={`/jobs/${job.id}`}
          className="min-w-0 truncate font-medium after:absolute after:inset-0 after:rounded-[inherit]"
        >
          {job.name}
        </Link>
        <JobStateBadge state={job.state} />
        <QuorumBadge job={job} />
        <span className="ml-auto text-sm text-soft tabular-nums">{summaryOf(job)}</span>
      </div>
      {!hasEnded(job.state) && (
        <div className="mt-2.5 flex items-center gap-3">
          <CellBar
            label={`Progress of ${job.name}`}
            done={job.progress}
            atWork={partAtWork(job)}
            testId="job-progress"
          />
          <span className="w-11 shrink-0 text-right text-xs text-soft tabular-nums">
            {formatPercent(job.progress)}
          </span>
        </div>
      )}
      {job.waiting && (
        <p data-testid="waiting-reason" className="mt-2 flex items-start gap-1.5 text-sm text-warn">
          <Hourglass className="mt-0.5 size-3.5 shrink-0" aria-hidden="true" />
          {job.waiting.message}
        </p>
      )}
      {job.corrected && job.corrected.tasks > 0 && (
        <p className="mt-1.5 text-sm text-warn">
          Corrected on {formatInstant(job.corrected.at)}: {counted(job.corrected.tasks, "output")}
        </p>
      )}
      {job.basedOn.some(({ isOutdated }) => isOutdated) && (
        <p className="mt-1.5 text-sm text-warn">
          Made of a result that was corrected since{job.replacedBy !== null && "; run again"}
        </p>
      )}
      {job.failure && <p className="mt-1.5 truncate text-sm text-bad">{job.failure.message}</p>}
    </li>
  );
}

function summaryOf(job: JobView): string {
  if (!hasEnded(job.state)) {
    const tasks = taskCountOf(job);
    if (job.state === "queued" || job.tasksPerSecond === 0)
      return tasks === null ? "number of tasks not known yet" : counted(tasks, "task");
    const speed = `${formatRate(job.tasksPerSecond)} tasks/s`;
    return job.etaMs === null ? speed : `${speed} · ${formatTimeLeft(job.etaMs)}`;
  }
  const when = job.endedAt ?? job.createdAt;
  const took = job.startedAt === null ? "" : ` · ${formatDuration(when - job.startedAt)}`;
  return `${formatInstant(when)}${took}`;
}

/** A rough share: several copies of one task count as one. */
function partAtWork(job: JobView): number {
  const copiesOut = job.stages.reduce((sum, stage) => sum + stage.copiesOut, 0);
  return copiesOut / job.options.quorum / Math.max(1, taskCountOf(job) ?? 1);
}
