/**
 * One slot: a place for one worker, which runs the tasks of one job, one bundle at a time.
 *
 * Another job gets a fresh worker, and so does anything after a worker that was killed.
 */
import type { JobId, TaskId } from "../../protocol/ids";
import type { JobSpec } from "../../protocol/task";
import { LoadAnswer, SlotOutcomes, type SlotNotice, type SlotOutcome } from "../sandbox/slot-answers";
import type { SlotTask } from "../sandbox/slot-api";
import type { Clock } from "./clock";
import type { OpenRunner, SlotRunner } from "./slot-runner";

export interface Work {
  readonly spec: JobSpec;
  /** Only asked for when the slot has not loaded the job's program yet. */
  readonly source: () => Promise<string>;
  readonly tasks: readonly SlotTask[];
}

/** How a bundle ended. */
export type WorkEnd =
  | { readonly type: "answered"; readonly outcomes: readonly SlotOutcome[]; readonly elapsedMs: number }
  /** The program cannot be loaded, so none of its tasks can run. */
  | { readonly type: "unloadable"; readonly message: string; readonly stack: string }
  | { readonly type: "overran" }
  /** The worker was killed or broke. */
  | { readonly type: "gone" };

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
  | { readonly state: "starting"; readonly runner: SlotRunner }
  | { readonly state: "loaded"; readonly runner: SlotRunner; readonly jobId: JobId };

export interface Slot {
  readonly slotId: string;
  readonly state: SlotState;
  /** The job whose program is loaded. */
  readonly warmJob: JobId | null;
  /** Marks it as taken while its input is fetched. */
  reserve(jobId: JobId, taskIds: readonly TaskId[]): void;
  /** After `reserve`. Always ends, whatever the program does. */
  run(work: Work): Promise<WorkEnd>;
  /** After `reserve`, when there is nothing to run after all. */
  free(): void;
  /** Ends what runs; the slot goes on with a fresh worker when it is next used. */
  kill(): void;
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

/** A worker that is not up by then never will be. Longer than any start that was seen. */
const START_MS = 20_000;

export function openSlot({ slotId, openRunner, clock, changed, reportBug }: SlotParts): Slot {
  let state: SlotState = { state: "idle" };
  let worker: SlotWorker = { state: "none" };
  let interrupt: ((end: WorkEnd) => void) | null = null;
  let noticedAt = 0;
  let isClosed = false;

  return {
    slotId,
    get state() {
      return state;
    },
    get warmJob() {
      return worker.state === "loaded" ? worker.jobId : null;
    },
    reserve(jobId, taskIds) {
      state = { state: "running", jobId, taskIds, index: 0, progress: 0, sinceAt: clock.now() };
    },
    run,
    free,
    kill,
    close() {
      isClosed = true;
      kill();
    },
  };

  function kill(): void {
    closeWorker();
    interrupt?.({ type: "gone" });
  }

  async function run(work: Work): Promise<WorkEnd> {
    if (isClosed) return { type: "gone" };
    const interrupted = new Promise<WorkEnd>((resolve) => (interrupt = resolve));
    noticedAt = clock.now();
    const limitMs = work.spec.taskTimeoutMs;
    let cancelWatch = clock.after(START_MS, () => interrupt?.({ type: "gone" }));
    try {
      const end = await Promise.race([interrupted, loadAndRun(work, watchLoading, watchTasks)]);
      if (end.type !== "answered") closeWorker();
      return end;
    } catch (error) {
      reportBug(error);
      closeWorker();
      return { type: "gone" };
    } finally {
      cancelWatch();
      interrupt = null;
      free();
    }

    /** A program has its time only from when its worker is there. */
    function watchLoading(): void {
      cancelWatch();
      cancelWatch = clock.after(limitMs, () => interrupt?.({ type: "overran" }));
    }

    /** Every task has its whole time, from when the one before was seen to have ended. */
    function watchTasks(): void {
      cancelWatch();
      const leftMs = noticedAt + limitMs - clock.now();
      if (leftMs <= 0) interrupt?.({ type: "overran" });
      else cancelWatch = clock.after(leftMs, watchTasks);
    }
  }

  /** After a kill it goes on unheard, and must leave the next worker alone. */
  async function loadAndRun(work: Work, loading: () => void, running: () => void): Promise<WorkEnd> {
    const { spec, source, tasks } = work;
    if (worker.state === "loaded" && worker.jobId !== spec.jobId) closeWorker();
    if (worker.state === "none") worker = { state: "starting", runner: openRunner(slotId, noticed) };
    const { runner } = worker;
    const isGone = () => worker.state === "none" || worker.runner !== runner;
    if (worker.state === "starting") {
      await runner.start();
      if (isGone()) return { type: "gone" };
      loading();
      const answer = LoadAnswer.parse(await runner.load(spec, await source()));
      if (isGone()) return { type: "gone" };
      if (answer.type === "unloadable") return answer;
      worker = { state: "loaded", runner, jobId: spec.jobId };
    }
    const startedAt = clock.now();
    noticedAt = startedAt;
    if (state.state === "running") state = { ...state, sinceAt: startedAt };
    running();
    const outcomes = SlotOutcomes.parse(await runner.run(tasks));
    const isComplete =
      outcomes.length === tasks.length && outcomes.every(({ taskId }, at) => taskId === tasks[at]?.taskId);
    if (!isComplete) throw new Error(`Slot ${slotId} answered for other tasks than it was given`);
    return { type: "answered", outcomes, elapsedMs: clock.now() - startedAt };
  }

  function noticed({ index, progress }: SlotNotice): void {
    if (state.state !== "running" || index < state.index || index >= state.taskIds.length) return;
    // Progress within a task does not win it more time.
    if (index > state.index) noticedAt = clock.now();
    state = { ...state, index, progress, sinceAt: noticedAt };
    changed();
  }

  function closeWorker(): void {
    if (worker.state !== "none") worker.runner.close();
    worker = { state: "none" };
  }

  function free(): void {
    state = { state: "idle" };
  }
}
