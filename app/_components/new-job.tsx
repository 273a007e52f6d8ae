"use client";

import { useRouter } from "next/navigation";
import { useRef, useState } from "react";
import { JobView } from "../../protocol/views";
import { postJson } from "../_live/api";
import { draftFrom, EMPTY_DRAFT, type JobDraft } from "../_live/job-draft";
import type { Sample } from "../../protocol/sample";
import { requestOf, type JobRequest } from "../_live/samples";
import { JobForm } from "./job-form";
import { SampleGallery } from "./sample-gallery";

/** @param chosen What the job is to read, if that was chosen already; samples have inputs of their own, and are not shown then. */
export function NewJob({ chosen }: { chosen: Partial<JobDraft> | null }) {
  const router = useRouter();
  const [draft, setDraft] = useState<JobDraft>({ ...EMPTY_DRAFT, ...chosen });
  const form = useRef<HTMLElement>(null);

  async function submit(request: JobRequest) {
    const job = await postJson(JobView, "/api/v1/jobs", request);
    router.push(`/jobs/${job.id}`);
  }

  async function edit(sample: Sample) {
    const fileName = sample.input.kind === "text" ? sample.input.file : null;
    setDraft(draftFrom(await requestOf(sample), fileName));
    form.current?.scrollIntoView({ behavior: "smooth" });
  }

  return (
    <div className="space-y-10">
      <div>
        <h1>New job</h1>
        {chosen === null && (
          <p className="mt-1 max-w-2xl text-soft">
            Start with a sample to see the grid at work, or write a program of your own.
          </p>
        )}
      </div>
      {chosen === null && <SampleGallery onSubmit={submit} onEdit={edit} />}
      <section ref={form} aria-labelledby="own-title" className="scroll-mt-4">
        <h2 id="own-title" className="text-lg">
          Your own program
        </h2>
        <p className="mt-1 mb-4 max-w-2xl text-sm text-soft">
          In JavaScript, TypeScript, Python, WebAssembly, or scripts of Hadoop Streaming. It runs in
          volunteers’ tabs, without network.
        </p>
        <JobForm draft={draft} onChange={setDraft} onSubmit={submit} />
      </section>
    </div>
  );
}
