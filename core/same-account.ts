/** Whether volunteers wait because others of their accounts have what is open. Asked only when they wait, and of few who belong to one. */
import { currentStage, type Grid, type GridJob, type GridVolunteer } from "./grid";
import { isJudged, unfitFor } from "./placing";

/** So many volunteers and open tasks are looked at. */
const VOLUNTEERS = 50;
const TASKS = 500;

/** @returns True when some task lacks a copy that one of the volunteers may not have because of its account. */
export function isBarredByAccount(grid: Grid, job: GridJob, volunteers: readonly GridVolunteer[]): boolean {
  const linked = volunteers.filter(({ place }) => place.account !== null).slice(0, VOLUNTEERS);
  if (linked.length === 0) return false;
  const stage = currentStage(job);
  let looked = 0;
  for (const [index, { task, isChecked }] of stage.open) {
    if (++looked > TASKS) return false;
    const judgement = job.validator.judge(task, isChecked);
    if (judgement.type !== "wait" || judgement.missing === 0) continue;
    if (
      linked.some((one) => !isJudged(stage, index, one) && unfitFor(grid, job, task, one) === "same-account")
    )
      return true;
  }
  return false;
}
