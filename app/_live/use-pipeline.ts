"use client";

import { useState } from "react";
import { PipelineView } from "../../protocol/pipeline";
import { ApiProblem, getJson } from "./api";
import { useEventStream, type StreamState } from "./use-event-stream";

export interface LivePipeline {
  stream: StreamState;
  /** Null until the first answer. */
  pipeline: PipelineView | null;
  problem: ApiProblem | null;
  show(pipeline: PipelineView): void;
}

export function usePipeline(id: string): LivePipeline {
  const [pipeline, setPipeline] = useState<PipelineView | null>(null);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const address = `/api/v1/pipelines/${encodeURIComponent(id)}`;
  const isMissing = problem?.problem.status === 404;

  async function load() {
    try {
      setPipeline(await getJson(PipelineView, address));
      setProblem(null);
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error);
    }
  }

  const stream = useEventStream(
    isMissing ? null : `${address}/events`,
    ["pipeline"],
    (_name, data) => {
      const { data: view } = PipelineView.safeParse(data);
      if (view) setPipeline(view);
    },
    () => void load(),
  );
  return { stream, pipeline, problem, show: setPipeline };
}
