"use client";

import { useState } from "react";
import { JobView } from "../../protocol/views";
import { messageOf, patchJson } from "../_live/api";
import { Field } from "./field";

/** What part of the computing time the job gets beside others. The page learns of a change from its stream of events. */
export function ShareEditor({ job }: { job: JobView }) {
  const { priority, weight } = job.options;
  const [draft, setDraft] = useState<{ priority: string; weight: string } | null>(null);
  const [problem, setProblem] = useState<string>();

  async function save() {
    if (!draft) return;
    try {
      const changes = { priority: Number(draft.priority), weight: Number(draft.weight) };
      await patchJson(JobView, `/api/v1/jobs/${job.id}`, changes);
      setDraft(null);
      setProblem(undefined);
    } catch (error) {
      setProblem(messageOf(error));
    }
  }

  if (!draft) {
    return (
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
        <span data-testid="job-share">
          Priority {priority}, weight {weight}
        </span>
        <button
          type="button"
          className="underline underline-offset-3"
          onClick={() => setDraft({ priority: String(priority), weight: String(weight) })}
        >
          Change priority
        </button>
      </p>
    );
  }
  return (
    <form
      className="flex flex-wrap items-start gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Field label="Priority" hint="-10 to 10. Each step doubles the share." problem={problem}>
        {(control) => (
          <input
            {...control}
            type="number"
            className="field tabular-nums"
            value={draft.priority}
            onChange={(event) => setDraft({ ...draft, priority: event.target.value })}
          />
        )}
      </Field>
      <Field label="Weight" hint="1 to 100, beside jobs of the same priority." problem={undefined}>
        {(control) => (
          <input
            {...control}
            type="number"
            className="field tabular-nums"
            value={draft.weight}
            onChange={(event) => setDraft({ ...draft, weight: event.target.value })}
          />
        )}
      </Field>
      <div className="flex gap-2 pt-6">
        <button type="submit" className="button">
          Save
        </button>
        <button type="button" className="button button-quiet" onClick={() => setDraft(null)}>
          Keep as it was
        </button>
      </div>
    </form>
  );
}
