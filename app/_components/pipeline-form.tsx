"use client";

import dynamic from "next/dynamic";
import { useState, type FormEvent } from "react";
import type { PipelineDraft } from "../_live/pipeline-draft";
import { pipelineProblems, type PipelineProblem } from "../_live/pipeline-problem";
import { Notice } from "./notice";
import { PipelineFiles } from "./pipeline-files";

const ProgramEditor = dynamic(async () => (await import("./program-editor")).ProgramEditor, {
  ssr: false,
  loading: () => <div className="panel h-80 p-4 text-sm text-soft">Loading the editor…</div>,
});

interface PipelineFormProps {
  draft: PipelineDraft;
  onChange: (draft: PipelineDraft) => void;
  onSubmit: (draft: PipelineDraft) => Promise<void>;
}

/** The JSON of a pipeline, its files, and what is wrong with them, each problem at its place. */
export function PipelineForm({ draft, onChange, onSubmit }: PipelineFormProps) {
  const [problems, setProblems] = useState<readonly PipelineProblem[]>([]);
  const [isSending, setSending] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setSending(true);
    setProblems([]);
    try {
      await onSubmit(draft);
    } catch (error) {
      setProblems(pipelineProblems(error, draft));
    }
    setSending(false);
  }

  return (
    <form aria-label="New pipeline" noValidate onSubmit={(event) => void submit(event)} className="space-y-5">
      <div>
        <p className="mb-1 text-sm font-medium">Pipeline</p>
        <ProgramEditor
          label="Pipeline"
          language="js"
          source={draft.json}
          onChange={(json) => onChange({ ...draft, json })}
          problem={markIn(problems, null)}
        />
      </div>
      <PipelineFiles draft={draft} onChange={onChange} problemIn={(file) => markIn(problems, file)} />
      {problems.length > 0 && (
        <Notice tone="bad" testId="pipeline-problems">
          <ul className="space-y-1">
            {problems.map(({ path, message, place }) => (
              <li key={`${path} ${message}`} className="break-words">
                {path !== null && <code className="font-semibold">{path}</code>} {message}
                {place && (
                  <span className="opacity-80">
                    {" "}
                    ({place.file ?? "the pipeline"}, line {place.line})
                  </span>
                )}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      <button type="submit" className="button w-full sm:w-auto" disabled={isSending}>
        {isSending ? "Sending…" : "Submit pipeline"}
      </button>
    </form>
  );
}

/** What an editor marks: the first problem in its text. The list says it in words. */
function markIn(problems: readonly PipelineProblem[], file: string | null) {
  const found = problems.find(({ place }) => place?.file === file);
  return found?.place ? { message: found.message, line: found.place.line, column: found.place.column } : null;
}
