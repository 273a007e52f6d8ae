/**
 * One slot: a place for one worker, which runs the tasks of one job, one bundle after the other.
 *
 * While one bundle runs, the next of the same job may lie ready in the worker: it goes on at once, without waiting
 * for the agent. Another job gets a fresh worker, and so does anything after a worker that was killed.
 */
import { taskIdParts, type JobId, type TaskId } from "../../protocol/ids";
import type { JobSpec, ReleaseReason } from "../../protocol/task";
import { LoadAnswer, SlotOutcomes, type SlotNotice, type SlotOutcome } from "../sandbox/slot-answers";
import type { RuntimeFiles, SlotTask } from "../sandbox/slot-api";
import type { FromSlot, ToSlot } from "../sandbox/stream-messages";
import { afterAwake, type Clock } from "./clock";
import type { OpenRunner, SlotRunner } from "./slot-runner";
import type { TaskFeed } from "./task-feed";

export interface Work {
  readonly spec: JobSpec;
  /** Only asked for when the slot has not loaded the job's program yet. */
  readonly code: () => Promise<JobCode>;
  readonly tasks: readonly SlotTask[];
  /** Of the tasks that may use one. */
  readonly feeds: ReadonlyMap<TaskId, TaskFeed>;
}

/** What a worker needs before it can run a job's tasks. */
export interface JobCode {
  readonly program: Uint8Array;
  /** Of its runtime, by name. */
  readonly files: RuntimeFiles;
}

/** How a bundle ended. */
export type WorkEnd =
  | { readonly type: "answered"; readonly outcomes: readonly SlotOutcome[]; readonly elapsedMs: number }
  /** The program cannot be loaded, so none of its tasks can run. */
  | { readonly type: "unloadable"; readonly message: string; readonly stack: string }
  | { readonly type: "overran" }
  /** The worker went because of the bundle before: these tasks may run elsewhere. */
  | { readonly type: "unstarted" }
  /** The worker was killed or broke. */
  | { readonly type: "gone"; readonly reason: ReleaseReason };

export type SlotState =
  | { readonly state: "idle" }
  | {
      readonly state: "running";
      readonly jobId: JobId;
      readonly taskIds: readonly TaskId[];
      /** Place of the running task among them. */
      readonly index: number;
      readonly progress: number;
      readonly sinceAt: number;
    };

type SlotWorker =
  | { readonly state: "none" }
  | { readonly state: "starting"; readonly runner: SlotRunner; readonly started: Promise<void> }
  | { readonly state: "loaded"; readonly runner: SlotRunner; readonly jobId: JobId };

/** A bundle's place in a slot: the running one, or the one after it. */
interface Turn {
  readonly jobId: JobId;
  readonly taskIds: readonly TaskId[];
  /** How long each task may take. Null while their input is fetched. */
  limitMs: number | null;
  /** True once there is a worker for it to break. */
  hasWorker: boolean;
  feeds: ReadonlyMap<TaskId, TaskFeed>;
  end: ((end: WorkEnd) => void) | null;
  begunAt: number;
  /** Place of the running task, how far it is, and since when it runs. */
  index: number;
  progress: number;
  sinceAt: number;
}

/** A bundle that a slot is kept for while its input is fetched. */
export interface Reservation {
  /** Always ends, whatever the program does. */
  run(work: Work): Promise<WorkEnd>;
  /** When there is nothing to run after all. */
  free(): void;
}

export interface Slot {
  readonly slotId: string;
  readonly state: SlotState;
  /** The job whose program is loaded. */
  readonly warmJob: JobId | null;
  /** The job of which it takes one more bundle while it runs one; null when it does not. */
  readonly aheadJob: JobId | null;
  /** @param jobId Any job when idle, else `aheadJob`. */
  reserve(jobId: JobId, taskIds: readonly TaskId[]): Reservation;
  /** Ends what runs; the slot goes on with a fresh worker when it is next used. */
  kill(reason?: ReleaseReason): void;
  /** Ends what runs, and whatever is run after. */
  close(): void;
}

export interface SlotParts {
  readonly slotId: string;
  readonly openRunner: OpenRunner;
  readonly clock: Clock;
  readonly changed: () => void;
  readonly reportBug: (error: unknown) => void;
}

/** A pack has this much more time than one task. It is handed out as the work of less than half a second. */
const PACK_MS = 5_000;
/**
 * A worker that is not up by then, with its runtime, never will be. Longer than any start that was seen; Python's
 * takes 2 to 5 s on a machine that is not busy.
 */
const START_MS = 60_000;

