/** Whatever happens, nobody waits for work that it could have. A failure names its seed: add it to the seeds below, with a name. */
import { describe, expect, it } from "vitest";
import { checkGrid } from "../testing/invariants";
import { beginLife, type Life } from "../testing/random-life";
import { starvingIn, tasksLacking, type Starving } from "../testing/starving";
import type { Grid, GridJob, GridVolunteer } from "./grid";
import { explainIdle, obstacleFor, type Obstacle } from "./idling";
import { explainWaiting } from "./waiting";

const MOVES = 150;
const seedsFrom = (first: number, count: number) => Array.from({ length: count }, (_, each) => first + each);

/** Lives that went wrong once. */
const SEEDS = {
  "came back from elsewhere, to what it had passed over": [1, 12, 13, 25],
  "passed over a task for the sake of a copy whose volunteer went elsewhere": [22, 95, 104, 355],
  "had the profile of one for whom too few computed alike": [2665],
};

/** @param look Is taken at the grid after each move. */
function live(seed: number, look: (grid: Grid) => void, goOn: (life: Life) => void = () => {}): void {
  const life = beginLife(seed);
  try {
    for (let moves = 0; moves < MOVES; moves++) {
      life.move();
      look(life.grid);
    }
    goOn(life);
  } catch (cause) {
    throw new Error(`Seed ${seed}`, { cause });
  }
}

describe("whatever happens", () => {
  it("[LV1] nobody waits for work that it could have, but for the end of its own copies or of the task's", () => {
    for (const seed of seedsFrom(10_000, 200)) live(seed, checkGrid);
  });

  it.each(Object.entries(SEEDS))("[LV2] nor does one who %s", (_name, seeds) => {
    for (const seed of seeds) live(seed, checkGrid);
  });

  it("[LV3] nobody waits longer than copies run, and in the end nobody wants what it could have", () => {
    for (const seed of seedsFrom(20_000, 60)) live(seed, () => {}, fallSilent);
  });

  it("[WA21] what is said of those who wait, and of jobs, is true of every task", () => {
    for (const seed of seedsFrom(30_000, 40)) live(seed, checkWords);
  });
});

/** Longer than any copy runs, or upload takes, of which its volunteer says nothing. */
const LONGEST_MS = 35_000;

/** Nobody says anything any more: copies are lost one after the other, and given to those who still want some. */
function fallSilent({ grid, passTime }: Life): void {
  let since = new Map<string, number>();
  const isHolding = ({ leases }: GridVolunteer) => leases.size > 0;
  for (let passedMs = 0; [...grid.volunteers.values()].some(isHolding); passedMs += 1_000) {
    const held = starvingIn(grid).map(({ volunteer }) => handOf(volunteer));
    since = new Map(held.map((hand) => [hand, since.get(hand) ?? passedMs]));
    for (const [hand, fromMs] of since) expect(passedMs - fromMs, hand).toBeLessThan(LONGEST_MS);
    passTime(1_000);
    checkGrid(grid);
  }
  expect(starvingIn(grid)).toEqual([]);
}

/** What a volunteer holds, and since when. */
function handOf({ id, leases }: GridVolunteer): string {
  const held = [...leases.values()].map((lease) => [
    lease.taskId,
    lease.type === "run" ? lease.leasedAt : "",
  ]);
  return [id, ...held.flat()].join(" ");
}

function checkWords(grid: Grid): void {
  const starving = starvingIn(grid);
  const waiting = explainWaiting(grid);
  for (const job of grid.jobs.values()) {
    const reason = waiting(job);
    if (reason === null) expect(job.stages[job.stageIndex]?.copiesOut).toBeGreaterThan(0);
    // Too few for a quorum can still begin.
    const isShort = reason?.message.includes("must agree on every task") ?? true;
    const some = starving.filter(({ heldBack, ...each }) => each.job === job && !isPatient(heldBack));
    if (!isShort) expect(some, reason?.message).toEqual([]);
  }
  const idle = explainIdle(grid);
  for (const one of grid.volunteers.values()) {
    if (one.leases.size > 0 || one.presence.state !== "connected" || one.wanted === 0) continue;
    expect(idle(one)).not.toBeNull();
    for (const job of grid.jobs.values()) {
      const isForgotten = starving.some(
        (each) => each.volunteer === one && each.job === job && each.heldBack === null,
      );
      checkObstacle(obstacleFor(grid, job, one), isForgotten, job);
    }
  }
}

const isPatient = (heldBack: Starving["heldBack"]) =>
  heldBack === "has-enough-to-do" || heldBack === "has-had-share";

/** @param couldHave Whether the volunteer could have a task of the job. */
function checkObstacle(obstacle: Obstacle | null, couldHave: boolean, job: GridJob): void {
  if (obstacle === null || couldHave) throw new Error(`Said of ${job.id}: ${obstacle}`);
  if (job.policy.adaptive !== null) return;
  if (obstacle === "all-out") expect(tasksLacking(job)).toEqual([]);
  if (obstacle === "none-for-it") expect(tasksLacking(job)).not.toEqual([]);
}
