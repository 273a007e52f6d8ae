"use client";

import Link from "next/link";
import { useState } from "react";
import { hasEnded } from "../_live/job-state";
import { useJob, type LiveJob } from "../_live/use-job";
import { CancelButton } from "./cancel-button";
import { FailureNote } from "./failure-note";
import { JobStateBadge, QuorumBadge } from "./job-badges";
import { JobFacts } from "./job-facts";
import { JobFigures } from "./job-figures";
import { LogPanel } from "./log-panel";
import { Notice } from "./notice";
import { ResultPanel } from "./result-panel";
import { StageList } from "./stage-list";
import { StreamNote } from "./stream-note";
import { TaskPanel } from "./task-panel";

export function JobPage({ id }: { id: string }) {
  const live = useJob(id);
  const { job, problem } = live;
  if (!job && problem?.problem.status === 404) return <NoSuchJob id={id} />;
  if (!job) {
    return problem ? (
      <Notice tone="bad">{problem.message}</Notice>
    ) : (
      <p className="py-8 text-center text-sm text-soft">Loading the job…</p>
    );
  }
  return (
    <div className="space-y-6">
      <header className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <h1 className="min-w-0 break-words">{job.name}</h1>
        <JobStateBadge state={job.state} />
        <QuorumBadge job={job} />
        <StreamNote stream={live.stream} />
        {!hasEnded(job.state) && <CancelButton job={job} />}
      </header>
      {job.waiting && (
        <Notice tone="warn" testId="waiting-reason">
          {job.waiting.message}
          {job.waiting.code === "no-volunteers" && (
            <Link href="/volunteer?start=1" className="ml-2 font-medium underline underline-offset-3">
              Give computing time
            </Link>
          )}
        </Notice>
      )}
      {job.failure && <FailureNote failure={job.failure} />}
      <JobFigures job={job} speeds={live.speeds} />
      <StageList job={job} />
      <JobSections live={live} job={job} />
      <JobFacts job={job} />
    </div>
  );
}

type Section = "result" | "tasks" | "log";
const TITLES: Record<Section, string> = { result: "Result", tasks: "Tasks and copies", log: "Log" };

function JobSections({ live, job }: { live: LiveJob; job: NonNullable<LiveJob["job"]> }) {
  const [chosen, setChosen] = useState<Section | null>(null);
  const section = chosen ?? (job.state === "completed" ? "result" : "tasks");
  return (
    <section aria-label="Details" className="panel">
      <div
        role="tablist"
        aria-label="Details"
        className="flex gap-1 overflow-x-auto border-b border-line px-2"
      >
        {(["result", "tasks", "log"] as const).map((name) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`tab-${name}`}
            aria-selected={section === name}
            aria-controls="details"
            onClick={() => setChosen(name)}
            className="-mb-px border-b-2 border-transparent px-3 py-3 text-sm whitespace-nowrap text-soft aria-selected:border-accent aria-selected:font-medium aria-selected:text-ink"
          >
            {TITLES[name]}
            {name === "log" && live.logs.length > 0 && ` (${live.logs.length})`}
          </button>
        ))}
      </div>
      <div id="details" role="tabpanel" aria-labelledby={`tab-${section}`}>
        {section === "result" && <ResultPanel job={job} />}
        {section === "tasks" && <TaskPanel job={job} />}
        {section === "log" && <LogPanel logs={live.logs} isRunning={!hasEnded(job.state)} />}
      </div>
    </section>
  );
}

function NoSuchJob({ id }: { id: string }) {
  return (
    <div className="mx-auto max-w-md py-16 text-center">
      <h1>There is no such job</h1>
      <p className="mt-3 break-all text-soft">Nothing is known here under {id}.</p>
      <Link href="/" className="button mt-6">
        See the jobs
      </Link>
    </div>
  );
}
