/**
 * What one volunteer may do with a copy that was asked for: take it, leave it to others, or drop it, because nobody needs it any more.
 *
 * Whatever reads such entries, to take one or only to see whether there is one, decides by this.
 */
import type { Grid, GridJob, GridVolunteer, OpenTask, Stage } from "./grid";
import { fits } from "./offer";
import { isJudged, unfitFor } from "./placing";
import type { WantDecision } from "./want-log";

export function wantDecision(
  grid: Grid,
  stage: Stage,
  job: GridJob,
  volunteer: GridVolunteer,
): WantDecision<number> {
  return (index, round) => {
    const open = stage.open.get(index);
    if (!open || open.round !== round) return "drop";
    if (unfitFor(grid, job, open.task, volunteer) !== null) return "skip";
    if (isJudged(stage, index, volunteer)) return "skip";
    if (!isWanted(job, open)) return "drop";
    return fits(job, open.count) ? "take" : "later";
  };
}

/** Whether a copy that was asked for is still to be had. */
export function isWanted({ validator }: GridJob, { task, isChecked }: OpenTask): boolean {
  const judgement = validator.judge(task, isChecked);
  // An open task whose answers would do by now, because their volunteers' records have grown, is looked for and settled without
  // another copy (`settleSome`). Until then it stays asked for: records may turn out less.
  return judgement.type === "wait" ? judgement.missing > 0 : task.state === "open";
}

/** An entry of this round that nobody needs any more is not asked for any more. */
export function countingDrops(stage: Stage, decide: WantDecision<number>): WantDecision<number> {
  return (index, round) => {
    const decision = decide(index, round);
    const open = stage.open.get(index);
    if (decision === "drop" && open?.round === round) open.asked -= 1;
    return decision;
  };
}
