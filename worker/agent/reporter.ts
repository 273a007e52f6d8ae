/**
 * Carries outcomes to the coordinator and asks for tasks, in the same messages.
 *
 * Gathers for a moment, because a message costs more than an outcome; does not, when a slot has nothing to do.
 */
import type { TaskId } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import type { Assign } from "../../protocol/messages/assign";
import type { Heartbeat } from "../../protocol/messages/heartbeat";
import type { Answer, Receipt, Report } from "../../protocol/messages/report";
import type { Outcome } from "../../protocol/task";
import type { BlockServer } from "./blocks-http";
import type { Cache } from "./cache";
import type { Clock } from "./clock";
import { Refusal } from "./connection";
import type { Outbox } from "./outbox";
import { openUploads } from "./uploads";

export interface Reporter {
  /** Takes what slots gave. */
  add(outcomes: readonly Outcome[]): void;
  /** Sends now what there is, if there is anything to say. */
  flush(): void;
  /** What waits to be reported may have to go sooner: less is left to do. */
  hurry(): void;
  /** @returns Whether the heartbeat that is due goes with a report that is about to be sent, and can be. */
  takesBeat(): boolean;
  answered(taskId: TaskId, answer: Answer): void;
  /** Tasks were asked for along with hello. They may come before the welcome does. */
  saidHello(asked: number): void;
  /** The coordinator has said welcome: everything is offered again. */
  connected(): void;
  disconnected(): void;
  /** Tasks came that had been asked for. */
  received(taskCount: number): void;
  readonly askedCount: number;
}

export interface ReporterParts {
  readonly outbox: Outbox;
  readonly cache: Pick<Cache, "keep">;
  readonly server: Pick<BlockServer, "put">;
  readonly clock: Clock;
  readonly send: (message: Report) => Promise<Receipt>;
  /** Tasks came with an answer. */
  readonly assigned: (message: Assign) => void;
  /** How many tasks to ask for now, if this many are on their way. */
  readonly want: (askedCount: number) => number;
  /**
   * How long to wait for further outcomes while every slot has something to do, in milliseconds.
   * @param jitter From 0 to 1, the same until a report is sent.
   * @param outcomes What waits.
   */
  readonly gatherMs: (jitter: number, outcomes: readonly Outcome[]) => number;
  /** What is held, to be said along with a report. */
  readonly beat: () => Heartbeat;
  /** What the coordinator told with an answer: tasks of that heartbeat that nobody waits for, and how long to gather. */
  readonly told: (receipt: Pick<Receipt, "dropped" | "paceMs">) => void;
  readonly random: () => number;
  readonly changed: () => void;
  readonly reportBug: (error: unknown) => void;
}

/** Reports on their way at once: more than one hides the round trip, many would only wait in a line. */
const MAX_IN_FLIGHT = 4;
const RETRY_MS = 1_000;
/** For less than this, what is planned is not planned anew: it would be one report more. */
const WORTH_HURRY_MS = 400;

