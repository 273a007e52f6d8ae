/**
 * Runs bundles in slots, and turns how they ended into what the coordinator is told.
 *
 *   bundle ── inputs fetched ──▶ slot ── ended ──▶ outcomes, or tasks that are to run again
 */
import { taskIdParts, type Digest, type JobId, type TaskId } from "../../protocol/ids";
import type { AssignedTask, JobSpec, Outcome, Ticket } from "../../protocol/task";
import { unreachable } from "../../protocol/unreachable";
import type { Cache } from "./cache";
import type { Clock } from "./clock";
import { openLateReleases, type Released } from "./late-releases";
import { prepare, type Prepared } from "./prepare";
import type { Bundle } from "./queue";
import type { SlotTask } from "../sandbox/slot-api";
import type { JobCode, Reservation, Slot, WorkEnd } from "./slot";
import type { Outbox } from "./outbox";
import { outcomesOf, released } from "./slot-outcomes";
import { openTaskFeed, type TaskFeed } from "./task-feed";
import { reasonFor } from "./unreadable";

export interface BundleRuns {
  /** Tasks in slots, and some that are given back in a moment. One that is forgotten while its slot works on it is not reported. */
  readonly running: ReadonlyMap<TaskId, Ticket | undefined>;
  /** Ends with the bundle, whatever happens. */
  run(slot: Slot, bundle: Bundle): Promise<void>;
  forget(taskIds: Iterable<TaskId>): void;
}

export interface BundleRunsParts {
  readonly cache: Pick<Cache, "get" | "lend" | "prefetch" | "suspect">;
  readonly outbox: Pick<Outbox, "keep" | "release" | "bytesOf">;
  readonly specOf: (jobId: JobId) => JobSpec | undefined;
  /** @throws {Error} When it cannot be fetched. */
  readonly clock: Clock;
  readonly codeOf: (spec: JobSpec) => Promise<JobCode>;
  /** A slot has begun with a bundle, and has room for the next one. */
  readonly begun: () => void;
  /** So many tasks of the same job and stage as this one took so long together. */
  readonly measured: (taskId: TaskId, taskCount: number, elapsedMs: number) => void;
  readonly finished: (outcomes: readonly Outcome[]) => void;
  /** Tasks that others may be waiting to have. */
  readonly givenBack: (outcomes: readonly Outcome[]) => void;
  /** @param alone Whether each needs a call of its own. */
  readonly runAgain: (tasks: readonly AssignedTask[], alone: boolean) => void;
  readonly reportBug: (error: unknown) => void;
}

