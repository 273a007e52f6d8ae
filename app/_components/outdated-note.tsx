"use client";

import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { JobView, type BasisView } from "../../protocol/views";
import { postJson } from "../_live/api";
import { ActionButton } from "./action-button";
import { Notice } from "./notice";

/** A job that was made of a result which was corrected since, with how to have it made anew. */
export function OutdatedNote({ job }: { job: JobView }) {
  const router = useRouter();
  const [problem, setProblem] = useState<string | null>(null);
  const outdated = job.basedOn.filter(({ isOutdated }) => isOutdated);
  if (outdated.length === 0) return null;

  async function runAgain() {
    const again = await postJson(JobView, `/api/v1/jobs/${job.id}/again`);
    router.push(`/jobs/${again.id}`);
  }

  return (
    <Notice tone="warn" testId="outdated">
      {outdated.map((basis) => (
        <OutdatedBasis key={`${basis.use} ${basis.jobId}`} basis={basis} />
      ))}
      {outdated.every(({ use }) => use === "input") && (
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

const REMEDY: Record<BasisView["use"], string> = {
  input: "Run it again to have it read what that is now.",
  config: "Submit its pipeline again.",
  dataset: "Keep the result again, and submit a job that reads the new version.",
};

function OutdatedBasis({ basis: { jobId, use } }: { basis: BasisView }) {
  return (
    <p>
      {READ[use]} the{" "}
      <Link href={`/jobs/${jobId}`} className="font-medium underline underline-offset-3">
        result of {jobId}
      </Link>
      , which was corrected since, or was made of one that was. {REMEDY[use]}
    </p>
  );
}