export function openReporter(parts: ReporterParts): Reporter {
  const { outbox, cache, server, clock, send, want, changed, reportBug } = parts;
  let isConnected = false;
  let askedCount = 0;
  let inFlight = 0;
  /** Which connection this is: answers that come over an older one do not count. */
  let connectionNumber = 0;
  let cancelTimer: (() => void) | null = null;
  let dueAt = Infinity;
  let jitter = parts.random();
  let isBeatDue = false;
  let restUntil = 0;
  /** Outcomes still to send each in a report of its own. */
  let oneByOne = 0;

  const upload = openUploads({
    outbox,
    cache,
    server,
    reportBug,
    uploaded(taskId) {
      outbox.retry(taskId);
      gather(gatherMs());
    },
    failed(taskId) {
      outbox.drop(taskId);
      outbox.add([{ type: "released", taskId, reason: "stopped" }]);
      gather(gatherMs());
    },
  });

  return {
    add(outcomes) {
      outbox.add(outcomes);
      if (outbox.isReportFull) flush();
      else gather(gatherMs(outcomes));
    },
    flush,
    hurry() {
      if (outbox.waitingCount > 0) gather(gatherMs());
    },
    takesBeat() {
      return (isBeatDue = canSend() && outbox.waitingCount > 0);
    },
    answered,
    saidHello(asked) {
      askedCount = asked;
    },
    connected() {
      isConnected = true;
      restUntil = 0;
      outbox.retryAll();
      flush();
    },
    disconnected() {
      isConnected = false;
      connectionNumber += 1;
      inFlight = 0;
      askedCount = 0;
      isBeatDue = false;
    },
    received(taskCount) {
      askedCount = Math.max(0, askedCount - taskCount);
    },
    get askedCount() {
      return askedCount;
    },
  };

  function canSend(): boolean {
    return isConnected && inFlight < MAX_IN_FLIGHT && clock.now() >= restUntil;
  }

  /** @param outcomes Some that wait; all of them when left out. */
  function gatherMs(outcomes: readonly Outcome[] = outbox.waiting()): number {
    return parts.gatherMs(jitter, outcomes);
  }

  /** Much sooner than planned, but not later. */
  function gather(delayMs: number): void {
    const at = clock.now() + delayMs;
    if (cancelTimer !== null && at > dueAt - WORTH_HURRY_MS) return;
    cancelTimer?.();
    dueAt = at;
    cancelTimer = clock.after(delayMs, flush);
  }

  function flush(): void {
    cancelTimer?.();
    cancelTimer = null;
    dueAt = Infinity;
    const restMs = restUntil - clock.now();
    if (restMs > 0) return gather(restMs);
    while (canSend()) {
      const wanted = want(askedCount);
      if (outbox.waitingCount === 0 && wanted === 0) return;
      const outcomes = outbox.take(oneByOne > 0 ? 1 : LIMITS.batch);
      oneByOne = Math.max(0, oneByOne - 1);
      askedCount += wanted;
      void deliver({ outcomes, want: wanted, ...(isBeatDue && { beat: parts.beat() }) });
      isBeatDue = false;
      jitter = parts.random();
    }
  }

  async function deliver(report: Report): Promise<void> {
    const sentOver = connectionNumber;
    inFlight += 1;
    try {
      const { answers, assigned, dropped, paceMs } = await send(report);
      if (sentOver === connectionNumber) {
        if (assigned) parts.assigned(assigned);
        parts.told({ dropped, paceMs });
      }
      report.outcomes.forEach((sent, index) => answered(sent.taskId, answers[index] ?? "done", sent));
    } catch (error) {
      // A line that broke offers everything again by itself.
      if (sentOver === connectionNumber) giveBack(report, error);
    }
    if (sentOver !== connectionNumber) return;
    inFlight -= 1;
    changed();
    if (outbox.isReportFull) flush();
    else if (outbox.waitingCount > 0) gather(gatherMs());
  }

  /** The coordinator did not take a report: later, one by one, or never. */
  function giveBack({ outcomes, want: wanted }: Report, error: unknown): void {
    reportBug(error);
    askedCount = Math.max(0, askedCount - wanted);
    const isTemporary = !(error instanceof Refusal) || error.problem.status >= 500;
    const waitMs = error instanceof Refusal ? (error.problem.retryAfterMs ?? RETRY_MS) : RETRY_MS;
    restUntil = clock.now() + waitMs;
    // One bad outcome must not take the others along: they go one by one until all of them are through.
    if (!isTemporary && outcomes.length > 1) oneByOne = outcomes.length;
    for (const { taskId } of outcomes) {
      if (isTemporary || outcomes.length > 1) outbox.retry(taskId);
      else outbox.drop(taskId);
    }
    gather(waitMs);
  }

  function answered(taskId: TaskId, answer: Answer, sent?: Outcome): void {
    const outcome = outbox.answered(taskId, answer, sent);
    if (outcome) upload(outcome);
    changed();
  }
}
