/**
 * A tab that works, as the coordinator sees one from outside: it asks for tasks, computes
 * for a while, keeps every output until it is told `done`, and offers it again after a new connection.
 */
import type { ReportedOutcome } from "../core/grid-events";
import { taskIdParts, type Digest, type TaskId, type VolunteerId } from "../protocol/ids";
import type { Answer } from "../protocol/messages/report";
import type { CoordinatorDoor, Line } from "./simulated-coordinator";
import type { Chance } from "../core/chance";
import type { VirtualClock } from "./virtual-clock";

export interface Nature {
  id: VolunteerId;
  /** One way, in milliseconds. */
  latencyMs: number;
  /** Mean time of one task. */
  taskMs: number;
  /** What a task takes, over that: from the first to the second. Half to twice as long when absent. */
  draw?: readonly [number, number];
  slots: number;
  /** What it answers to a task: honest volunteers give the same digest, or the same as their like. */
  answerTo(taskId: TaskId): { digest: Digest } | { error: string };
  /** How probable it is that a report is sent twice, and that the answer to it is lost with the line. */
  repeats: number;
  losesAnswers: number;
}

export interface SimulatedVolunteer {
  id: VolunteerId;
  connect(): void;
  /** The line breaks; the tab works on and comes back. */
  breakLine(awayMs: number): void;
  /** The tab closes and opens again: what ran is lost, the outbox is kept unless its storage was cleared. */
  closeTab(options: { saysGoodbye: boolean; keepsOutbox: boolean; awayMs: number | null }): void;
  /** Freezes with the line open: sends nothing, hears nothing, and goes on later. */
  freeze(ms: number): void;
  /** Tasks it holds, and outputs it keeps. */
  burden(): { held: number; kept: number };
}

interface Kept {
  outcome: ReportedOutcome;
  state: "waiting" | "sent" | "held" | "uploading";
}

const HEARTBEAT_MS = 4_000;

