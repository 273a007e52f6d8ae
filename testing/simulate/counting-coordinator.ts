/**
 * A coordinator for large simulations: the production scheduler, group commits without a store, and counters.
 *
 * Unlike `simulated-coordinator.ts` it walks over nothing after an event and cannot be killed.
 */
import { UNKNOWN_DEVICE } from "../../protocol/device";
import { advanceGrid } from "../../core/advance-grid";
import { createGrid, type Grid } from "../../core/grid";
import type { Effect, GridEvent, SubmittedJob } from "../../core/grid-events";
import { taskIdsOf } from "../../core/packs";
import type { validatorFor } from "../../core/validator";
import type { Digest, TaskId, VolunteerId } from "../../protocol/ids";
import { GRID_POLICY } from "../builders";
import type { Answer } from "../../protocol/messages/report";
import type { CoordinatorDoor, Line, SentReport } from "../simulated-coordinator";
import type { VirtualClock } from "../virtual-clock";

export interface Counts {
  events: number;
  /** Both ways; a reply is not a message of its own. */
  messages: number;
  /** Copies given out. */
  copies: number;
  /** Real time spent in the scheduler: its part of the process's time, whatever else the machine does meanwhile. */
  schedulerMs: number;
}

export interface CountingCoordinator extends CoordinatorDoor {
  grid: Grid;
  counts: Counts;
  submit(job: SubmittedJob): void;
}

const TICK_MS = 500;
const COMMIT_MS = 5;

export function startCountingCoordinator(
  clock: VirtualClock,
  seed: number,
  makeValidator: typeof validatorFor,
  onEffect: (effect: Effect) => void,
  tailPatience: number | null,
): CountingCoordinator {
  const grid = createGrid({ ...GRID_POLICY, tailPatience }, clock.now(), seed, makeValidator);
  const lines = new Map<VolunteerId, Line>();
  const counts: Counts = { events: 0, messages: 0, copies: 0, schedulerMs: 0 };
  let answers: Answering[] = [];
  let isCommitPlanned = false;
  tick();

  function tick(): void {
    dispatch({ type: "tick" });
    clock.in(TICK_MS, tick);
  }

  function dispatch(event: GridEvent): Effect[] {
    const startedAt = performance.now();
    const effects = advanceGrid(grid, event, clock.now());
    counts.schedulerMs += performance.now() - startedAt;
    counts.events += 1;
    for (const effect of effects) {
      tell(effect);
      onEffect(effect);
    }
    if (!isCommitPlanned) clock.in(COMMIT_MS, commit);
    isCommitPlanned = true;
    return effects;
  }

  function tell(effect: Effect): void {
    if (effect.type !== "assign" && effect.type !== "revoke" && effect.type !== "settle") return;
    counts.messages += 1;
    const line = lines.get(effect.volunteerId);
    if (effect.type === "revoke") return line?.revoke(effect.taskIds);
    if (effect.type === "settle") return line?.settle(effect.taskId, effect.answer);
    counts.copies += effect.spans.length;
    line?.assign(taskIdsOf(effect.jobId, effect.stage, effect.spans));
  }

  function commit(): void {
    const committed = answers;
    answers = [];
    isCommitPlanned = false;
    for (const answering of committed) answer(answering);
  }

  /** A message over a volunteer's latest line counts; over an older one it is lost. */
  function receives(volunteerId: VolunteerId, line: Line): boolean {
    if (lines.get(volunteerId) !== line) return false;
    counts.messages += 1;
    return true;
  }

  return {
    grid,
    counts,
    isUp: () => true,
    blocks: new Set<Digest>(),
    submit: (job) => void dispatch({ type: "job-submitted", job }),
    dial: () => {},
    hello(volunteerId, line, held, want) {
      lines.set(volunteerId, line);
      if (!receives(volunteerId, line)) return;
      const device = UNKNOWN_DEVICE;
      const effects = dispatch({ type: "joined", volunteerId, slotCount: 1, device, held, want });
      answers.push({ type: "welcome", line, effects });
    },
    report(volunteerId, line, report) {
      if (!receives(volunteerId, line)) return;
      const { outcomes, want } = report;
      const effects = dispatch({ type: "reported", volunteerId, outcomes, want });
      answers.push({ type: "answer", line, report, effects });
    },
    beat(volunteerId, line, held) {
      if (!receives(volunteerId, line)) return;
      const effects = dispatch({ type: "beat", volunteerId, slotCount: 1, held });
      answers.push({ type: "drop", line, effects });
    },
    hangUp(volunteerId, line, isFinal) {
      if (!receives(volunteerId, line)) return;
      lines.delete(volunteerId);
      dispatch({ type: isFinal ? "left" : "disconnected", volunteerId });
    },
  };
}

/** What a tab is told after the commit. */
type Answering =
  | { type: "welcome" | "drop"; line: Line; effects: readonly Effect[] }
  | { type: "answer"; line: Line; report: SentReport; effects: readonly Effect[] };

function answer(answering: Answering): void {
  const { line, effects } = answering;
  if (answering.type === "answer") return line.answer(answering.report, answersIn(effects));
  if (answering.type === "welcome") return line.welcome(droppedIn(effects));
  line.drop(droppedIn(effects));
}

function answersIn(effects: readonly Effect[]): readonly Answer[] {
  for (const effect of effects) if (effect.type === "answered") return effect.answers;
  return [];
}

const NONE: readonly TaskId[] = [];

function droppedIn(effects: readonly Effect[]): readonly TaskId[] {
  for (const effect of effects) if (effect.type === "dropped") return effect.taskIds;
  return NONE;
}
