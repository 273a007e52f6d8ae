/**
 * Tabs that outlive their coordinator, as it sees them from outside: what they hold and what they have computed is theirs, with
 * the tickets that came along, and they come back with all of it.
 *
 *   held ── computed ──▶ outbox ── answered `done` ──▶ handed over
 */
import { setTimeout as sleep } from "node:timers/promises";
import { UNKNOWN_DEVICE } from "../protocol/device";
import type { TaskId, VolunteerId } from "../protocol/ids";
import type { Answer } from "../protocol/messages/report";
import type { AssignedTask, Outcome } from "../protocol/task";
import { volunteerId } from "./facts";
import type { TestCoordinator } from "./open-coordinator";

/** Plain data: a copy of it is the tab at that moment. */
export interface Tab {
  readonly name: string;
  readonly held: Map<TaskId, AssignedTask>;
  readonly outbox: Map<TaskId, { outcome: Outcome; state: "waiting" | "sent" | "held" }>;
  readonly handedOver: Map<TaskId, Outcome>;
  /** How many more tasks it has asked for than it has got. */
  asked: number;
}

/** All bytes of an output come along with it. @returns Null when nobody can say any more, for the job has ended. */
export type Answering = (name: string, task: AssignedTask) => Promise<Outcome | null>;

export function openTab(name: string): Tab {
  return { name, held: new Map(), outbox: new Map(), handedOver: new Map(), asked: 0 };
}

/** Of each tab. */
const SLOTS = 4;

/** Connects the tabs. @returns What has them work on, until the condition holds. */
export async function connectTabs(running: TestCoordinator, tabs: readonly Tab[], answerOf: Answering) {
  const byId = new Map<VolunteerId, Tab>(tabs.map((tab) => [volunteerId(tab.name), tab]));
  running.coordinator.volunteers = {
    assign(id, _spec, tasks) {
      const tab = byId.get(id);
      for (const task of tasks) tab?.held.set(task.taskId, task);
      if (tab) tab.asked = Math.max(0, tab.asked - tasks.length);
    },
    revoke(id, taskIds) {
      for (const taskId of taskIds) byId.get(id)?.held.delete(taskId);
    },
    settle(id, taskId, answer) {
      const tab = byId.get(id);
      if (tab) settle(tab, taskId, answer);
    },
    withAnswer: (_, act) => act(),
  };
  for (const tab of tabs) await join(tab);
  return workUntil;

  async function join(tab: Tab): Promise<void> {
    const { name, held, outbox } = tab;
    const outcomes = [...outbox.values()].map(({ outcome }) => outcome);
    const known = [
      ...held.values(),
      ...outcomes.flatMap((outcome) => (outcome.type === "released" ? [] : [outcome])),
    ];
    tab.asked = SLOTS - held.size;
    const hello = { protocolVersion: 1, slotCount: SLOTS, instanceCount: 0, device: UNKNOWN_DEVICE };
    const tasks = {
      held: known.map(({ taskId }) => taskId),
      tickets: known.map(({ ticket }) => ticket ?? ""),
    };
    const { dropped } = await running.reports.joined(
      volunteerId(name),
      { ...hello, ...tasks, want: tab.asked },
      null,
    );
    for (const taskId of dropped) held.delete(taskId);
    for (const kept of outbox.values()) kept.state = "waiting";
  }

  /** @param isDone Looked at between rounds, in which all compute what they hold and report; all that they have is to be handed over, too. */
  async function workUntil(isDone: () => Promise<boolean>): Promise<void> {
    const isHandedOver = () => tabs.every(({ outbox }) => outbox.size === 0);
    for (let idle = 0; !isHandedOver() || !(await isDone());) {
      const wereBusy = await Promise.all(tabs.map(turn));
      idle = wereBusy.includes(true) ? 0 : idle + 1;
      if (idle > 1_000) throw new Error("Nothing more happens");
      await running.ledger.record([], []);
      if (idle > 0) await sleep(1);
    }
  }

  /** @returns False when there was nothing to do, and nothing to say. */
  async function turn(tab: Tab): Promise<boolean> {
    for (const task of [...tab.held.values()]) {
      const outcome = await answerOf(tab.name, task);
      if (outcome === null || !tab.held.delete(task.taskId)) continue;
      const { ticket } = task;
      tab.outbox.set(task.taskId, { outcome: { ...outcome, ...(ticket && { ticket }) }, state: "waiting" });
    }
    const sent = [...tab.outbox.values()].filter(({ state }) => state === "waiting");
    const want = SLOTS - tab.held.size - tab.asked;
    if (sent.length === 0 && want <= 0) return false;
    for (const kept of sent) kept.state = "sent";
    tab.asked += Math.max(0, want);
    const outcomes = sent.map(({ outcome }) => outcome);
    const { answers } = await running.report(tab.name, outcomes, Math.max(0, want));
    for (const [place, { taskId }] of outcomes.entries()) settle(tab, taskId, answers[place] ?? "done");
    return true;
  }

  function settle({ outbox, handedOver }: Tab, taskId: TaskId, answer: Answer): void {
    const kept = outbox.get(taskId);
    if (!kept) return;
    if (answer !== "done") kept.state = "held";
    else if (outbox.delete(taskId)) handedOver.set(taskId, kept.outcome);
  }
}
