/**
 * The shell around the scheduler as simulations need it: commits in groups, answers when
 * durable, and can be killed, after which only committed facts are left.
 */
import { UNKNOWN_DEVICE } from "../protocol/device";
import { advanceGrid } from "../core/advance-grid";
import { createGrid, type Grid, type GridPolicy } from "../core/grid";
import type { Effect, GridEvent, ReportedOutcome, SubmittedJob } from "../core/grid-events";
import { hasEnded } from "../core/job";
import { taskIdsOf } from "../core/packs";
import { validatorFor } from "../core/validator";
import { type Digest, type JobId, type TaskId, type VolunteerId } from "../protocol/ids";
import type { Answer } from "../protocol/messages/report";
import { GRID_POLICY } from "./builders";
import { isFact, openFactStore, type Fact, type FactStore } from "./fact-store";
import { checkGrid } from "./invariants";
import type { Chance } from "../core/chance";
import type { VirtualClock } from "./virtual-clock";

/** The coordinator's way to one connected tab. */
export interface Line {
  assign(taskIds: readonly TaskId[]): void;
  revoke(taskIds: readonly TaskId[]): void;
  settle(taskId: TaskId, answer: Answer): void;
  /** The answers to what the tab sent: of what it holds, it is told what nobody waits for. */
  welcome(dropped: readonly TaskId[]): void;
  drop(dropped: readonly TaskId[]): void;
  answer(report: SentReport, answers: readonly Answer[]): void;
  /** The coordinator died. */
  cut(): void;
}

/** What a tab reports in one message. */
export interface SentReport {
  readonly outcomes: readonly ReportedOutcome[];
  readonly want: number;
  /** The line breaks before the answer is there. */
  readonly losesAnswer: boolean;
}

/** The coordinator as tabs know it. */
export interface CoordinatorDoor {
  isUp(): boolean;
  /** Digests of the outputs whose bytes were uploaded. */
  blocks: Set<Digest>;
  /** A connection is made; `hello` comes later. */
  dial(line: Line): void;
  hello(id: VolunteerId, line: Line, held: readonly TaskId[], want: number): void;
  /** Refused, without an answer, over a line that is not the volunteer's latest. */
  report(id: VolunteerId, line: Line, report: SentReport): void;
  beat(id: VolunteerId, line: Line, held: readonly TaskId[]): void;
  hangUp(id: VolunteerId, line: Line, isFinal: boolean): void;
}

export interface SimulatedCoordinator extends CoordinatorDoor {
  grid(): Grid;
  facts: FactStore;
  submit(job: SubmittedJob): void;
  cancel(jobId: JobId): void;
  /** False when the coordinator is down: nobody heard it. */
  setPaused(jobId: JobId, isPaused: boolean): boolean;
  kill(downMs: number): void;
  eventCount(): number;
  restartCount(): number;
}

const TICK_MS = 500;

