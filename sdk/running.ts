/** Reads a job's results to their end, telling of its progress meanwhile; cancels it when its reader leaves. */
import type { JobView, LogLine } from "../protocol/views";
import type { JobHandle, Pair } from "./job-handle";

export interface RunOptions {
  /** Cancels what runs. */
  readonly signal?: AbortSignal | undefined;
  /** Called with pictures of the job, at most four a second. */
  readonly onProgress?: (job: JobView) => void;
  /** Called with what tasks log. */
  readonly onLog?: (log: LogLine) => void;
}

/** How long a job that nobody wants any more is tried to be cancelled. */
const CANCEL_MS = 10_000;

/**
 * @yields The job's records.
 * @throws {JobFailedError} If it fails; the signal's reason if that aborts.
 */
export async function* readRunning<Key, Value>(
  job: JobHandle<Key, Value>,
  { signal, onProgress, onLog }: RunOptions,
): AsyncGenerator<Pair<Key, Value>, void> {
  const watching = new AbortController();
  const watched = onProgress || onLog ? watch() : Promise.resolve();
  let isOver = false;
  try {
    yield* job.results({ signal });
    // The last picture is one of a completed job.
    await watched;
    isOver = true;
  } catch (error) {
    isOver = !signal?.aborted;
    throw error;
  } finally {
    watching.abort();
    if (!isOver) await abandon(job);
  }

  async function watch(): Promise<void> {
    const ended = signal ? AbortSignal.any([signal, watching.signal]) : watching.signal;
    try {
      for await (const event of job.events({ signal: ended })) {
        if (event.type === "job") onProgress?.(event.job);
        else onLog?.(event.log);
      }
    } catch (error) {
      // Results matter more: they say themselves when the coordinator has gone.
      if (!ended.aborted) console.warn("tabgrid: progress is not followed any more:", error);
    }
  }
}

/** Cancels it; whether that works changes nothing for the one who leaves. */
export async function abandon(job: Pick<JobHandle, "cancel">): Promise<void> {
  await job.cancel({ signal: AbortSignal.timeout(CANCEL_MS) }).catch(() => {});
}
