"use client";

import Link from "next/link";
import { useState } from "react";
import { PipelineView } from "../../protocol/pipeline";
import { postJson } from "../_live/api";
import { formatDuration, formatInstant } from "../_live/format";
import { usePipeline } from "../_live/use-pipeline";
import { ActionButton } from "./action-button";
import { Notice } from "./notice";
import { PipelineBadge } from "./pipeline-badge";
import { PipelineStep } from "./pipeline-step";
import { NoRun, RunHeader } from "./run-header";

export function PipelineDetail({ id }: { id: string }) {
  const { pipeline, problem, stream, show } = usePipeline(id);
  if (!pipeline) return <NoRun what="pipeline" id={id} problem={problem} list="/pipelines" />;
  const { name, state, steps, createdAt, endedAt, submitter, failure } = pipeline;
  return (
    <div className="space-y-6">
      <RunHeader
        name={name}
        badges={<PipelineBadge state={state} testId="pipeline-state" />}
        stream={stream}
        actions={endedAt === null && <Controls pipeline={pipeline} onChanged={show} />}
      />
      <p className="text-sm text-soft">
        Of {submitter}, since {formatInstant(createdAt)}
        {endedAt !== null && `; took ${formatDuration(endedAt - createdAt)}`}.
      </p>
      {pipeline.replacedBy && (
        <Notice tone="warn" testId="replaced">
          A result in this pipeline was corrected since. It is computed again as{" "}
          <PipelineLink id={pipeline.replacedBy} />.
        </Notice>
      )}
      {pipeline.repeats && !pipeline.replacedBy && (
        <p className="text-sm text-soft" data-testid="repeats">
          Computes <PipelineLink id={pipeline.repeats} /> again, in which a result was corrected since. What
          was right is taken from there.
        </p>
      )}
      {failure && (
        <Notice tone="bad" testId="pipeline-failure">
          <h2>
            Step {failure.step}, iteration {failure.iteration}
          </h2>
          <p className="mt-1 font-mono break-words">{failure.message}</p>
          {failure.jobId && (
            <Link href={`/jobs/${failure.jobId}`} className="mt-1 inline-block underline underline-offset-3">
              See the job
            </Link>
          )}
        </Notice>
      )}
      <section aria-labelledby="steps-title">
        <h2 id="steps-title">Steps</h2>
        <ol className="mt-3 space-y-4">
          {steps.map((step) => (
            <PipelineStep key={step.name} step={step} />
          ))}
        </ol>
      </section>
    </div>
  );
}

function PipelineLink({ id }: { id: PipelineView["id"] }) {
  return (
    <Link href={`/pipelines/${id}`} className="font-medium break-words underline underline-offset-3">
      {id}
    </Link>
  );
}

interface ControlsProps {
  pipeline: PipelineView;
  onChanged: (pipeline: PipelineView) => void;
}

function Controls({ pipeline, onChanged }: ControlsProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const act = (action: "cancel" | "pause" | "resume") => async () =>
    onChanged(await postJson(PipelineView, `/api/v1/pipelines/${pipeline.id}/${action}`));
  const isPaused = pipeline.state === "paused";
  return (
    <>
      {problem && (
        <p role="alert" className="text-sm text-bad">
          {problem}
        </p>
      )}
      <ActionButton act={act(isPaused ? "resume" : "pause")} onProblem={setProblem}>
        {isPaused ? "Resume" : "Pause"}
      </ActionButton>
      <ActionButton act={act("cancel")} onProblem={setProblem} className="button button-danger">
        Cancel pipeline
      </ActionButton>
    </>
  );
}
