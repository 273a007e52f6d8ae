/**
 * The whole grid without a browser, a database or a clock: volunteers that vanish, lie,
 * answer late or twice, and a coordinator that is killed, in virtual time from one seed.
 *
 * After every event the grid's invariants are checked, at every commit the facts', and at the end the results.
 */
import type { SubmittedJob } from "../core/grid-events";
import type { InputBlocks } from "../core/stage-blocks";
import type { BlockKey } from "../protocol/block-key";
import type { Digest, JobId, TaskId } from "../protocol/ids";
import { after, taskIdOf, taskIdParts } from "../protocol/ids";
import { jobId, policy, share, T0, volunteer } from "./builders";
import { seededChance, type Chance } from "../core/chance";
import { validatorFor } from "../core/validator";
import { hasUnendedJobs, startCoordinator, type SimulatedCoordinator } from "./simulated-coordinator";
import { createVolunteer, type Nature, type SimulatedVolunteer } from "./simulated-volunteer";
import { startClock } from "./virtual-clock";

/** What may go wrong with a volunteer. */
export type Trouble =
  "says goodbye" | "vanishes" | "clears its storage" | "loses the line" | "freezes" | "never returns";

export interface Scenario {
  volunteers: number;
  /** Of the volunteers; the first ones. */
  liars: number;
  /** Liars that give the same wrong answer, instead of each its own. */
  areColluding: boolean;
  quorum: number;
  /** Null: every task needs its quorum. */
  maxErrorRate: number | null;
  /** How probable it is that a volunteer is checked by a task that is accepted already, instead of being given one to do; null for as seldom as ever. */
  spotChecks: number | null;
  jobs: number;
  /** Of the jobs; the first ones are cancelled at some moment. */
  cancelledJobs: number;
  /** Mean time between two pauses of each job, which last as long; null for none. */
  pauseEveryMs: number | null;
  tasks: number;
  /** Tasks are handed out in packs worth so much; null for each by itself. */
  packMs: number | null;
  /** Tasks of one block of the input; null when tasks read none. */
  tasksPerBlock: number | null;
  /** How probable it is that a task fails wherever it runs, and is gone on without. */
  failing: number;
  reducers: number;
  /** How probable it is that a task's output is too large for a message. */
  largeOutputs: number;
  troubles: readonly Trouble[];
  /** Mean time between two troubles of one volunteer. */
  troubleEveryMs: number;
  repeats: number;
  losesAnswers: number;
  /** Mean time between two crashes of the coordinator; null for none. */
  crashEveryMs: number | null;
}

export const CALM: Scenario = {
  volunteers: 8,
  liars: 0,
  areColluding: false,
  quorum: 2,
  maxErrorRate: null,
  spotChecks: null,
  jobs: 2,
  cancelledJobs: 0,
  pauseEveryMs: null,
  tasks: 25,
  packMs: null,
  tasksPerBlock: null,
  failing: 0,
  reducers: 3,
  largeOutputs: 0.3,
  troubles: [],
  troubleEveryMs: Infinity,
  repeats: 0,
  losesAnswers: 0,
  crashEveryMs: null,
};

export interface Outcome {
  events: number;
  crashes: number;
  virtualMs: number;
}

const HOUR_MS = 3_600_000;
/** Long enough for every lease, grace and heartbeat to run out. */
const QUIET_MS = 60_000;

