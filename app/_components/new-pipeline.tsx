"use client";

import { useRouter } from "next/navigation";
import { useRef, useState } from "react";
import { PipelineView } from "../../protocol/pipeline";
import { messageOf, postJson } from "../_live/api";
import { EMPTY_PIPELINE, pipelineFrom, type PipelineDraft } from "../_live/pipeline-draft";
import { draftOfSample, PIPELINE_SAMPLES } from "../_live/pipeline-samples";
import type { SampleFacts } from "../_live/samples";
import { Notice } from "./notice";
import { PipelineForm } from "./pipeline-form";
import { SampleCard } from "./sample-card";

export function NewPipeline() {
  const router = useRouter();
  const [draft, setDraft] = useState<PipelineDraft>(EMPTY_PIPELINE);
  /** The sample that is being fetched or sent. */
  const [busy, setBusy] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const form = useRef<HTMLElement>(null);

  async function submit(wanted: PipelineDraft) {
    const { id } = await postJson(PipelineView, "/api/v1/pipelines", pipelineFrom(wanted));
    router.push(`/pipelines/${id}`);
  }

  async function take(sample: SampleFacts, act: (draft: PipelineDraft) => Promise<void> | void) {
    setBusy(sample.name);
    setProblem(null);
    try {
      await act(await draftOfSample(sample));
    } catch (error) {
      setProblem(messageOf(error));
    }
    setBusy(null);
  }

  function edit(taken: PipelineDraft) {
    setDraft(taken);
    form.current?.scrollIntoView({ behavior: "smooth" });
  }

  return (
    <div className="space-y-10">
      <div>
        <h1>New pipeline</h1>
        <p className="mt-1 max-w-2xl text-soft">
          Jobs that follow one another. Start with a sample, or write what the steps are.
        </p>
      </div>
      <section aria-labelledby="samples-title" className="space-y-4">
        <h2 id="samples-title" className="text-lg">
          Samples
        </h2>
        {problem && <Notice tone="bad">{problem}</Notice>}
        <ul className="grid gap-4 sm:grid-cols-2">
          {PIPELINE_SAMPLES.map((sample) => (
            <SampleCard
              key={sample.name}
              sample={sample}
              isBusy={busy === sample.name}
              isDisabled={busy !== null}
              onSubmit={() => void take(sample, submit)}
              onEdit={() => void take(sample, edit)}
            />
          ))}
        </ul>
      </section>
      <section ref={form} aria-labelledby="own-title" className="scroll-mt-4">
        <h2 id="own-title" className="text-lg">
          Your own pipeline
        </h2>
        <p className="mt-1 mb-4 max-w-2xl text-sm text-soft">
          As JSON: each step has a name, a program and an input, which may be the result of another step, and
          may be repeated until a condition holds. Programs and texts may be files beside it.
        </p>
        <PipelineForm draft={draft} onChange={setDraft} onSubmit={submit} />
      </section>
    </div>
  );
}
