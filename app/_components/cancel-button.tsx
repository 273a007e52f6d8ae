"use client";

import { useId, useRef, useState } from "react";
import { JobView } from "../../protocol/views";
import { messageOf, postJson } from "../_live/api";

export function CancelButton({ job }: { job: JobView }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const [isCancelling, setCancelling] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  async function cancel() {
    setCancelling(true);
    try {
      // The page learns of the new state from its stream of events.
      await postJson(JobView, `/api/v1/jobs/${job.id}/cancel`);
      dialog.current?.close();
    } catch (error) {
      setProblem(messageOf(error));
    }
    setCancelling(false);
  }

  return (
    <>
      <button type="button" className="button button-danger" onClick={() => dialog.current?.showModal()}>
        Cancel job
      </button>
      <dialog
        ref={dialog}
        aria-labelledby={titleId}
        className="m-auto w-[min(26rem,calc(100vw-2rem))] rounded-xl border border-line bg-card p-6 text-ink backdrop:bg-black/50"
      >
        <h2 id={titleId}>Cancel “{job.name}”?</h2>
        <p className="mt-2 text-sm text-soft">
          Volunteers stop working on it and what they have computed is dropped. This cannot be undone.
        </p>
        {problem && (
          <p role="alert" className="mt-3 text-sm text-bad">
            {problem}
          </p>
        )}
        <div className="mt-5 flex flex-wrap justify-end gap-3">
          <button type="button" className="button button-quiet" onClick={() => dialog.current?.close()}>
            Let it run
          </button>
          <button
            type="button"
            className="button button-danger"
            disabled={isCancelling}
            onClick={() => void cancel()}
          >
            Yes, cancel it
          </button>
        </div>
      </dialog>
    </>
  );
}
