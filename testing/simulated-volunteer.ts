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
const DRAW = [0.5, 2] as const;

export function createVolunteer(
  nature: Nature,
  coordinator: CoordinatorDoor,
  clock: VirtualClock,
  chance: Chance,
): SimulatedVolunteer {
  return new Tab(nature, { coordinator, clock, chance });
}

/** What all volunteers of a simulation share. */
interface World {
  coordinator: CoordinatorDoor;
  clock: VirtualClock;
  chance: Chance;
}

/** The coordinator's way to a tab, over one of its connections. */
class TabLine implements Line {
  readonly #tab: Tab;

  constructor(tab: Tab) {
    this.#tab = tab;
  }

  assign(taskIds: readonly TaskId[]): void {
    this.#tab.receive(this, () => this.#tab.take(taskIds));
  }

  revoke(taskIds: readonly TaskId[]): void {
    this.#tab.receive(this, () => this.#tab.forget(taskIds));
  }

  settle(taskId: TaskId, answer: Answer): void {
    this.#tab.receive(this, () => this.#tab.settle(taskId, answer));
  }

  cut(): void {
    this.#tab.lose(this, this.#tab.world.chance.between(10, 2_000));
  }
}

/** A class, because there are 100,000 of them: as closures, each took four kilobytes. */
class Tab implements SimulatedVolunteer {
  readonly id: VolunteerId;
  readonly world: World;
  readonly #nature: Nature;
  #queue: TaskId[] = [];
  /** With the number of its run. */
  readonly #running = new Map<TaskId, number>();
  readonly #outbox = new Map<TaskId, Kept>();
  #line: Line | null = null;
  #asked = 0;
  #runs = 0;
  #isOpen = true;
  #frozenUntil = 0;

  constructor(nature: Nature, world: World) {
    this.id = nature.id;
    this.world = world;
    this.#nature = nature;
  }

  connect(): void {
    if (!this.#isOpen || this.#line) return;
    const { coordinator, chance } = this.world;
    if (!coordinator.isUp()) return this.#soon(chance.between(50, 1_000), () => this.connect());
    const own = new TabLine(this);
    this.#line = own;
    coordinator.dial(own);
    this.#asked = 0;
    const want = this.#room();
    this.#asked = want;
    const holding = this.#held();
    this.#send(own, () =>
      coordinator.hello(this.id, own, holding, want, (dropped) =>
        this.receive(own, () => {
          this.forget(dropped);
          for (const kept of this.#outbox.values()) if (kept.state !== "uploading") kept.state = "waiting";
          this.#flush();
          this.#soon(HEARTBEAT_MS, () => this.#beat(own));
        }),
      ),
    );
  }

  /** The line breaks; the tab works on and comes back. */
  breakLine(awayMs: number): void {
    const own = this.#line;
    if (!own) return;
    this.#hangUp(own, false);
    this.lose(own, awayMs);
  }

  closeTab({ saysGoodbye, keepsOutbox, awayMs }: Parameters<SimulatedVolunteer["closeTab"]>[0]): void {
    if (this.#line) this.#hangUp(this.#line, saysGoodbye);
    this.#line = null;
    this.#isOpen = false;
    this.#queue = [];
    this.#running.clear();
    if (!keepsOutbox) this.#outbox.clear();
    for (const kept of this.#outbox.values()) kept.state = "waiting";
    if (awayMs === null) return;
    this.world.clock.in(awayMs, () => {
      this.#isOpen = true;
      this.connect();
    });
  }

  freeze(ms: number): void {
    this.#frozenUntil = Math.max(this.#frozenUntil, this.world.clock.now() + ms);
  }

  burden(): { held: number; kept: number } {
    return { held: this.#queue.length + this.#running.size, kept: this.#outbox.size };
  }

  /** Something that comes over the line: nothing, when another has taken its place by then. */
  receive(over: Line, act: () => void): void {
    this.#soon(this.#nature.latencyMs, () => {
      if (this.#line === over) act();
    });
  }

  take(taskIds: readonly TaskId[]): void {
    this.#asked = Math.max(0, this.#asked - taskIds.length);
    for (const taskId of taskIds)
      if (!this.#running.has(taskId) && !this.#queue.includes(taskId)) this.#queue.push(taskId);
    this.#work();
  }

  forget(taskIds: readonly TaskId[]): void {
    if (taskIds.length > 0) this.#queue = this.#queue.filter((taskId) => !taskIds.includes(taskId));
    for (const taskId of taskIds) this.#running.delete(taskId);
    this.#work();
    this.#flush();
  }

  settle(taskId: TaskId, answer: Answer): void {
    const kept = this.#outbox.get(taskId);
    if (!kept) return;
    if (answer === "done") this.#outbox.delete(taskId);
    else if (answer === "hold") kept.state = "held";
    else if (kept.state !== "uploading") this.#upload(taskId, kept);
    this.#flushSoon();
  }

  lose(own: Line, awayMs: number): void {
    if (this.#line !== own) return;
    this.#line = null;
    this.#soon(awayMs, () => this.connect());
  }

  #held(): TaskId[] {
    return [...this.#queue, ...this.#running.keys()];
  }

  #room(): number {
    const capacity = this.#nature.slots * 2;
    return Math.max(0, capacity - this.#queue.length - this.#running.size - this.#asked);
  }

  /** Something the tab does later; while frozen, it waits. */
  #soon(delayMs: number, act: () => void): void {
    this.world.clock.in(delayMs, () => {
      const leftMs = this.#frozenUntil - this.world.clock.now();
      if (leftMs > 0) this.#soon(leftMs, act);
      else act();
    });
  }

  #send(over: Line, act: () => void): void {
    const { clock, coordinator } = this.world;
    clock.in(this.#nature.latencyMs, () => {
      if (this.#line === over && coordinator.isUp()) act();
    });
  }

  #hangUp(own: Line, saysGoodbye: boolean): void {
    const { clock, coordinator } = this.world;
    clock.in(this.#nature.latencyMs, () => {
      if (coordinator.isUp()) coordinator.hangUp(this.id, own, saysGoodbye);
    });
  }

  #beat(own: Line): void {
    if (this.#line !== own) return;
    this.#send(own, () =>
      this.world.coordinator.beat(this.id, own, this.#held(), (dropped) =>
        this.receive(own, () => this.forget(dropped)),
      ),
    );
    this.#soon(HEARTBEAT_MS, () => this.#beat(own));
  }

