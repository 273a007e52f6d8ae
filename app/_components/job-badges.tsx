import type { JobState, JobView } from "../../protocol/views";
import { Badge, type Tone } from "./badge";

const TONES: Record<JobState, Tone> = {
  queued: "plain",
  running: "good",
  paused: "warn",
  completed: "good",
  failed: "bad",
  cancelled: "plain",
};

export function JobStateBadge({ state }: { state: JobState }) {
  return (
    <span data-testid="job-state" className="inline-flex">
      <Badge tone={TONES[state]}>{state}</Badge>
    </span>
  );
}

/** How far a job's result can be trusted. */
export function QuorumBadge({ job }: { job: Pick<JobView, "validated" | "options"> }) {
  const { quorum, maxErrorRate } = job.options;
  if (maxErrorRate !== null) {
    return (
      <Badge tone="plain" title={`At most this share of the outputs may be wrong: ${maxErrorRate}`}>
        error bound {maxErrorRate}
      </Badge>
    );
  }
  if (!job.validated) {
    return (
      <Badge tone="warn" title="Quorum 1: the first answer to each task is believed">
        not validated
      </Badge>
    );
  }
  return (
    <Badge tone="plain" title={`${quorum} different volunteers must return the same output for every task`}>
      quorum {quorum}
    </Badge>
  );
}
