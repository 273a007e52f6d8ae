"use client";

import { useEffect, useState } from "react";
import { taskIdParts } from "../../protocol/ids";
import { TaskErrorPage, type JobView, type TaskErrorView } from "../../protocol/views";
import { getJson, messageOf } from "../_live/api";
import { formatCount } from "../_live/format";

/** What tasks failed with that the job went on without. Read again whenever there are more of them. */
export function ErrorPanel({ job }: { job: JobView }) {
  const skipped = skippedOf(job);
  const [page, setPage] = useState<TaskErrorPage | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  useEffect(() => {
    const abort = new AbortController();
    getJson(TaskErrorPage, `/api/v1/jobs/${job.id}/errors?limit=100`, abort.signal).then(
      (read) => {
        setPage(read);
        setProblem(null);
      },
      (error: unknown) => {
        if (!abort.signal.aborted) setProblem(messageOf(error));
      },
    );
    return () => abort.abort();
  }, [job.id, skipped]);

  if (problem) return <p className="p-4 text-sm text-bad">{problem}</p>;
  if (!page) return <p className="p-6 text-center text-sm text-soft">Loading the errors…</p>;
  return (
    <div className="p-4 text-sm">
      <ul className="divide-y divide-line">
        {page.errors.map((error) => (
          <ErrorRow key={error.taskId} error={error} />
        ))}
      </ul>
      {page.nextCursor !== null && (
        <p className="pt-3 text-soft">There are more: GET /api/v1/jobs/{job.id}/errors lists them all.</p>
      )}
    </div>
  );
}

/** Tasks that failed and were gone on without. */
export function skippedOf({ stages }: JobView): number {
  return stages.reduce((sum, { skipped }) => sum + skipped, 0);
}

function ErrorRow({ error: { taskId, record, message, stack } }: { error: TaskErrorView }) {
  const { stage, index } = taskIdParts(taskId);
  return (
    <li className="py-2" data-testid="task-error">
      <p className="text-soft">
        {stage} {index}
        {record !== null && `, record ${formatCount(record)}`}
      </p>
      <p className="font-mono break-words">{message}</p>
      {stack !== "" && <pre className="mt-1 overflow-x-auto text-xs text-soft">{stack}</pre>}
    </li>
  );
}
