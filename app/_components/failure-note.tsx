import { taskIdParts } from "../../protocol/ids";
import type { JobFailure } from "../../protocol/views";
import { formatCount } from "../_live/format";
import { Notice } from "./notice";

const TITLES: Record<JobFailure["code"], string> = {
  "program-error": "The program failed",
  "tasks-failing": "All tasks fail",
  "no-agreement": "Volunteers did not agree",
  "input-lost": "Input was lost",
};

export function FailureNote({ failure }: { failure: JobFailure }) {
  const { stage, index } = taskIdParts(failure.taskId);
  const stack = withoutMessage(failure);
  return (
    <Notice tone="bad" testId="failure">
      <h2>{TITLES[failure.code]}</h2>
      <p className="mt-1 font-mono break-words">{failure.message}</p>
      <p className="mt-1">
        In {stage} task {index}
        {failure.record !== null && `, record ${formatCount(failure.record)} (counted from 0)`}
      </p>
      {stack && (
        <pre
          tabIndex={0}
          aria-label="Stack"
          className="mt-3 max-h-56 overflow-auto rounded-lg bg-card/60 p-3 text-xs text-ink"
        >
          {stack}
        </pre>
      )}
    </Notice>
  );
}

/** A stack begins with the message, which stands above it already. */
function withoutMessage({ stack, message }: JobFailure): string {
  return stack.startsWith(message) ? stack.slice(message.length).replace(/^\n/, "") : stack;
}
