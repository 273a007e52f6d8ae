/** Answers "why does this volunteer do nothing?" by the conditions under which jobs are handed out. */
import { unreachable } from "../protocol/unreachable";
import type { IdleReason } from "../protocol/views";
import { isHeldBackIn } from "./allowance";
import type { Grid, GridJob, GridVolunteer } from "./grid";
import { lacksCopies, lacksRoom, wouldHaveTaskFor } from "./has-task-for";
import { whyUnfitFor, wordsOf, type WhyUnfit } from "./why-unfit";
import { isBarredByAccount } from "./same-account";
import { barrierFor, obstacleOf, type Barrier, type JobObstacle } from "./offer";

/** Why one volunteer is not given anything of one job; the first that applies names the whole. */
const OBSTACLES = [
  "same-account",
  "none-for-it",
  "held-back",
  "volunteer-limit",
  "in-flight-limit",
  "not-admitted",
  "unsuited",
  "engine-alone",
  "all-out",
  "shuffling",
  "paused",
] as const satisfies readonly Obstacle[];

export type Obstacle = JobObstacle | Barrier | "same-account" | "none-for-it" | "held-back";

/** @returns Null when it would be given a task of this job as soon as it asks. Changes nothing. */
export function obstacleFor(grid: Grid, job: GridJob, volunteer: GridVolunteer): Obstacle | null {
  const obstacle = obstacleOf(job) ?? barrierFor(job, volunteer);
  if (obstacle !== null) return obstacle;
  if (wouldHaveTaskFor(grid, job, volunteer)) return isHeldBackIn(job, volunteer) ? "held-back" : null;
  if (lacksRoom(grid, job, volunteer)) return "in-flight-limit";
  // What was asked for may be there already, in a log that nobody has read since.
  if (!lacksCopies(job)) return "all-out";
  return isBarredByAccount(grid, job, [volunteer]) ? "same-account" : "none-for-it";
}

/**
 * Explains volunteers of the grid as it is now.
 *
 * @returns What a volunteer waits for; null when it holds something. Takes O(jobs) once, and for each volunteer O(jobs on offer).
 */
export function explainIdle(grid: Grid): (volunteer: GridVolunteer) => IdleReason | null {
  const closed = new Map<Obstacle, number>();
  const onOffer: GridJob[] = [];
  for (const job of grid.jobs.values()) {
    const obstacle = obstacleOf(job);
    if (obstacle === null) onOffer.push(job);
    else closed.set(obstacle, (closed.get(obstacle) ?? 0) + 1);
  }
  return (volunteer) => {
    if (volunteer.leases.size > 0) return null;
    if (volunteer.presence.state === "away") {
      return { code: "away", message: "Its connection broke; it may come back." };
    }
    if (volunteer.wanted === 0) {
      return {
        code: "not-asking",
        message: "It does not ask for work: its slots are starting, or were stopped.",
      };
    }
    if (grid.jobs.size === 0) return { code: "no-jobs", message: "There is no job under way." };
    const counts = new Map(closed);
    const unfit = new Set<WhyUnfit>();
    for (const job of onOffer) {
      const obstacle = obstacleFor(grid, job, volunteer);
      if (obstacle !== null) counts.set(obstacle, (counts.get(obstacle) ?? 0) + 1);
      if (obstacle === "none-for-it" || obstacle === "same-account")
        for (const reason of whyUnfitFor(grid, job, [volunteer])) unfit.add(reason);
    }
    const found = OBSTACLES.filter((obstacle) => counts.has(obstacle));
    const [code] = found;
    if (code === undefined) return null;
    const parts = found.map((obstacle) => describe(obstacle, counts.get(obstacle) ?? 0, unfit));
    return { code, message: parts.join(" ") };
  };
}

function describe(obstacle: Obstacle, count: number, unfit: ReadonlySet<WhyUnfit>): string {
  const jobs = count === 1 ? "1 job" : `${count} jobs`;
  switch (obstacle) {
    case "same-account":
      return `Of ${jobs}, it ${wordsOf(unfit, "what is open", true)}: a volunteer of somebody else is needed.`;
    case "none-for-it":
      return `Of ${jobs}, it ${wordsOf(unfit, "what is open", true)}: another volunteer is needed.`;
    case "held-back":
      return `Of ${jobs}, it has had its share for now: nobody is to have most of the votes by being fast. It is looked at again in a moment, and given more as the others are, or once it is proven.`;
    case "volunteer-limit":
      return `${jobs} may have no further volunteer at once.`;
    case "in-flight-limit":
      return `${jobs} may have no further copy out at once.`;
    case "not-admitted":
      return `In ${jobs}, it is not believed any more, for it gave wrong outputs.`;
    case "unsuited":
      return `${jobs} ${count === 1 ? "requires" : "require"} what it does not have.`;
    case "engine-alone":
      return `${jobs} ${count === 1 ? "compares" : "compare"} outputs of one JavaScript engine only, and too few volunteers have the same.`;
    case "all-out":
      return `Of ${jobs}, all tasks are with others.`;
    case "shuffling":
      return count === 1 ? "1 job prepares its reduce stage." : `${jobs} prepare their reduce stages.`;
    case "paused":
      return `${jobs} ${count === 1 ? "is" : "are"} paused.`;
    default:
      return unreachable(obstacle);
  }
}
