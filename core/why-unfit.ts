/**
 * Why volunteers are given none of a job's tasks that lack a copy, and whether those that are there could end it: for those who ask, by
 * looking at the tasks themselves.
 */
import { countApart } from "./apart";
import { currentStage, type Grid, type GridJob, type GridVolunteer, type OpenTask } from "./grid";
import { hasFresh } from "./fresh-tasks";
import { isJudged, unfitFor } from "./placing";

/** So many volunteers and tasks are looked at. */
const VOLUNTEERS = 50;
const TASKS = 500;

export type WhyUnfit = "has-answered" | "same-account" | "same-address" | "other-engine";

/** What keeps any of the volunteers from any of the open tasks that lack a copy. */
export function whyUnfitFor(
  grid: Grid,
  job: GridJob,
  volunteers: readonly GridVolunteer[],
): ReadonlySet<WhyUnfit> {
  const reasons = new Set<WhyUnfit>();
  for (const [index, open] of lackingIn(job)) {
    for (const volunteer of volunteers.slice(0, VOLUNTEERS)) {
      const unfit = unfitFor(grid, job, open.task, volunteer);
      if (unfit === "has-it" || isJudged(currentStage(job), index, volunteer)) reasons.add("has-answered");
      else if (unfit !== null) reasons.add(unfit);
    }
  }
  return reasons;
}

/** In words, of all of them together: for each, and each task, one of these is true. */
export function wordsOf(reasons: ReadonlySet<WhyUnfit>, what: string, isOne: boolean): string {
  const [has, is] = isOne ? ["has", "is"] : ["have", "are"];
  const words = [
    reasons.has("has-answered") || reasons.size === 0 ? `${has} answered` : null,
    reasons.has("same-account") ? SAME_ACCOUNT : null,
    reasons.has("same-address") ? `${is} at the network address of one that has` : null,
    reasons.has("other-engine") ? `${has} another JavaScript engine than one that has` : null,
  ];
  const [first = "", ...others] = words.filter((each) => each !== null);
  const begin = first === SAME_ACCOUNT ? `${isOne ? "finds" : "find"} that ${first}` : first;
  return [`${begin} ${what}`, ...others].join(", or ");
}

const SAME_ACCOUNT = "another device of the same account has";

/**
 * How many more volunteers it takes, of whom no two may share a task with each other or with anybody, before what is left of the job can
 * be done by those that are connected.
 *
 * @param members Those that suit the job.
 */
export function volunteersLacking(
  grid: Grid,
  job: GridJob,
  members: readonly GridVolunteer[],
  quorum: number,
): number {
  const lacking = Math.max(0, quorum - countApart(grid, members).count);
  const isLast = job.stageIndex === job.stages.length - 1;
  if (lacking === 0) return 0;
  let most = !isLast || hasFresh(currentStage(job)) ? lacking : 0;
  for (const [index, { task, isChecked }] of lackingIn(job)) {
    const judgement = job.validator.judge(task, isChecked);
    const missing = judgement.type === "wait" ? judgement.missing : 0;
    const fit = members
      .slice(0, VOLUNTEERS)
      .filter((one) => unfitFor(grid, job, task, one) === null && !isJudged(currentStage(job), index, one));
    most = Math.max(most, missing - countApart(grid, fit).count);
  }
  return most;
}

function lackingIn(job: GridJob): [number, OpenTask][] {
  const found: [number, OpenTask][] = [];
  for (const [index, open] of currentStage(job).open) {
    const judgement = job.validator.judge(open.task, open.isChecked);
    if (judgement.type === "wait" && judgement.missing > 0) found.push([index, open]);
    if (found.length >= TASKS) break;
  }
  return found;
}