export function openBundleRuns(parts: BundleRunsParts): BundleRuns {
  const { cache, outbox, clock, reportBug } = parts;
  const running = new Map<TaskId, Ticket | undefined>();
  const late = openLateReleases(clock, (outcomes) => parts.givenBack(take(outcomes)));
  return { running, run, forget };

  async function run(slot: Slot, { jobId, tasks }: Bundle): Promise<void> {
    const taskIds = idsOf(tasks);
    for (const { taskId, ticket } of tasks) running.set(taskId, ticket);
    const reservation = slot.reserve(jobId, taskIds);
    try {
      await runIn(reservation, slot.warmJob === jobId, jobId, tasks);
    } catch (error) {
      reportBug(error);
      reservation.free();
      releaseLate(released(taskIds, reasonFor(error)));
    }
  }

  async function runIn(
    slot: Reservation,
    isWarm: boolean,
    jobId: JobId,
    tasks: readonly AssignedTask[],
  ): Promise<void> {
    const spec = parts.specOf(jobId);
    if (!spec) throw new Error(`Tasks of job ${jobId} came before the job`);
    const prepared = await prepare(cache, tasks, reportBug);
    releaseLate(prepared.missing.map((task) => ({ type: "released", ...task })));
    const postponed = prepared.postponed.filter(({ taskId }) => running.has(taskId));
    if (postponed.length > 0) again(postponed, false);
    if (!prepared.tasks.some(({ taskId }) => running.has(taskId))) return slot.free();
    let fetched: Promise<JobCode> | null = null;
    const code = () => (fetched ??= parts.codeOf(spec));
    // Before the slot's time begins: a runtime may be many megabytes.
    if (!isWarm) await code();
    const feeds = new Map(prepared.tasks.map(({ taskId }) => [taskId, feedOf(taskId, prepared)]));
    const ending = slot.run({ spec, code, tasks: prepared.tasks, feeds });
    parts.begun();
    try {
      const end = await ending;
      if (end.type === "answered") measure(end);
      const wanted = tasks.filter(({ taskId }) => running.has(taskId));
      await ended(withoutSpoilt(end, wanted, prepared), spec, wanted, feeds);
    } finally {
      for (const feed of feeds.values()) feed.close();
    }
  }

  function feedOf(taskId: TaskId, { later }: Prepared): TaskFeed {
    return openTaskFeed({ taskId, later: later.get(taskId) ?? [], cache, outbox, reportBug });
  }

  async function ended(
    end: WorkEnd,
    spec: JobSpec,
    tasks: readonly AssignedTask[],
    feeds: ReadonlyMap<TaskId, TaskFeed>,
  ): Promise<void> {
    switch (end.type) {
      case "answered":
        return takeAnswers(await outcomesOf(end.outcomes, feeds));
      case "unloadable":
        return fail(tasks, end.message, end.stack, 0);
      case "overran":
        // Of several tasks, it is not known which one took the time: each gets another run, by itself.
        if (tasks.length > 1) return again(tasks, true);
        return fail(tasks, `The task ran longer than ${spec.taskTimeoutMs} ms`, "", spec.taskTimeoutMs);
      case "unstarted":
        return again(tasks, false);
      case "gone":
        // Nor which one broke the worker.
        if (end.reason === "broke" && tasks.length > 1) return again(tasks, true);
        return parts.givenBack(take(released(idsOf(tasks), end.reason)));
      default:
        return unreachable(end);
    }
  }

  /** What a slot gives back is of a stream that failed. */
  function takeAnswers(outcomes: readonly Outcome[]): void {
    releaseLate(outcomes.filter((outcome) => outcome.type === "released"));
    parts.finished(take(outcomes.filter(({ type }) => type !== "released")));
  }

  /** Tasks whose block turned out not to be what its digest says run again, with the right one. */
  function withoutSpoilt(end: WorkEnd, tasks: readonly AssignedTask[], { tasks: given }: Prepared): WorkEnd {
    if (end.type !== "answered" || !end.outcomes.some(({ type }) => type === "spoilt")) return end;
    const lent = new Set(given.flatMap(lentTo));
    const blocks = new Map(tasks.map(({ taskId, input }) => [taskId, "block" in input ? input.block : null]));
    const spoilt = new Set<TaskId>();
    for (const { type, taskId } of end.outcomes) {
      const block = blocks.get(taskId);
      if (type !== "spoilt" || !block || !lent.has(block)) continue;
      cache.suspect(block);
      spoilt.add(taskId);
    }
    again(
      tasks.filter(({ taskId }) => spoilt.has(taskId)),
      false,
    );
    return { ...end, outcomes: end.outcomes.filter(({ taskId }) => !spoilt.has(taskId)) };
  }

  function measure({ outcomes, elapsedMs }: Extract<WorkEnd, { type: "answered" }>): void {
    const [first] = outcomes;
    const taskCount = outcomes.reduce((sum, { taskId }) => sum + taskIdParts(taskId).count, 0);
    if (first) parts.measured(first.taskId, taskCount, elapsedMs);
  }

  function fail(tasks: readonly AssignedTask[], message: string, stack: string, elapsedMs: number): void {
    const error = { type: "error", message, stack, record: null, elapsedMs } as const;
    parts.finished(take(tasks.map(({ taskId }) => ({ ...error, taskId }))));
  }

  function again(tasks: readonly AssignedTask[], alone: boolean): void {
    forget(idsOf(tasks));
    parts.runAgain(tasks, alone);
  }

  /** Until then they are held here, but for those that nobody waits for any more. */
  function releaseLate(outcomes: readonly Released[]): void {
    late.add(outcomes.filter(({ taskId }) => running.has(taskId)));
  }

  /** Takes tasks out of those that run. Without those that nobody waits for any more. */
  function take(outcomes: readonly Outcome[]): Outcome[] {
    return outcomes.flatMap((outcome) => {
      const ticket = running.get(outcome.taskId);
      if (!running.delete(outcome.taskId)) return [];
      return [ticket === undefined || outcome.type === "released" ? outcome : { ...outcome, ticket }];
    });
  }

  function forget(taskIds: Iterable<TaskId>): void {
    for (const taskId of taskIds) {
      running.delete(taskId);
      late.forget(taskId);
    }
  }
}

const idsOf = (tasks: readonly AssignedTask[]) => tasks.map(({ taskId }) => taskId);

function lentTo({ input }: SlotTask): Digest[] {
  return input.type === "records" && input.bytes instanceof Blob ? [input.block] : [];
}