  #work(): void {
    const { slots, taskMs } = this.#nature;
    while (this.#running.size < slots) {
      const taskId = this.#queue.shift();
      if (taskId === undefined) return;
      const run = this.#runs++;
      this.#running.set(taskId, run);
      this.#soon(
        taskIdParts(taskId).count * taskMs * this.world.chance.between(...(this.#nature.draw ?? DRAW)),
        () => {
          if (this.#running.get(taskId) === run) this.#finish(taskId);
        },
      );
    }
  }

  #finish(taskId: TaskId): void {
    this.#running.delete(taskId);
    this.#outbox.set(taskId, { outcome: outcomeOf(taskId, this.#nature), state: "waiting" });
    this.#work();
    this.#flushSoon();
  }

  #flushSoon(): void {
    this.#soon(this.world.chance.between(0, 50), () => this.#flush());
  }

  #flush(): void {
    const own = this.#line;
    if (!own) return;
    const outcomes: ReportedOutcome[] = [];
    for (const kept of this.#outbox.values()) if (kept.state === "waiting") outcomes.push(kept.outcome);
    const want = this.#room();
    if (outcomes.length === 0 && want === 0) return;
    for (const kept of this.#outbox.values()) if (kept.state === "waiting") kept.state = "sent";
    this.#asked += want;
    const { coordinator, chance } = this.world;
    const isLost = chance.happens(this.#nature.losesAnswers);
    const deliver = () =>
      coordinator.report(this.id, own, outcomes, want, (answers) => {
        if (isLost) return this.breakLine(chance.between(10, 5_000));
        this.receive(own, () =>
          outcomes.forEach(({ taskId }, place) => this.settle(taskId, answers[place] ?? "done")),
        );
      });
    this.#send(own, deliver);
    if (chance.happens(this.#nature.repeats)) this.#send(own, deliver);
  }

  #upload(taskId: TaskId, kept: Kept): void {
    const { coordinator, chance } = this.world;
    kept.state = "uploading";
    this.#soon(chance.between(10, 3_000), () => {
      if (this.#outbox.get(taskId) !== kept) return;
      if (kept.outcome.type === "output") coordinator.blocks.add(kept.outcome.digest);
      kept.state = "waiting";
      this.#flush();
    });
  }
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
