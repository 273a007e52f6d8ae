import { taskIdParts } from "../../protocol/ids";
import type { JobFailure } from "../../protocol/views";
import { formatCount } from "../_live/format";
import { Notice } from "./notice";

const TITLES: Record<JobFailure["code"], string> = {
  "program-error": "The program failed",
  "no-agreement": "Volunteers did not agree",
  "input-lost": "Input was lost",
};

export function FailureNote({ failure }: { failure: JobFailure }) {
  const { stage, index } = taskIdParts(failure.taskId);
  return (
    <Notice tone="bad" testId="failure">
      <h2>{TITLES[failure.code]}</h2>
      <p className="mt-1 font-mono break-words">{failure.message}</p>
      <p className="mt-1">
        In {stage} task {index}
        {failure.record !== null && `, record ${formatCount(failure.record)} (counted from 0)`}
      </p>
      {failure.stack && (
        <pre
          tabIndex={0}
          aria-label="Stack"
          className="mt-3 max-h-56 overflow-auto rounded-lg bg-card/60 p-3 text-xs text-ink"
        >
          {failure.stack}
        </pre>
      )}
    </Notice>
  );
}
