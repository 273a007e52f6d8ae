import type { JobView } from "../../protocol/views";
import { counted, formatCount, formatInstant } from "../_live/format";
import { Notice } from "./notice";

/** What became of a completed job's result since a volunteer was caught that it rested on. */
export function CorrectionNote({ job: { rechecking, corrected } }: { job: JobView }) {
  if (rechecking === null && corrected === null) return null;
  return (
    <Notice tone="warn" testId="correction">
      {corrected && corrected.tasks > 0 && (
        <p>
          Corrected on {formatInstant(corrected.at)}: {counted(corrected.tasks, "output")} of this job{" "}
          {corrected.tasks === 1 ? "was" : "were"} wrong, or made of wrong ones, and{" "}
          {corrected.tasks === 1 ? "is" : "are"} right now. A result that was read before is out of date.
        </p>
      )}
      {corrected && corrected.unresolved > 0 && (
        <p>
          {counted(corrected.unresolved, "output")} of this job{" "}
          {corrected.unresolved === 1 ? "rests" : "rest"} on a volunteer that gave wrong outputs elsewhere,
          and could not be computed again.
        </p>
      )}
      {rechecking !== null && (
        <p>
          A volunteer that answered tasks of this job alone gave wrong outputs elsewhere. What it answered is
          computed again{rechecking > 0 ? ` (${counted(rechecking, "task")} to go)` : ""}; until that is done,
          the result stays what it was.
        </p>
      )}
    </Notice>
  );
}

/** What adaptive replication has done so far, in numbers that say how sure the result is. */
export function TrustNote({ job: { trust, options, endedAt } }: { job: JobView }) {
  if (!trust || trust.copiesPerTask === 0) return null;
  const { copiesPerTask, alone, expectedWrong, rechecked, corrected, caught } = trust;
  const facts = [
    `${copiesPerTask.toFixed(2)} copies a task${endedAt === null ? " so far" : ""}`,
    `${counted(alone, "output")} ${alone === 1 ? "rests" : "rest"} on one answer, of which ${expectedWrong.toPrecision(2)} are expected to be wrong`,
    `${formatCount(rechecked)} computed again, ${formatCount(corrected)} corrected`,
    `${counted(caught, "volunteer")} caught`,
  ];
  return (
    <section aria-label="Trust" data-testid="trust" className="panel px-4 py-3 text-sm">
      <span className="font-medium">Error bound {options.maxErrorRate}</span>
      <span className="text-soft"> · {facts.join(" · ")}</span>
    </section>
  );
}
