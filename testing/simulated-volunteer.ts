/**
 * A tab that works, as the coordinator sees one from outside: it asks for tasks, computes
 * for a while, keeps every output until it is told `done`, and offers it again after a new connection.
 */
import type { ReportedOutcome } from "../core/grid-events";
import { unreachable } from "../protocol/unreachable";
import { taskIdParts, type Digest, type TaskId, type VolunteerId } from "../protocol/ids";
import type { Answer } from "../protocol/messages/report";
import type { CoordinatorDoor, Line, SentReport } from "./simulated-coordinator";
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
  /** When it reports, and asks for more: at multiples of this only, in milliseconds. As soon as it can when absent. */
  togetherMs?: number;
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

/** What a tab hears over one of its connections. */
type Heard =
  | { type: "assign" | "revoke" | "welcome" | "drop"; taskIds: readonly TaskId[] }
  | { type: "settle"; taskId: TaskId; answer: Answer }
  | { type: "answer"; outcomes: readonly ReportedOutcome[]; answers: readonly Answer[] };

/** And what it says. */
type Said =
  | { type: "hello"; held: readonly TaskId[]; want: number }
  | { type: "report"; report: SentReport }
  | { type: "beat" };

const BEAT: Said = { type: "beat" };

/** The coordinator's way to a tab, over one of its connections. */
class TabLine implements Line {
  readonly tab: Tab;

  constructor(tab: Tab) {
    this.tab = tab;
  }

  assign(taskIds: readonly TaskId[]): void {
    this.tab.willHear(this, { type: "assign", taskIds });
  }

  revoke(taskIds: readonly TaskId[]): void {
    this.tab.willHear(this, { type: "revoke", taskIds });
  }

  settle(taskId: TaskId, answer: Answer): void {
    this.tab.willHear(this, { type: "settle", taskId, answer });
  }

  welcome(taskIds: readonly TaskId[]): void {
    this.tab.willHear(this, { type: "welcome", taskIds });
  }

  drop(taskIds: readonly TaskId[]): void {
    this.tab.willHear(this, { type: "drop", taskIds });
  }

  answer({ outcomes, losesAnswer }: SentReport, answers: readonly Answer[]): void {
    if (losesAnswer) this.tab.breakLine(this.tab.world.chance.between(10, 5_000));
    else this.tab.willHear(this, { type: "answer", outcomes, answers });
  }

  cut(): void {
    this.tab.lose(this, this.tab.world.chance.between(10, 2_000));
  }
}

/** What is planned for a tab: functions that are there once, and no closures for each time (`VirtualClock.call`). */
const connect = (tab: Tab) => {
  if (!tab.waits(connect, tab, null)) tab.connect();
};
const hear = (line: TabLine, heard: Heard) => line.tab.hear(line, heard);
const arrive = (line: TabLine, said: Said) => line.tab.arrive(line, said);
const beat = (line: TabLine) => line.tab.beat(line);
const finish = (tab: Tab, run: TaskRun) => tab.finish(run);
const flush = (tab: Tab) => tab.flush();
const uploaded = (tab: Tab, kept: Kept) => tab.uploaded(kept);

/** A task that a slot is at. Given away and taken again, it is another run. */
interface TaskRun {
  readonly taskId: TaskId;
}

/** A class, because there are 100,000 of them: as closures, each took four kilobytes. */
class Tab implements SimulatedVolunteer {
  readonly id: VolunteerId;
  readonly world: World;
  readonly #nature: Nature;
  #queue: TaskId[] = [];
  /** As many as it has slots, at most. */
  #running: TaskRun[] = [];
  /** Null when it is empty, as it mostly is. */
  #outbox: Kept[] | null = null;
  #line: TabLine | null = null;
  #asked = 0;
  #isOpen = true;
  #frozenUntil = 0;

  constructor(nature: Nature, world: World) {
    this.id = nature.id;
    this.world = world;
    this.#nature = nature;
  }

