"use client";

import { Plus } from "lucide-react";
import Link from "next/link";
import { formatCount, formatRate } from "../_live/format";
import { useGrid, type LiveGrid } from "../_live/use-grid";
import { Figures } from "./figures";
import { JobRow } from "./job-row";
import { Notice } from "./notice";
import { StreamNote } from "./stream-note";
import { Welcome } from "./welcome";

export function JobsDashboard() {
  const grid = useGrid();
  return (
    <div className="space-y-6">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <h1>Jobs</h1>
        <StreamNote stream={grid.stream} />
        <Link href="/jobs/new" className="button ml-auto">
          <Plus className="size-4" aria-hidden="true" />
          New job
        </Link>
      </div>
      <GridFigures grid={grid} />
      {grid.problem && <Notice tone="bad">{grid.problem}</Notice>}
      <JobList grid={grid} />
    </div>
  );
}

function GridFigures({ grid: { status } }: { grid: LiveGrid }) {
  const shown = (value: number | undefined) => (value === undefined ? "–" : formatCount(value));
  return (
    <Figures
      label="The grid now"
      figures={[
        { label: "Volunteers", value: shown(status?.volunteers) },
        { label: "Slots", value: shown(status?.slots) },
        { label: "Copies at work", value: shown(status?.copiesOut) },
        { label: "Tasks a second", value: status ? formatRate(status.tasksPerSecond) : "–" },
      ]}
    />
  );
}

function JobList({ grid: { jobs, loadOlderJobs, problem, status } }: { grid: LiveGrid }) {
  if (!jobs) return problem ? null : <p className="py-8 text-center text-sm text-soft">Loading the jobs…</p>;
  if (jobs.length === 0) return <Welcome volunteers={status?.volunteers ?? 0} />;
  return (
    <>
      <ul className="panel divide-y divide-line" aria-label="Jobs">
        {jobs.map((job) => (
          <JobRow key={job.id} job={job} />
        ))}
      </ul>
      {loadOlderJobs && (
        <div className="text-center">
          <button type="button" className="button button-quiet" onClick={() => void loadOlderJobs()}>
            Show older jobs
          </button>
        </div>
      )}
    </>
  );
}