/** @throws {Error} If an invariant breaks, a job hangs, a result is wrong, or someone is left with work nobody wants. */
export function simulate(scenario: Scenario, seed: number): Outcome {
  const chance = seededChance(seed);
  const clock = startClock(T0);
  const coordinator = startCoordinator(
    clock,
    chance,
    scenario.packMs === null ? {} : { packMs: scenario.packMs, heldMs: 5_000 },
    scenario.spotChecks === null ? validatorFor : checkingOften(scenario.spotChecks),
    mergeTasksOf,
  );
  const volunteers = new Set<SimulatedVolunteer>();
  let isEnding = false;

  for (let number = 0; number < scenario.volunteers; number++) addVolunteer(number);
  const jobs = Array.from({ length: scenario.jobs }, (_, number) => jobOf(scenario, number));
  for (const job of jobs) coordinator.submit(job);
  for (const { id } of jobs.slice(0, scenario.cancelledJobs)) {
    clock.in(chance.between(0, 8_000), () => coordinator.cancel(id));
  }
  if (scenario.pauseEveryMs !== null) {
    for (const { id } of jobs) planPause(id, scenario.pauseEveryMs, true);
  }
  if (scenario.crashEveryMs !== null) planCrash(scenario.crashEveryMs);

  clock.run(() => !hasUnendedJobs(coordinator), after(T0, HOUR_MS));
  const virtualMs = clock.now() - T0;
  if (hasUnendedJobs(coordinator)) throw new Error("A job hangs, though enough volunteers are there");
  isEnding = true;
  clock.run(() => false, after(clock.now(), QUIET_MS));

  checkResults(coordinator, scenario, jobs);
  checkNothingIsLeft(coordinator, volunteers);
  return { events: coordinator.eventCount(), crashes: coordinator.restartCount(), virtualMs };

  function addVolunteer(number: number): void {
    const nature = natureOf(scenario, number, chance);
    const added = createVolunteer(nature, coordinator, clock, chance);
    volunteers.add(added);
    clock.in(chance.between(0, 2_000), () => added.connect());
    if (scenario.troubles.length > 0) planTrouble(added, number);
  }

  function planTrouble(troubled: SimulatedVolunteer, number: number): void {
    clock.in(scenario.troubleEveryMs * chance.between(0.2, 1.8), () => {
      if (isEnding) return;
      const trouble = scenario.troubles[Math.floor(chance.next() * scenario.troubles.length)];
      if (trouble === "never returns") {
        troubled.closeTab({ saysGoodbye: false, keepsOutbox: false, awayMs: null });
        volunteers.delete(troubled);
        return addVolunteer(number + scenario.volunteers);
      }
      if (trouble) befall(troubled, trouble, chance);
      planTrouble(troubled, number);
    });
  }

  function planPause(id: JobId, everyMs: number, isPaused: boolean): void {
    clock.in(everyMs * chance.between(0.2, 1.8), () => {
      if (isEnding) return;
      // Who is not heard asks again, as a submitter does.
      const isHeard = coordinator.setPaused(id, isPaused);
      planPause(id, everyMs, isHeard ? !isPaused : isPaused);
    });
  }

  function planCrash(everyMs: number): void {
    clock.in(everyMs * chance.between(0.2, 1.8), () => {
      if (isEnding) return;
      if (coordinator.isUp()) coordinator.kill(chance.between(50, 5_000));
      planCrash(everyMs);
    });
  }
}

/** Checks newcomers too, and not only those who are trusted. */
function checkingOften(rate: number): typeof validatorFor {
  return (policy, chance, ...rest) => ({
    ...validatorFor(policy, chance, ...rest),
    drawSpotCheck: () => chance.happens(rate),
  });
}

function befall(
  troubled: SimulatedVolunteer,
  trouble: Exclude<Trouble, "never returns">,
  chance: Chance,
): void {
  const awayMs = chance.between(50, 20_000);
  if (trouble === "loses the line") return troubled.breakLine(awayMs);
  if (trouble === "freezes") return troubled.freeze(chance.between(1_000, 40_000));
  const saysGoodbye = trouble === "says goodbye";
  troubled.closeTab({ saysGoodbye, keepsOutbox: trouble !== "clears its storage", awayMs });
}

/** Some merge stages turn out to have nothing to do. */
const mergeTasksOf = (id: JobId) => (id === jobId("job3") ? 0 : 2);

function jobOf(
  { quorum, maxErrorRate, tasks, packMs, tasksPerBlock, failing, reducers }: Scenario,
  number: number,
): SubmittedJob {
  const map = { name: "map", taskCount: tasks } as const;
  const merge = { name: "merge", taskCount: 0, isPlanned: false } as const;
  const reduce = { name: "reduce", taskCount: reducers } as const;
  // Liars use up answers, and must not be able to end a job by that.
  const enough = policy({
    quorum,
    maxErrors: 1_000,
    maxCopies: 1_000,
    adaptive: maxErrorRate === null ? null : { maxErrorRate },
  });
  return {
    id: jobId(`job${number}`),
    policy: enough,
    share: share(),
    requires: {},
    onError: failing > 0 ? "skip" : "fail",
    stages: number % 2 === 0 ? [map] : [map, merge, reduce],
    ...(packMs !== null && { cuts: [0, Math.floor(tasks / 3)] }),
    ...(tasksPerBlock !== null && { blocks: blocksOf(tasks, tasksPerBlock) }),
  };
}

