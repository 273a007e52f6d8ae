/**
 * Runs items through as many jobs as it takes, a few at once, and tells the results in the order of the items.
 *
 *   items ─▶ batches ── submit ─▶ jobs under way ── results, the first job's first ─▶ reader
 *
 * A slow reader slows it all down: then no further jobs are begun, and no further items are read.
 */
import type { Classes } from "../protocol/objects/classes";
import type { Batch, BatchLimits } from "./batches";
import { batchesOf } from "./batches";
import type { JobHandle } from "./job-handle";
import { abandon, readRunning, type RunOptions } from "./running";

export interface MapJobs {
  readonly source: Iterable<unknown> | AsyncIterable<unknown>;
  readonly limits: BatchLimits;
  /** Whose instances may be among the items. */
  readonly classes: Classes;
  /** How many jobs may be under way. */
  readonly jobsAtOnce: number;
  readonly submit: (batch: Batch, signal: AbortSignal) => Promise<JobHandle>;
}

/** The place of an item among all of them, and what it became. */
export type Placed = readonly [index: number, value: unknown];

interface Started {
  readonly job: JobHandle;
  readonly first: number;
}

type Submitting = { state: "going" } | { state: "all" } | { state: "failed"; error: unknown };

/**
 * @throws {JobFailedError} If a job fails: the others are cancelled. What the source throws, after the results of the
 *   items before. The signal's reason, when it aborts.
 */
export async function* runMapJobs(parts: MapJobs, options: RunOptions): AsyncGenerator<Placed, void> {
  const { source, limits, classes, jobsAtOnce, submit } = parts;
  const leaving = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, leaving.signal]) : leaving.signal;
  const started: Started[] = [];
  const bell = openBell();
  let underWay = 0;
  const submitting: { now: Submitting } = { now: { state: "going" } };
  void begin().then(
    () => ended({ state: "all" }),
    (error: unknown) => ended({ state: "failed", error }),
  );
  const stop = () => bell.ring();
  signal.addEventListener("abort", stop);
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = started[0];
      if (next) {
        for await (const { key, value } of readRunning(next.job, { ...options, signal }))
          yield [next.first + Number(key), value];
        started.shift();
        underWay -= 1;
        bell.ring();
      } else if (submitting.now.state === "failed") throw submitting.now.error;
      else if (submitting.now.state === "all") return;
      else await bell.heard();
    }
  } finally {
    signal.removeEventListener("abort", stop);
    leaving.abort();
    await Promise.all(started.map(({ job }) => abandon(job)));
  }

  async function begin(): Promise<void> {
    const hasRoom = () => underWay < jobsAtOnce;
    for await (const batch of batchesOf(source, limits, hasRoom, classes)) {
      while (!hasRoom() && !signal.aborted) await bell.heard();
      if (signal.aborted) return;
      underWay += 1;
      const job = await submit(batch, signal);
      // Whoever left in the meantime did not see it.
      if (signal.aborted) return abandon(job);
      started.push({ job, first: batch.first });
      bell.ring();
    }
  }

  function ended(how: Submitting): void {
    submitting.now = how;
    bell.ring();
  }
}

/** Wakes whoever waits; each looks for itself whether it was meant. */
function openBell() {
  let waiting: (() => void)[] = [];
  return {
    ring() {
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
    heard: () => new Promise<void>((resolve) => waiting.push(resolve)),
  };
}
