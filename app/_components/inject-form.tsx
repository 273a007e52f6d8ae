"use client";

import { useState, type FormEvent } from "react";
import { ProgramView, type ProgramKind } from "../../protocol/program";
import { postJson } from "../_live/api";
import { placeProblem, type FormProblem } from "../_live/form-problem";
import { EMPTY_PROGRAM, programFrom } from "../_live/program-draft";
import { SERVICE_STARTER } from "../_live/starters";
import { Field } from "./field";
import { Notice } from "./notice";
import { ProgramFields } from "./program-fields";

interface InjectFormProps {
  /** The program of which this is to be a new version; null for a new program. */
  updates: ProgramView | null;
  onDone: () => void;
  onCancel: () => void;
}

export function InjectForm({ updates, onDone, onCancel }: InjectFormProps) {
  const [path, setPath] = useState(updates?.path ?? "");
  const [kind, setKind] = useState<ProgramKind>(updates?.kind ?? "batch");
  const [program, setProgram] = useState({
    ...EMPTY_PROGRAM,
    ...(updates?.kind === "service" && { source: SERVICE_STARTER }),
  });
  const [problem, setProblem] = useState<FormProblem | null>(null);
  const [isSending, setSending] = useState(false);

  function choose(chosen: ProgramKind) {
    const isUntouched = program.source === EMPTY_PROGRAM.source || program.source === SERVICE_STARTER;
    if (isUntouched) {
      setProgram({ ...program, source: chosen === "service" ? SERVICE_STARTER : EMPTY_PROGRAM.source });
    }
    setKind(chosen);
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    setSending(true);
    setProblem(null);
    try {
      const code = programFrom(program);
      if (updates) await postJson(ProgramView, `/api/v1/programs/${updates.id}/update`, { program: code });
      else await postJson(ProgramView, "/api/v1/programs", { path, kind, program: code });
      onDone();
    } catch (error) {
      setProblem(placeProblem(error));
    }
    setSending(false);
  }

  return (
    <form
      aria-label={updates ? "New version" : "New program"}
      noValidate
      onSubmit={(event) => void submit(event)}
      className="panel space-y-5 p-4 sm:p-6"
    >
      <h2>{updates ? `A new version of ${updates.path}` : "A new program"}</h2>
      {!updates && (
        <div className="grid gap-5 sm:grid-cols-2">
          <Field
            label="Path"
            hint="Such as /ada/primes. A dataset of the same path is its input."
            problem={problem?.fields.get("path")}
          >
            {(control) => (
              <input
                {...control}
                className="field font-mono"
                placeholder="/you/name"
                value={path}
                onChange={(event) => setPath(event.target.value)}
              />
            )}
          </Field>
          <Field label="Kind" hint="A service stays in volunteers and answers requests." problem={undefined}>
            {(control) => (
              <select
                {...control}
                className="field"
                value={kind}
                onChange={(event) => choose(event.target.value === "service" ? "service" : "batch")}
              >
                <option value="batch">Batch: a start is a job</option>
                <option value="service">Service: it answers requests</option>
              </select>
            )}
          </Field>
        </div>
      )}
      <ProgramFields program={program} onChange={setProgram} problem={problem?.program ?? null} />
      {problem?.message && <Notice tone="bad">{problem.message}</Notice>}
      <div className="flex flex-wrap gap-2">
        <button type="submit" className="button" disabled={isSending}>
          {isSending ? "Sending…" : updates ? "Make it the current version" : "Inject"}
        </button>
        <button type="button" className="button button-quiet" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}