export function openSlot({ slotId, openRunner, clock, changed, reportBug }: SlotParts): Slot {
  /** The first is the one that runs. */
  let turns: readonly Turn[] = [];
  let worker: SlotWorker = { state: "none" };
  let cancelWatch = () => {};
  let isClosed = false;

  return {
    slotId,
    get state(): SlotState {
      const [turn] = turns;
      if (!turn) return { state: "idle" };
      const { jobId, taskIds, index, progress, sinceAt } = turn;
      return { state: "running", jobId, taskIds, index, progress, sinceAt };
    },
    get warmJob() {
      return worker.state === "loaded" ? worker.jobId : null;
    },
    get aheadJob() {
      const [turn] = turns;
      const hasRoom = turns.length === 1 && turn?.limitMs !== null;
      return hasRoom && worker.state === "loaded" ? worker.jobId : null;
    },
    reserve(jobId, taskIds) {
      const turn: Turn = {
        ...{ jobId, taskIds, limitMs: null, hasWorker: false, feeds: new Map(), end: null },
        ...{ begunAt: clock.now(), index: 0, progress: 0, sinceAt: clock.now() },
      };
      turns = [...turns, turn];
      // While code and input are fetched: that takes as long as a worker takes to start.
      if (turn === turns[0] && !isClosed) startWorker(jobId);
      return { run: (work) => run(turn, work), free: () => leave(turn) };
    },
    kill,
    close() {
      isClosed = true;
      kill();
    },
  };

  /** @param reason `broke` when it may be the task that did it. */
  function kill(reason: ReleaseReason = "stopped"): void {
    const wasAtWork = turns[0]?.hasWorker === true;
    endRunning({ type: "gone", reason: wasAtWork ? reason : "stopped" });
  }

  /** Ends the worker, with what runs in it and what lies ready. */
  function endRunning(end: WorkEnd): void {
    closeWorker();
    for (const [place, turn] of turns.entries()) turn.end?.(place === 0 ? end : { type: "unstarted" });
  }

  async function run(turn: Turn, work: Work): Promise<WorkEnd> {
    const ended = new Promise<WorkEnd>((resolve) => (turn.end = resolve));
    // Which task of a pack takes too long shows when each runs by itself.
    const hasPack = work.tasks.some(({ taskId }) => taskIdParts(taskId).count > 1);
    turn.limitMs = work.spec.taskTimeoutMs + (hasPack ? PACK_MS : 0);
    turn.feeds = work.feeds;
    if (isClosed) turn.end?.({ type: "gone", reason: "stopped" });
    else start(turn, work);
    const end = await ended;
    leave(turn);
    if (end.type !== "answered") endRunning({ type: "unstarted" });
    return end;
  }

  function start(turn: Turn, work: Work): void {
    if (turn === turns[0]) begin(turn);
    loadAndRun(turn, work).then(
      (end) => turn.end?.(end),
      (error) => {
        if (!turns.includes(turn)) return;
        reportBug(error);
        turn.end?.({ type: "gone", reason: turn.hasWorker ? "broke" : "stopped" });
      },
    );
  }

  function leave(turn: Turn): void {
    if (turn === turns[0]) cancelWatch();
    turns = turns.filter((other) => other !== turn);
    const [next] = turns;
    if (next && next.limitMs !== null) begin(next);
  }

  /** It is the turn of this one. */
  function begin(turn: Turn): void {
    turn.begunAt = turn.sinceAt = clock.now();
    if (worker.state === "loaded" && worker.jobId === turn.jobId) watchTask(turn);
    else watch(START_MS, () => endRunning({ type: "gone", reason: "stopped" }));
  }

  /** Every task has its whole time, from when the one before was seen to have ended. */
  function watchTask({ limitMs }: Turn): void {
    watch(limitMs ?? 0, () => endRunning({ type: "overran" }));
  }

  function watch(delayMs: number, act: () => void): void {
    cancelWatch();
    cancelWatch = afterAwake(clock, delayMs, act);
  }

  /** After a kill it goes on unheard, and must leave the next worker alone. */
  async function loadAndRun(turn: Turn, { spec, code, tasks }: Work): Promise<WorkEnd> {
    const mine = startWorker(spec.jobId);
    const { runner } = mine;
    const isGone = () => worker.state === "none" || worker.runner !== runner;
    if (mine.state === "starting") {
      const [{ program, files }] = await Promise.all([code(), mine.started]);
      if (isGone()) return { type: "gone", reason: "stopped" };
      await runner.prepare(spec.runtime, files);
      if (isGone()) return { type: "gone", reason: "stopped" };
      turn.hasWorker = true;
      // A program has its time only from when its worker is there.
      watch(spec.taskTimeoutMs, () => endRunning({ type: "overran" }));
      const answer = LoadAnswer.parse(await runner.load(spec, program));
      if (isGone()) return { type: "gone", reason: "stopped" };
      if (answer.type === "unloadable") return answer;
      worker = { state: "loaded", runner, jobId: spec.jobId };
      begin(turn);
    }
    turn.hasWorker = true;
    const outcomes = SlotOutcomes.parse(await runner.run(tasks));
    const isComplete =
      outcomes.length === tasks.length && outcomes.every(({ taskId }, at) => taskId === tasks[at]?.taskId);
    if (!isComplete) throw new Error(`Slot ${slotId} answered for other tasks than it was given`);
    return { type: "answered", outcomes, elapsedMs: clock.now() - turn.begunAt };
  }

  /** The worker that has loaded the job's program, or one that has loaded none. */
  function startWorker(jobId: JobId): Exclude<SlotWorker, { state: "none" }> {
    if (worker.state === "loaded" && worker.jobId !== jobId) closeWorker();
    if (worker.state !== "none") return worker;
    const runner = openRunner(slotId, { noticed, heard });
    const started = runner.start();
    // Whoever runs in it hears of that; it may be that nobody does.
    started.catch(() => {});
    worker = { state: "starting", runner, started };
    return worker;
  }

  function noticed({ taskId, index, progress }: SlotNotice): void {
    const [turn] = turns;
    if (!turn || turn.taskIds[index] !== taskId || index < turn.index) return;
    // Progress within a task does not win it more time.
    if (index > turn.index) {
      turn.sinceAt = clock.now();
      watchTask(turn);
    }
    turn.index = index;
    turn.progress = progress;
    changed();
  }

  function heard(message: FromSlot, answer: (message: ToSlot) => void): void {
    for (const { feeds } of turns) feeds.get(message.taskId)?.heard(message, answer);
  }

  function closeWorker(): void {
    if (worker.state !== "none") worker.runner.close();
    worker = { state: "none" };
  }
}