export function startCoordinator(
  clock: VirtualClock,
  chance: Chance,
  changes: Partial<GridPolicy> = {},
  makeValidator = validatorFor,
  /** How many tasks a merge stage turns out to have. */
  mergeTasksOf: (jobId: JobId) => number = () => 0,
): SimulatedCoordinator {
  const policy = { ...GRID_POLICY, ...changes };
  const facts = openFactStore();
  const blocks = new Set<Digest>();
  const connections = new Set<Line>();
  const lines = new Map<VolunteerId, Line>();
  let grid = createGrid(policy, clock.now(), 1, makeValidator);
  /** Which life of the coordinator this is; what earlier lives planned does not happen. */
  let life = 0;
  let isUp = true;
  let events = 0;
  let waiting: { facts: Fact[]; then: (() => void)[] } = { facts: [], then: [] };
  tick();

  function inThisLife(delayMs: number, act: () => void): void {
    const planned = life;
    clock.in(delayMs, () => life === planned && act());
  }

  function tick(): void {
    dispatch({ type: "tick" });
    inThisLife(TICK_MS, tick);
  }

  function dispatch(event: GridEvent, reply: (effects: Effect[]) => void = () => {}): void {
    events += 1;
    const effects = advanceGrid(grid, event, clock.now());
    checkGrid(grid);
    for (const effect of effects) {
      if (effect.type === "assign") {
        const { jobId, stage } = effect;
        lines.get(effect.volunteerId)?.assign(taskIdsOf(jobId, stage, effect.spans));
      }
      if (effect.type === "revoke") lines.get(effect.volunteerId)?.revoke(effect.taskIds);
    }
    if (waiting.then.length === 0) inThisLife(chance.between(1, 20), commit);
    waiting.facts.push(...effects.filter(isFact));
    waiting.then.push(() => {
      reply(effects);
      effects.forEach(afterCommit);
    });
  }

  function commit(): void {
    const { facts: written, then } = waiting;
    waiting = { facts: [], then: [] };
    facts.commit(written);
    for (const act of then) act();
  }

  function afterCommit(effect: Effect): void {
    if (effect.type === "settle") lines.get(effect.volunteerId)?.settle(effect.taskId, effect.answer);
    if (effect.type !== "stage-finished") return;
    const { jobId, next } = effect;
    inThisLife(chance.between(1, 500), () => {
      const taskCount = next === "merge" ? mergeTasksOf(jobId) : null;
      if (taskCount === null) return dispatch({ type: "stage-ready", jobId, stage: next });
      facts.planMerge(jobId, taskCount);
      // It may die with the plan on the disk, and nobody told.
      inThisLife(chance.between(1, 200), () =>
        dispatch({ type: "stage-ready", jobId, stage: next, taskCount }),
      );
    });
  }

  function kill(downMs: number): void {
    life += 1;
    isUp = false;
    waiting = { facts: [], then: [] };
    facts.forgetDoubts();
    const cut = [...connections];
    connections.clear();
    lines.clear();
    for (const line of cut) line.cut();
    inThisLife(downMs, () => {
      isUp = true;
      grid = createGrid(policy, clock.now(), 1, makeValidator);
      const isHere = (digest: Digest) => !isLarge(digest) || blocks.has(digest);
      for (const job of facts.unendedJobs(isHere)) dispatch({ type: "job-restored", job });
      tick();
    });
  }

  return {
    grid: () => grid,
    facts,
    blocks,
    isUp: () => isUp,
    submit(job) {
      facts.insertJob(job);
      dispatch({ type: "job-submitted", job });
    },
    cancel(jobId) {
      if (isUp) dispatch({ type: "job-cancelled", jobId });
    },
    setPaused(jobId, isPaused) {
      if (isUp) dispatch({ type: isPaused ? "job-paused" : "job-resumed", jobId });
      return isUp;
    },
    dial: (line) => void connections.add(line),
    hello(volunteerId, line, held, want) {
      lines.set(volunteerId, line);
      dispatch(
        { type: "joined", volunteerId, slotCount: 1, device: UNKNOWN_DEVICE, held, given: held, want },
        (effects) => line.welcome(droppedIn(effects)),
      );
    },
    report(volunteerId, line, report) {
      if (lines.get(volunteerId) !== line) return;
      // As their tickets would say: nobody here claims to have been given anything else.
      const given = { leasedAt: clock.now(), accepted: null };
      const outcomes = report.outcomes.map((outcome) =>
        outcome.type === "output" && isLarge(outcome.digest)
          ? { ...outcome, given, bytesHere: blocks.has(outcome.digest) }
          : { ...outcome, given },
      );
      dispatch({ type: "reported", volunteerId, outcomes, want: report.want }, (effects) =>
        line.answer(
          report,
          effects.flatMap((effect) => (effect.type === "answered" ? effect.answers : [])),
        ),
      );
    },
    beat(volunteerId, line, held) {
      if (lines.get(volunteerId) !== line) return;
      dispatch({ type: "beat", volunteerId, slotCount: 1, held }, (effects) => line.drop(droppedIn(effects)));
    },
    hangUp(volunteerId, line, isFinal) {
      connections.delete(line);
      if (lines.get(volunteerId) !== line) return;
      lines.delete(volunteerId);
      dispatch({ type: isFinal ? "left" : "disconnected", volunteerId });
    },
    kill,
    eventCount: () => events,
    restartCount: () => life,
  };
}

/** Large outputs are uploaded apart from their report. */
export function isLarge(digest: Digest): boolean {
  return digest.startsWith("large ");
}

export function hasUnendedJobs({ grid, facts }: SimulatedCoordinator): boolean {
  return grid().jobs.size > 0 || facts.unendedJobs(() => true).some(({ id }) => !hasEnded(facts.lifeOf(id)));
}

function droppedIn(effects: readonly Effect[]): TaskId[] {
  return effects.flatMap((effect) => (effect.type === "dropped" ? effect.taskIds : []));
}
