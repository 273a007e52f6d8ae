"use client";

import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { JobView, type BasisView } from "../../protocol/views";
import { postJson } from "../_live/api";
import { ActionButton } from "./action-button";
import { Notice } from "./notice";

/** That a job takes another one's place, or was made of a result which was corrected since; and what follows from that. */
export function OutdatedNote({ job }: { job: JobView }) {
  const router = useRouter();
  const [problem, setProblem] = useState<string | null>(null);
  const { repeats, replacedBy, options } = job;
  const outdated = job.basedOn.filter(({ isOutdated }) => isOutdated);
  if (outdated.length === 0) return repeats && <RepeatsNote id={repeats} />;
  const uses = new Set(outdated.map(({ use }) => use));

  async function runAgain() {
    const again = await postJson(JobView, `/api/v1/jobs/${job.id}/again`);
    router.push(`/jobs/${again.id}`);
  }

  return (
    <Notice tone="warn" testId="outdated">
      {outdated.map((basis) => (
        <OutdatedBasis key={`${basis.use} ${basis.jobId}`} basis={basis} />
      ))}
      {repeats && (
        <p>
          It ran <JobLink id={repeats} /> again.
        </p>
      )}
      <p>
        {replacedBy ? (
          <>
            <JobLink id={replacedBy} /> takes its place.
          </>
        ) : (
          <>{(options.onCorrection === "mark" ? REMEDY : FOLLOWS)[uses.has("config") ? "config" : "job"]}</>
        )}
      </p>
      {!replacedBy && !uses.has("config") && (
        <div className="mt-2">
          <ActionButton act={runAgain} onProblem={setProblem}>
            Run again
          </ActionButton>
        </div>
      )}
      {problem && (
        <p role="alert" className="mt-2 text-bad">
          {problem}
        </p>
      )}
    </Notice>
  );
}

const READ: Record<BasisView["use"], string> = {
  input: "This job read",
  config: "The config of this job was made of",
  dataset: "This job read a dataset that was kept from",
};

const FOLLOWS = {
  job: "It is run again by itself, as soon as that is right.",
  config: "It is computed again with its pipeline.",
} as const;

const REMEDY = {
  job: "Run it again to have it read what that is now.",
  config: "Submit its pipeline again.",
} as const;

function RepeatsNote({ id }: { id: JobView["id"] }) {
  return (
    <p className="text-sm text-soft" data-testid="repeats">
      Runs <JobLink id={id} /> again: a result that it was made of was corrected since.
    </p>
  );
}

function JobLink({ id }: { id: JobView["id"] }) {
  return (
    <Link href={`/jobs/${id}`} className="font-medium break-words underline underline-offset-3">
      {id}
    </Link>
  );
}

function OutdatedBasis({ basis: { jobId, use } }: { basis: BasisView }) {
  return (
    <p>
      {READ[use]} the{" "}
      <Link href={`/jobs/${jobId}`} className="font-medium underline underline-offset-3">
        result of {jobId}
      </Link>
      , which was corrected since, or was made of one that was.
    </p>
  );
}
