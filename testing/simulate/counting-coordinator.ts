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
import type { CoordinatorDoor, Line } from "../simulated-coordinator";
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
  let waiting: (() => void)[] = [];
  tick();

  function tick(): void {
    dispatch({ type: "tick" });
    clock.in(TICK_MS, tick);
  }

  function dispatch(event: GridEvent, reply: (effects: readonly Effect[]) => void = () => {}): void {
    const startedAt = performance.now();
    const effects = advanceGrid(grid, event, clock.now());
    counts.schedulerMs += performance.now() - startedAt;
    counts.events += 1;
    for (const effect of effects) {
      tell(effect);
      onEffect(effect);
    }
    if (waiting.length === 0) clock.in(COMMIT_MS, commit);
    waiting.push(() => reply(effects));
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
    const committed = waiting;
    waiting = [];
    for (const act of committed) act();
  }

  /** A message over a volunteer's latest line; over an older one it is lost. */
  function receive(volunteerId: VolunteerId, line: Line, act: () => void): void {
    if (lines.get(volunteerId) !== line) return;
    counts.messages += 1;
    act();
  }

  return {
    grid,
    counts,
    isUp: () => true,
    blocks: new Set<Digest>(),
    submit: (job) => dispatch({ type: "job-submitted", job }),
    dial: () => {},
    hello(volunteerId, line, held, want, reply) {
      lines.set(volunteerId, line);
      receive(volunteerId, line, () =>
        dispatch(
          { type: "joined", volunteerId, slotCount: 1, device: UNKNOWN_DEVICE, held, want },
          (effects) => reply(droppedIn(effects)),
        ),
      );
    },
    report(volunteerId, line, outcomes, want, reply) {
      receive(volunteerId, line, () =>
        dispatch({ type: "reported", volunteerId, outcomes, want }, (effects) =>
          reply(effects.flatMap((effect) => (effect.type === "answered" ? effect.answers : []))),
        ),
      );
    },
    beat(volunteerId, line, held, reply) {
      receive(volunteerId, line, () =>
        dispatch({ type: "beat", volunteerId, slotCount: 1, held }, (effects) => reply(droppedIn(effects))),
      );
    },
    hangUp(volunteerId, line, isFinal) {
      receive(volunteerId, line, () => {
        lines.delete(volunteerId);
        dispatch({ type: isFinal ? "left" : "disconnected", volunteerId });
      });
    },
  };
}

function droppedIn(effects: readonly Effect[]): TaskId[] {
  return effects.flatMap((effect) => (effect.type === "dropped" ? effect.taskIds : []));
}
