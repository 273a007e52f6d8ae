import type { JobView } from "../../protocol/views";
import { counted, formatCount } from "../_live/format";

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
