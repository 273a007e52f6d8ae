"use client";

import { useState, type Dispatch, type FormEvent, type SetStateAction } from "react";
import { placeProblem, type FormProblem } from "../_live/form-problem";
import { requestFrom, type JobDraft } from "../_live/job-draft";
import type { JobRequest } from "../_live/samples";
import { Field } from "./field";
import { InputFields } from "./input-fields";
import { Notice } from "./notice";
import { OptionFields } from "./option-fields";
import { ProgramFields } from "./program-fields";

interface JobFormProps {
  draft: JobDraft;
  onChange: Dispatch<SetStateAction<JobDraft>>;
  onSubmit: (request: JobRequest) => Promise<void>;
}

export function JobForm({ draft, onChange, onSubmit }: JobFormProps) {
  const [problem, setProblem] = useState<FormProblem | null>(null);
  const [isSending, setSending] = useState(false);
  const change = (part: Partial<JobDraft>) => onChange((latest) => ({ ...latest, ...part }));
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
        <div className="grid gap-3 sm:grid-cols-[2fr_1fr]">
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
          <Field label="Submitter" problem={problemOf("submitter")}>
            {(control) => (
              <input
                {...control}
                className="field"
                placeholder="everybody"
                maxLength={64}
                value={draft.submitter}
                onChange={(event) => change({ submitter: event.target.value })}
              />
            )}
          </Field>
        </div>
        <ProgramFields
          program={draft.program}
          onChange={(program) => change({ program })}
          problem={problem?.program ?? null}
        />
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