export function createVolunteer(
  nature: Nature,
  coordinator: CoordinatorDoor,
  clock: VirtualClock,
  chance: Chance,
): SimulatedVolunteer {
  const { id, latencyMs } = nature;
  const capacity = nature.slots * 2;
  let queue: TaskId[] = [];
  const running = new Map<TaskId, symbol>();
  const outbox = new Map<TaskId, Kept>();
  let line: Line | null = null;
  let asked = 0;
  let isOpen = true;
  let frozenUntil = 0;

  const held = () => [...queue, ...running.keys()];
  const room = () => Math.max(0, capacity - queue.length - running.size - asked);

  /** Something the tab does later; while frozen, it waits. */
  function soon(delayMs: number, act: () => void): void {
    clock.in(delayMs, () => {
      const leftMs = frozenUntil - clock.now();
      if (leftMs > 0) soon(leftMs, act);
      else act();
    });
  }

  function send(over: Line, act: () => void): void {
    clock.in(latencyMs, () => line === over && coordinator.isUp() && act());
  }

  function receive(over: Line, act: () => void): void {
    soon(latencyMs, () => line === over && act());
  }

  function connect(): void {
    if (!isOpen || line) return;
    if (!coordinator.isUp()) return soon(chance.between(50, 1_000), connect);
    const own: Line = {
      assign: (taskIds) => receive(own, () => take(taskIds)),
      revoke: (taskIds) => receive(own, () => forget(taskIds)),
      settle: (taskId, answer) => receive(own, () => settle(taskId, answer)),
      cut: () => lose(own, chance.between(10, 2_000)),
    };
    line = own;
    coordinator.dial(own);
    asked = 0;
    const want = room();
    asked = want;
    const holding = held();
    send(own, () =>
      coordinator.hello(id, own, holding, want, (dropped) =>
        receive(own, () => {
          forget(dropped);
          for (const kept of outbox.values()) if (kept.state !== "uploading") kept.state = "waiting";
          flush();
          soon(HEARTBEAT_MS, () => beat(own));
        }),
      ),
    );
  }

  function lose(own: Line, awayMs: number): void {
    if (line !== own) return;
    line = null;
    soon(awayMs, connect);
  }

  function breakLine(awayMs: number): void {
    const own = line;
    if (!own) return;
    clock.in(latencyMs, () => coordinator.isUp() && coordinator.hangUp(id, own, false));
    lose(own, awayMs);
  }

  function beat(own: Line): void {
    if (line !== own) return;
    send(own, () => coordinator.beat(id, own, held(), (dropped) => receive(own, () => forget(dropped))));
    soon(HEARTBEAT_MS, () => beat(own));
  }

  function take(taskIds: readonly TaskId[]): void {
    asked = Math.max(0, asked - taskIds.length);
    queue.push(...taskIds.filter((taskId) => !running.has(taskId) && !queue.includes(taskId)));
    work();
  }

  function work(): void {
    for (const taskId of queue.splice(0, Math.max(0, nature.slots - running.size))) {
      const run = Symbol(taskId);
      running.set(taskId, run);
      soon(taskIdParts(taskId).count * nature.taskMs * chance.between(...(nature.draw ?? [0.5, 2])), () => {
        if (running.get(taskId) === run) finish(taskId);
      });
    }
  }

  function finish(taskId: TaskId): void {
    running.delete(taskId);
    outbox.set(taskId, { outcome: outcomeOf(taskId, nature), state: "waiting" });
    work();
    soon(chance.between(0, 50), flush);
  }

  function flush(): void {
    const own = line;
    if (!own) return;
    const sent = [...outbox.values()].filter(({ state }) => state === "waiting");
    const want = room();
    if (sent.length === 0 && want === 0) return;
    for (const kept of sent) kept.state = "sent";
    asked += want;
    const outcomes = sent.map(({ outcome }) => outcome);
    const isLost = chance.happens(nature.losesAnswers);
    const deliver = () =>
      coordinator.report(id, own, outcomes, want, (answers) => {
        if (isLost) return breakLine(chance.between(10, 5_000));
        receive(own, () => outcomes.forEach(({ taskId }, place) => settle(taskId, answers[place] ?? "done")));
      });
    send(own, deliver);
    if (chance.happens(nature.repeats)) send(own, deliver);
  }

  function settle(taskId: TaskId, answer: Answer): void {
    const kept = outbox.get(taskId);
    if (!kept) return;
    if (answer === "done") outbox.delete(taskId);
    else if (answer === "hold") kept.state = "held";
    else if (kept.state !== "uploading") upload(taskId, kept);
    soon(chance.between(0, 50), flush);
  }

  function upload(taskId: TaskId, kept: Kept): void {
    kept.state = "uploading";
    soon(chance.between(10, 3_000), () => {
      if (outbox.get(taskId) !== kept) return;
      if (kept.outcome.type === "output") coordinator.blocks.add(kept.outcome.digest);
      kept.state = "waiting";
      flush();
    });
  }

  function forget(taskIds: readonly TaskId[]): void {
    queue = queue.filter((taskId) => !taskIds.includes(taskId));
    for (const taskId of taskIds) running.delete(taskId);
    work();
    flush();
  }

  return {
    id,
    connect,
    breakLine,
    closeTab({ saysGoodbye, keepsOutbox, awayMs }) {
      const own = line;
      if (own) clock.in(latencyMs, () => coordinator.isUp() && coordinator.hangUp(id, own, saysGoodbye));
      line = null;
      isOpen = false;
      queue = [];
      running.clear();
      if (!keepsOutbox) outbox.clear();
      for (const kept of outbox.values()) kept.state = "waiting";
      if (awayMs === null) return;
      clock.in(awayMs, () => {
        isOpen = true;
        connect();
      });
    },
    freeze: (ms) => (frozenUntil = Math.max(frozenUntil, clock.now() + ms)),
    burden: () => ({ held: queue.length + running.size, kept: outbox.size }),
  };
}

function outcomeOf(taskId: TaskId, nature: Nature): ReportedOutcome {
  const answer = nature.answerTo(taskId);
  const elapsedMs = taskIdParts(taskId).count * nature.taskMs;
  if ("error" in answer) {
    return { type: "error", taskId, error: { message: answer.error, stack: "", record: null }, elapsedMs };
  }
  const { digest } = answer;
  return {
    type: "output",
    taskId,
    digest,
    parts: [{ digest, bytes: 1, records: 1 }],
    bytesHere: true,
    elapsedMs,
  };
}
