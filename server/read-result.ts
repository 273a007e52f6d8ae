/** Streams a job's result: the parts of its last stage, in the order of the tasks, as they were accepted. */
import type { JobId, StageName } from "../protocol/ids";
import { GridError } from "../protocol/problems";
import { verifiedStream } from "./blocks/verified-stream";
import type { Changes } from "./changes";
import type { BlockStore } from "./grid-api";
import type { Database } from "./store/database";
import { readAccepted } from "./store/acceptances";

const TASKS_AT_ONCE = 100;

export interface ResultSource {
  database: Database;
  blocks: BlockStore;
  /** Happen when a task of the job was committed, or the job has ended. */
  changes: Changes;
  /** Whether the job has ended, on the disk too. */
  hasEnded: () => boolean;
  /** True when what is accepted may be corrected until the job ends: nothing is told before. */
  isProvisional: boolean;
  /** Another one after a correction of the result. */
  edition: () => Promise<string | null>;
}

/**
 * @param countTasks Tells how many tasks the stage has, after the last of which the stream ends; null while that is not known.
 * @yields NDJSON bytes. While a task is not accepted yet it waits for it.
 * @throws {GridError} `result-changed` when it is corrected meanwhile: half of each would be neither. `job-ended` when the job ends without one of the tasks: what merely stopped would look complete.
 */
export async function* readResult(
  { database, blocks, changes, hasEnded, isProvisional, edition }: ResultSource,
  key: { jobId: JobId; stage: StageName },
  countTasks: () => Promise<number | null>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let limit = TASKS_AT_ONCE;
  let taskCount: number | null = null;
  let edited: string | null | undefined;
  for (let next = 0; ;) {
    signal.throwIfAborted();
    const isFinal = hasEnded();
    const seen = changes.count;
    taskCount ??= await countTasks();
    if (taskCount === null && !isFinal) {
      await changes.since(seen, signal);
      continue;
    }
    if (next >= (taskCount ?? 0)) return;
    const first = next;
    if (isProvisional && !isFinal) {
      await changes.since(seen, signal);
      continue;
    }
    if (isProvisional && edited === undefined) edited = await edition();
    const tasks = await readAccepted(database, key, first, limit);
    if (isProvisional && (await edition()) !== edited) throw corrected(key.jobId);
    for (const { index, count, parts } of tasks) {
      if (index !== next) break;
      next += count;
      for (const part of parts) {
        if (part.text !== undefined) yield Buffer.from(part.text);
        else yield* verifiedStream(blocks, part.digest);
      }
    }
    limit = next > first ? TASKS_AT_ONCE : 1;
    if (next > first) continue;
    if (isFinal)
      throw new GridError("job-ended", `${key.jobId} ended before ${key.stage} task ${next} was accepted`);
    // Most changes are of other tasks: one row is enough to see whether this one was it.
    await changes.since(seen, signal);
  }
}

/** What was read so far belongs to a result that is no more. */
function corrected(jobId: JobId): GridError {
  return new GridError(
    "result-changed",
    `The result of ${jobId} was corrected while it was read; read it again`,
  );
}