/** All jobs read the same blocks. */
function blocksOf(tasks: number, tasksPerBlock: number): InputBlocks {
  const places = Array.from({ length: Math.ceil(tasks / tasksPerBlock) }, (_, place) => place);
  return {
    keys: places.map((place) => (place * 7_919 + 1) as BlockKey),
    bytes: places.map(() => 1_000),
    firstTasks: places.map((place) => place * tasksPerBlock),
  };
}

function natureOf(scenario: Scenario, number: number, chance: Chance): Nature {
  const isLiar = number % scenario.volunteers < scenario.liars;
  return {
    id: volunteer(`v${number}`),
    latencyMs: chance.between(1, 150),
    taskMs: 10 ** chance.between(1, 3.5),
    slots: Math.ceil(chance.between(0, 4)),
    repeats: scenario.repeats,
    losesAnswers: scenario.losesAnswers,
    answerTo(taskId) {
      if (!isLiar && fails(scenario, taskId)) return { error: "no such record" };
      if (!isLiar) return { digest: honestDigest(scenario, taskId) };
      if (scenario.areColluding) return { digest: `wrong ${taskId}` as Digest };
      if (number % 3 === 0) return { error: `v${number} cannot` };
      return { digest: `wrong ${taskId} by v${number}` as Digest };
    },
  };
}

/** Whether a task's output is large depends on the task alone, as it does in a program. */
/** Some map tasks fail, and every pack that one of them is in. */
function fails({ failing }: Scenario, taskId: TaskId): boolean {
  const { jobId: id, stage, index, count } = taskIdParts(taskId);
  const places = Array.from({ length: count }, (_, place) => index + place);
  return stage === "map" && places.some((place) => shareOf(taskIdOf(id, stage, place)) < failing);
}

/** From 0 up to 1, the same for the same task. */
function shareOf(taskId: TaskId): number {
  return [...taskId].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) % 1_009, 7) / 1_009;
}

function honestDigest({ largeOutputs }: Scenario, taskId: TaskId): Digest {
  return `${shareOf(taskId) < largeOutputs ? "large" : "small"} ${taskId}` as Digest;
}

function checkResults(
  { facts }: SimulatedCoordinator,
  scenario: Scenario,
  jobs: readonly SubmittedJob[],
): void {
  for (const [taskId, digest] of facts.acceptances) {
    if (!fails(scenario, taskId) && digest !== honestDigest(scenario, taskId))
      throw new Error(`${taskId} was accepted as ${digest}`);
  }
  jobs.forEach(({ id, stages }, number) => {
    const { state } = facts.lifeOf(id);
    const mayBeCancelled = number < scenario.cancelledJobs;
    if (state === "cancelled" && mayBeCancelled) return;
    if (state !== "completed") throw new Error(`${id} is ${state}`);
    for (const { name, taskCount: known } of stages) {
      const taskCount = name === "merge" ? mergeTasksOf(id) : known;
      for (let index = 0; index < taskCount; index++) {
        const taskId = taskIdOf(id, name, index);
        if (!facts.covered.has(taskId)) throw new Error(`${id} is completed without ${taskId}`);
      }
    }
  });
}

function checkNothingIsLeft(
  coordinator: SimulatedCoordinator,
  volunteers: ReadonlySet<SimulatedVolunteer>,
): void {
  const grid = coordinator.grid();
  for (const { id, leases, presence } of grid.volunteers.values()) {
    if (leases.size > 0) throw new Error(`${id} has leases after the last job has ended`);
    if (presence.state === "away") throw new Error(`${id} did not come back and is still known`);
  }
  if (grid.deadlines.size > 0) throw new Error(`${grid.deadlines.size} deadlines watch nothing`);
  if (grid.paceChecks.size > 0) throw new Error(`${grid.paceChecks.size} checks of copies that have ended`);
  for (const each of volunteers) {
    const { held, kept } = each.burden();
    if (held + kept > 0)
      throw new Error(`${each.id} is left with ${held} tasks and ${kept} outputs nobody wants`);
  }
}
