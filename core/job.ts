/** A job's life: a union advanced by events. */
import type { EpochMs } from "../protocol/ids";
import { unreachable } from "../protocol/unreachable";
import type { JobFailure } from "../protocol/views";

export type JobLife =
  | { state: "queued" }
  | { state: "running"; startedAt: EpochMs }
  /** Nothing of it is handed out; `startedAt` is null when nothing ever was. */
  | { state: "paused"; startedAt: EpochMs | null }
  | { state: "completed"; startedAt: EpochMs; endedAt: EpochMs }
  | { state: "failed"; startedAt: EpochMs; endedAt: EpochMs; failure: JobFailure }
  | { state: "cancelled"; startedAt: EpochMs | null; endedAt: EpochMs };

export type JobEvent =
  | { type: "started"; at: EpochMs }
  | { type: "paused" }
  | { type: "resumed" }
  | { type: "completed"; at: EpochMs }
  | { type: "failed"; at: EpochMs; failure: JobFailure }
  | { type: "cancelled"; at: EpochMs };

/** The only way a job changes. A job that has ended stays as it ended. */
export function advanceJob(life: JobLife, event: JobEvent): JobLife {
  if (hasEnded(life)) return life;
  const startedAt = life.state === "queued" ? null : life.startedAt;
  switch (event.type) {
    case "started":
      return life.state === "queued" ? { state: "running", startedAt: event.at } : life;
    case "paused":
      return life.state === "paused" ? life : { state: "paused", startedAt };
    case "resumed":
      if (life.state !== "paused") return life;
      return startedAt === null ? { state: "queued" } : { state: "running", startedAt };
    case "completed":
      return { state: "completed", startedAt: startedAt ?? event.at, endedAt: event.at };
    case "failed":
      return { state: "failed", startedAt: startedAt ?? event.at, endedAt: event.at, failure: event.failure };
    case "cancelled":
      return { state: "cancelled", startedAt, endedAt: event.at };
    default:
      return unreachable(event);
  }
}

export function hasEnded(life: JobLife): boolean {
  return life.state === "completed" || life.state === "failed" || life.state === "cancelled";
}
