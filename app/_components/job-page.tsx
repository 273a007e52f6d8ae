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
import { OutdatedNote } from "./outdated-note";
import { PauseButton } from "./pause-button";
import { NoRun, RunHeader } from "./run-header";
import { ShareEditor } from "./share-editor";
import { StageList } from "./stage-list";
import { CorrectionNote, TrustNote } from "./trust-note";
import { TaskProgressList } from "./task-progress-list";

export function JobPage({ id }: { id: string }) {
  const live = useJob(id);
  const { job, problem } = live;
  if (!job) return <NoRun what="job" id={id} problem={problem} list="/" />;
  return (
    <div className="space-y-6">
      <RunHeader
        name={job.name}
        badges={
          <>
            <JobStateBadge state={job.state} />
            <QuorumBadge job={job} />
          </>
        }
        stream={live.stream}
        actions={
          !hasEnded(job.state) && (
            <>
              <PauseButton job={job} />
              <CancelButton job={job} />
            </>
          )
        }
      />
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
      <OutdatedNote job={job} />
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
