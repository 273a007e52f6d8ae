"use client";

import Link from "next/link";
import { hasEnded } from "../_live/job-state";
import { useJob } from "../_live/use-job";
import { CancelButton } from "./cancel-button";
import { FailureNote } from "./failure-note";
import { JobStateBadge, QuorumBadge } from "./job-badges";
import { JobDetails } from "./job-details";
import { JobFacts } from "./job-facts";
import { JobFigures } from "./job-figures";
import { Notice } from "./notice";
import { PauseButton } from "./pause-button";
import { ShareEditor } from "./share-editor";
import { StageList } from "./stage-list";
import { CorrectionNote, TrustNote } from "./trust-note";
import { StreamNote } from "./stream-note";
import { TaskProgressList } from "./task-progress-list";

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
        {!hasEnded(job.state) && (
          <div className="ml-auto flex flex-wrap items-start gap-3">
            <PauseButton job={job} />
            <CancelButton job={job} />
          </div>
        )}
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
      <CorrectionNote job={job} />
      {job.failure && <FailureNote failure={job.failure} />}
      <JobFigures job={job} speeds={live.speeds} />
      {!hasEnded(job.state) && <ShareEditor job={job} />}
      <StageList job={job} />
      <TaskProgressList job={job} />
      <TrustNote job={job} />
      <JobDetails live={live} job={job} />
      <JobFacts job={job} />
    </div>
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
