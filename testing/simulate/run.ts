/** Runs one job through the production scheduler in virtual time, and counts what it took. */
import { seededChance } from "../../core/chance";
import type { Effect } from "../../core/grid-events";
import type { JobLife } from "../../core/job";
import { after, type TaskId, type VolunteerId } from "../../protocol/ids";
import { GRID_POLICY, jobId, share, T0 } from "../builders";
import { startClock } from "../virtual-clock";
import { startCountingCoordinator } from "./counting-coordinator";
import { gatherCrowd, honestDigest } from "./crowd";
import type { ComparedPolicy } from "./policies";
import type { LargeScenario } from "./scenarios";

export interface RunSize {
  volunteers: number;
  tasks: number;
  seed: number;
  /** Whether tasks of the tail are given out twice. */
  doublesTail?: boolean;
}

export interface RunResult {
  /** `hung` when it had not ended after a virtual month. */
  state: "completed" | "failed" | "cancelled" | "hung";
  /** Time taken over the time in which the same volunteers could do every task once. */
  makespanRatio: number;
  /** Copies given out, those lost among them, over tasks. */
  copiesPerTask: number;
  /** Wrong outputs among the accepted ones when the job ends. */
  wrongAccepted: number;
  /** Tasks that were wrong for a while and put right. */
  corrected: number;
  /** Volunteers that never lied and were convicted all the same, without those that were cleared. */
  honestCaught: number;
  messages: number;
  /** Processor time of the scheduler: its part of the real time, of what the process used in all its threads. */
  cpuMicrosPerEvent: number;
  rssMb: number;
}

const MONTH_MS = 30 * 24 * 3_600_000;

export function runLarge(
  scenario: LargeScenario,
  { policy, makeValidator }: ComparedPolicy,
  { volunteers, tasks, seed, doublesTail = true }: RunSize,
): RunResult {
  const startedAt = performance.now();
  const usedBefore = process.cpuUsage();
  const chance = seededChance(seed);
  const clock = startClock(T0);
  const wrong = new Set<TaskId>();
  const caught = new Set<VolunteerId>();
  let corrected = 0;
  let state: RunResult["state"] = "hung";
  const coordinator = startCountingCoordinator(
    clock,
    seed,
    makeValidator,
    note,
    doublesTail ? GRID_POLICY.tailPatience : null,
  );
  const crowd = gatherCrowd(scenario, volunteers, coordinator, clock, chance);
  const id = jobId("job");
  coordinator.submit({
    id,
    policy,
    share: share(),
    requires: {},
    onError: "fail",
    stages: [{ name: "map", taskCount: tasks }],
  });
  clock.run(() => state !== "hung", after(T0, MONTH_MS));

  function note(effect: Effect): void {
    if (effect.type === "job-changed") state = endOf(effect.life);
    if (effect.type === "volunteer-caught") caught.add(effect.volunteerId);
    if (effect.type === "volunteer-cleared" && effect.isNoSuspect) caught.delete(effect.volunteerId);
    if (effect.type !== "task-accepted") return;
    if (effect.digest !== honestDigest(effect.taskId)) wrong.add(effect.taskId);
    else if (wrong.delete(effect.taskId)) corrected += 1;
  }

  const { counts } = coordinator;
  const { user, system } = process.cpuUsage(usedBefore);
  const schedulerPart = counts.schedulerMs / (performance.now() - startedAt);
  return {
    state,
    makespanRatio: round((clock.now() - T0) / crowd.idealMs(tasks), 3),
    copiesPerTask: round(counts.copies / tasks, 4),
    wrongAccepted: wrong.size,
    corrected,
    honestCaught: [...caught].filter((volunteerId) => !crowd.liars.has(volunteerId)).length,
    messages: counts.messages,
    cpuMicrosPerEvent: round(((user + system) * schedulerPart) / counts.events, 1),
    rssMb: Math.round(process.memoryUsage.rss() / 2 ** 20),
  };
}

function endOf({ state }: JobLife): RunResult["state"] {
  return state === "completed" || state === "failed" || state === "cancelled" ? state : "hung";
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
