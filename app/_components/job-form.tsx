"use client";

import dynamic from "next/dynamic";
import { useState, type FormEvent } from "react";
import { placeProblem, type FormProblem } from "../_live/form-problem";
import { requestFrom, type JobDraft } from "../_live/job-draft";
import type { JobRequest } from "../_live/samples";
import { Field } from "./field";
import { InputFields } from "./input-fields";
import { Notice } from "./notice";
import { OptionFields } from "./option-fields";

/** The editor is large, and measures the page: it is loaded in the browser only. */
const ProgramEditor = dynamic(async () => (await import("./program-editor")).ProgramEditor, {
  ssr: false,
  loading: () => <div className="panel h-80 p-4 text-sm text-soft">Loading the editor…</div>,
});

interface JobFormProps {
  draft: JobDraft;
  onChange: (draft: JobDraft) => void;
  onSubmit: (request: JobRequest) => Promise<void>;
}

export function JobForm({ draft, onChange, onSubmit }: JobFormProps) {
  const [problem, setProblem] = useState<FormProblem | null>(null);
  const [isSending, setSending] = useState(false);
  const change = (part: Partial<JobDraft>) => onChange({ ...draft, ...part });
  const problemOf = (field: string) => problem?.fields.get(field);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setSending(true);
    setProblem(null);
    try {
      await onSubmit(requestFrom(draft));
    } catch (error) {
      setProblem(placeProblem(error));
    }
    setSending(false);
  }

  return (
    <form
      aria-label="New job"
      noValidate
      onSubmit={(event) => void submit(event)}
      className="grid gap-6 lg:grid-cols-[3fr_2fr]"
    >
      <div className="min-w-0 space-y-5">
        <Field label="Name" problem={problemOf("name")}>
          {(control) => (
            <input
              {...control}
              className="field"
              placeholder="unnamed"
              maxLength={200}
              value={draft.name}
              onChange={(event) => change({ name: event.target.value })}
            />
          )}
        </Field>
        <div>
          <p className="mb-1 text-sm font-medium">Program</p>
          <ProgramEditor
            source={draft.source}
            onChange={(source) => change({ source })}
            problem={problem?.program ?? null}
          />
        </div>
      </div>
      <div className="min-w-0 space-y-5">
        <InputFields draft={draft} change={change} problemOf={problemOf} />
        <OptionFields draft={draft} change={change} problemOf={problemOf} />
        {problem?.message && <Notice tone="bad">{problem.message}</Notice>}
        <button type="submit" className="button w-full" disabled={isSending}>
          {isSending ? "Sending…" : "Submit job"}
        </button>
      </div>
    </form>
  );
}