  connect(): void {
    if (!this.#isOpen || this.#line) return;
    const { coordinator, clock, chance } = this.world;
    if (!coordinator.isUp()) return clock.call(chance.between(50, 1_000), connect, this, null);
    const own = new TabLine(this);
    this.#line = own;
    coordinator.dial(own);
    this.#asked = 0;
    const want = this.#room();
    this.#asked = want;
    this.#say(own, { type: "hello", held: this.#held(), want });
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
    this.#running = [];
    if (!keepsOutbox) this.#outbox = null;
    for (const kept of this.#outbox ?? []) kept.state = "waiting";
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
    return { held: this.#queue.length + this.#running.length, kept: this.#outbox?.length ?? 0 };
  }

  willHear(line: TabLine, heard: Heard): void {
    this.world.clock.call(this.#nature.latencyMs, hear, line, heard);
  }

  /** Something came over the line: nothing, when another has taken its place by then. */
  hear(line: TabLine, heard: Heard): void {
    if (this.waits(hear, line, heard) || this.#line !== line) return;
    switch (heard.type) {
      case "assign":
        return this.#take(heard.taskIds);
      case "revoke":
      case "drop":
        return this.#forget(heard.taskIds);
      case "welcome":
        this.#forget(heard.taskIds);
        for (const kept of this.#outbox ?? []) if (kept.state !== "uploading") kept.state = "waiting";
        this.flush();
        return this.world.clock.call(HEARTBEAT_MS, beat, line, null);
      case "settle":
        return this.#settle(heard.taskId, heard.answer);
      case "answer":
        return heard.outcomes.forEach(({ taskId }, place) =>
          this.#settle(taskId, heard.answers[place] ?? "done"),
        );
      default:
        return unreachable(heard);
    }
  }

  /** Something reaches the coordinator. */
  arrive(line: TabLine, said: Said): void {
    const { coordinator } = this.world;
    if (this.#line !== line || !coordinator.isUp()) return;
    if (said.type === "hello") coordinator.hello(this.id, line, said.held, said.want);
    else if (said.type === "report") coordinator.report(this.id, line, said.report);
    else coordinator.beat(this.id, line, this.#held());
  }

  lose(own: TabLine, awayMs: number): void {
    if (this.#line !== own) return;
    this.#line = null;
    this.world.clock.call(awayMs, connect, this, null);
  }

  beat(own: TabLine): void {
    if (this.waits(beat, own, null) || this.#line !== own) return;
    this.#say(own, BEAT);
    this.world.clock.call(HEARTBEAT_MS, beat, own, null);
  }

  finish(run: TaskRun): void {
    if (this.waits(finish, this, run)) return;
    const place = this.#running.indexOf(run);
    if (place < 0) return;
    const { taskId } = run;
    this.#running.splice(place, 1);
    this.#keep({ outcome: outcomeOf(taskId, this.#nature), state: "waiting" });
    this.#work();
    this.#flushSoon();
  }

  flush(): void {
    if (this.waits(flush, this, null)) return;
    const own = this.#line;
    if (!own) return;
    const outcomes: ReportedOutcome[] = [];
    for (const kept of this.#outbox ?? []) if (kept.state === "waiting") outcomes.push(kept.outcome);
    const want = this.#room();
    if (outcomes.length === 0 && want === 0) return;
    for (const kept of this.#outbox ?? []) if (kept.state === "waiting") kept.state = "sent";
    this.#asked += want;
    const { chance } = this.world;
    const losesAnswer = chance.happens(this.#nature.losesAnswers);
    const said: Said = { type: "report", report: { outcomes, want, losesAnswer } };
    this.#say(own, said);
    if (chance.happens(this.#nature.repeats)) this.#say(own, said);
  }

  uploaded(kept: Kept): void {
    if (this.waits(uploaded, this, kept) || !this.#outbox?.includes(kept)) return;
    if (kept.outcome.type === "output") this.world.coordinator.blocks.add(kept.outcome.digest);
    kept.state = "waiting";
    this.flush();
  }

  /** True when the tab is frozen: then this is done later. */
  waits<A, B>(act: (a: A, b: B) => void, a: A, b: B): boolean {
    const leftMs = this.#frozenUntil - this.world.clock.now();
    if (leftMs <= 0) return false;
    this.world.clock.call(leftMs, act, a, b);
    return true;
  }

  #take(taskIds: readonly TaskId[]): void {
    this.#asked = Math.max(0, this.#asked - taskIds.length);
    for (const taskId of taskIds)
      if (!this.#isAt(taskId) && !this.#queue.includes(taskId)) this.#queue.push(taskId);
    this.#work();
  }

  #forget(taskIds: readonly TaskId[]): void {
    if (taskIds.length > 0) {
      this.#queue = this.#queue.filter((taskId) => !taskIds.includes(taskId));
      this.#running = this.#running.filter(({ taskId }) => !taskIds.includes(taskId));
    }
    this.#work();
    if (this.#nature.togetherMs === undefined) this.flush();
    else this.#flushSoon();
  }

  #settle(taskId: TaskId, answer: Answer): void {
    const kept = this.#outbox?.find(({ outcome }) => outcome.taskId === taskId);
    if (!kept) return;
    if (answer === "done") this.#letGo(kept);
    else if (answer === "hold") kept.state = "held";
    else if (kept.state !== "uploading") {
      kept.state = "uploading";
      this.world.clock.call(this.world.chance.between(10, 3_000), uploaded, this, kept);
    }
    this.#flushSoon();
  }

  /** In the place of an earlier output of the same task. */
  #keep(kept: Kept): void {
    const outbox = (this.#outbox ??= []);
    const place = outbox.findIndex(({ outcome }) => outcome.taskId === kept.outcome.taskId);
    outbox[place < 0 ? outbox.length : place] = kept;
  }

  #letGo(kept: Kept): void {
    this.#outbox = this.#outbox?.filter((other) => other !== kept) ?? null;
    if (this.#outbox?.length === 0) this.#outbox = null;
  }

  #isAt(taskId: TaskId): boolean {
    return this.#running.some((run) => run.taskId === taskId);
  }

  #held(): TaskId[] {
    const held = [...this.#queue];
    for (const { taskId } of this.#running) held.push(taskId);
    return held;
  }

  #room(): number {
    const capacity = this.#nature.slots * 2;
    return Math.max(0, capacity - this.#queue.length - this.#running.length - this.#asked);
  }

  #say(over: TabLine, said: Said): void {
    this.world.clock.call(this.#nature.latencyMs, arrive, over, said);
  }

  #hangUp(own: TabLine, saysGoodbye: boolean): void {
    const { clock, coordinator } = this.world;
    clock.in(this.#nature.latencyMs, () => {
      if (coordinator.isUp()) coordinator.hangUp(this.id, own, saysGoodbye);
    });
  }

  #work(): void {
    const { slots, taskMs } = this.#nature;
    while (this.#running.length < slots) {
      const taskId = this.#queue.shift();
      if (taskId === undefined) return;
      const run = { taskId };
      this.#running.push(run);
      const draw = this.world.chance.between(...(this.#nature.draw ?? DRAW));
      this.world.clock.call(taskIdParts(taskId).count * taskMs * draw, finish, this, run);
    }
  }

  #flushSoon(): void {
    const { clock, chance } = this.world;
    const { togetherMs } = this.#nature;
    const waitMs = togetherMs === undefined ? chance.between(0, 50) : untilMultiple(togetherMs, clock.now());
    clock.call(waitMs, flush, this, null);
  }
}

function untilMultiple(ms: number, now: number): number {
  return Math.ceil(now / ms) * ms - now;
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
