"use client";

import Link from "next/link";
import { PipelinePage, type PipelineView } from "../../protocol/pipeline";
import { counted, formatInstant } from "../_live/format";
import { usePolled } from "../_live/use-polled";
import { Notice } from "./notice";
import { PipelineBadge } from "./pipeline-badge";

export function PipelinesPage() {
  const { value, problem } = usePolled(PipelinePage, "/api/v1/pipelines?limit=100");
  return (
    <div className="space-y-6">
      <div className="flex flex-wrap items-start gap-x-6 gap-y-3">
        <div className="min-w-0 flex-1 basis-80">
          <h1>Pipelines</h1>
          <p className="mt-1 max-w-2xl text-soft">
            Jobs that follow one another: each step reads what earlier ones have made, and may be repeated
            until a condition holds.
          </p>
        </div>
        <Link href="/pipelines/new" className="button">
          New pipeline
        </Link>
      </div>
      {problem && <Notice tone="bad">{problem}</Notice>}
      {value === null && !problem && (
        <p className="py-8 text-center text-sm text-soft">Loading the pipelines…</p>
      )}
      {value?.pipelines.length === 0 && <NoPipelines />}
      {value && value.pipelines.length > 0 && (
        <ul className="panel divide-y divide-line" aria-label="Pipelines">
          {value.pipelines.map((pipeline) => (
            <PipelineRow key={pipeline.id} pipeline={pipeline} />
          ))}
        </ul>
      )}
    </div>
  );
}

function PipelineRow({ pipeline }: { pipeline: PipelineView }) {
  const { id, name, state, steps, createdAt, endedAt, failure } = pipeline;
  const current = steps.find((step) => step.state === "running" || step.state === "keeping");
  const completed = steps.filter((step) => step.state === "completed").length;
  return (
    <li className="relative px-4 py-3.5 first:rounded-t-xl last:rounded-b-xl hover:bg-sunk/50">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <Link
          href={`/pipelines/${id}`}
          className="min-w-0 truncate font-medium after:absolute after:inset-0 after:rounded-[inherit]"
        >
          {name}
        </Link>
        <PipelineBadge state={state} testId="pipeline-state" />
        <span className="ml-auto text-sm text-soft tabular-nums">
          {completed} of {counted(steps.length, "step")} · {formatInstant(endedAt ?? createdAt)}
        </span>
      </div>
      {current && (
        <p className="mt-1.5 text-sm text-soft">
          {current.name}
          {current.until !== null &&
            `, iteration ${current.iterations.at(-1)?.number ?? 1} of at most ${current.maxIterations}`}
        </p>
      )}
      {failure && <p className="mt-1.5 truncate text-sm text-bad">{failure.message}</p>}
    </li>
  );
}

function NoPipelines() {
  return (
    <div className="panel p-8 text-center">
      <h2>No pipeline was submitted yet</h2>
      <p className="mx-auto mt-2 max-w-md text-sm text-soft">
        <Link href="/pipelines/new" className="underline underline-offset-3">
          Begin one here
        </Link>
        , or from a terminal:{" "}
        <code className="break-words">tabgrid pipeline run examples/kmeans/pipeline.json</code>, or{" "}
        <code>POST /api/v1/pipelines</code>.
      </p>
    </div>
  );
}
