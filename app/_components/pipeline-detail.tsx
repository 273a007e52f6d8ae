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
import { StreamNote } from "./stream-note";

export function PipelineDetail({ id }: { id: string }) {
  const { pipeline, problem, stream, show } = usePipeline(id);
  if (!pipeline && problem?.problem.status === 404) return <NoSuchPipeline id={id} />;
  if (!pipeline) {
    return problem ? (
      <Notice tone="bad">{problem.message}</Notice>
    ) : (
      <p className="py-8 text-center text-sm text-soft">Loading the pipeline…</p>
    );
  }
  const { name, state, steps, createdAt, endedAt, submitter, failure } = pipeline;
  return (
    <div className="space-y-6">
      <header className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <h1 className="min-w-0 break-words">{name}</h1>
        <PipelineBadge state={state} testId="pipeline-state" />
        <StreamNote stream={stream} />
        {endedAt === null && <Controls pipeline={pipeline} onChanged={show} />}
      </header>
      <p className="text-sm text-soft">
        Of {submitter}, since {formatInstant(createdAt)}
        {endedAt !== null && `; took ${formatDuration(endedAt - createdAt)}`}.
      </p>
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
    <div className="ml-auto flex flex-wrap items-start gap-3">
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
    </div>
  );
}

function NoSuchPipeline({ id }: { id: string }) {
  return (
    <div className="mx-auto max-w-md py-16 text-center">
      <h1>There is no such pipeline</h1>
      <p className="mt-3 break-all text-soft">Nothing is known here under {id}.</p>
      <Link href="/pipelines" className="button mt-6">
        See the pipelines
      </Link>
    </div>
  );
}
