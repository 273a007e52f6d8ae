"use client";

import { useEffect, useState } from "react";
import { messageOf } from "../_live/api";
import type { Sample } from "../../protocol/sample";
import { fetchSamples, requestOf, type JobRequest } from "../_live/samples";
import { useGrid } from "../_live/use-grid";
import { Notice } from "./notice";
import { QuorumChoice } from "./quorum-choice";
import { SampleCard } from "./sample-card";

interface SampleGalleryProps {
  onSubmit: (request: JobRequest) => Promise<void>;
  onEdit: (sample: Sample) => Promise<void>;
}

export function SampleGallery({ onSubmit, onEdit }: SampleGalleryProps) {
  const [samples, setSamples] = useState<readonly Sample[] | null>(null);
  const [quorum, setQuorum] = useState(2);
  /** The sample that is being sent. */
  const [busy, setBusy] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const { status } = useGrid();

  useEffect(() => {
    const abort = new AbortController();
    fetchSamples(abort.signal).then(setSamples, (error: unknown) => {
      if (!abort.signal.aborted) setProblem(`The samples cannot be shown. ${messageOf(error)}`);
    });
    return () => abort.abort();
  }, []);

  async function attempt(sample: Sample, action: () => Promise<void>) {
    setBusy(sample.name);
    setProblem(null);
    try {
      await action();
    } catch (error) {
      setProblem(messageOf(error));
    }
    setBusy(null);
  }

  async function submit(sample: Sample) {
    const request = await requestOf(sample);
    await onSubmit({ ...request, options: { ...request.options, quorum } });
  }

  return (
    <section aria-labelledby="samples-title" className="space-y-4">
      <h2 id="samples-title" className="text-lg">
        Samples
      </h2>
      <QuorumChoice quorum={quorum} onChange={setQuorum} volunteers={status?.volunteers ?? null} />
      {problem && <Notice tone="bad">{problem}</Notice>}
      <ul className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
        {samples?.map((sample) => (
          <SampleCard
            key={sample.name}
            sample={sample}
            isBusy={busy === sample.name}
            isDisabled={busy !== null}
            onSubmit={() => void attempt(sample, () => submit(sample))}
            onEdit={() => void attempt(sample, () => onEdit(sample))}
          />
        ))}
      </ul>
    </section>
  );
}
