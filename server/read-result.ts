/** Streams a job's result: the parts of its last stage, in the order of the tasks, as they were accepted. */
import { once, type EventEmitter } from "node:events";
import type { Digest, JobId, StageName } from "../protocol/ids";
import type { BlockStore } from "./grid-api";
import type { Database } from "./store/database";
import { readAccepted } from "./store/tasks";

const TASKS_AT_ONCE = 100;

export interface ResultSource {
  database: Database;
  blocks: BlockStore;
  /** Emits `change` when a task of the job was committed, or the job has ended. */
  changes: EventEmitter;
  hasEnded: () => boolean;
}

/**
 * @param taskCount Tasks of the stage; the stream ends after the last of them.
 * @yields NDJSON bytes. While a task is not accepted yet it waits for it; if the job ends without it, it stops.
 */
export async function* readResult(
  { database, blocks, changes, hasEnded }: ResultSource,
  key: { jobId: JobId; stage: StageName },
  taskCount: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for (let next = 0; next < taskCount;) {
    const isFinal = hasEnded();
    const changed = isFinal ? null : waitForChange(changes, signal);
    // It is only waited for when nothing was there to read; an abort must not go unhandled until then.
    changed?.catch(() => {});
    const tasks = await readAccepted(database, key, next, TASKS_AT_ONCE);
    let progressed = false;
    for (const { index, parts } of tasks) {
      if (index !== next) break;
      for (const part of parts) {
        if (part.text !== undefined) yield Buffer.from(part.text);
        else yield* readBlock(blocks, part.digest);
      }
      next += 1;
      progressed = true;
    }
    if (progressed || next >= taskCount) continue;
    if (isFinal) return;
    await changed;
  }
}

/** Subscribes before the database is read, so that no change falls between the two. */
async function waitForChange(changes: EventEmitter, signal: AbortSignal): Promise<void> {
  await once(changes, "change", { signal });
}

async function* readBlock(blocks: BlockStore, digest: Digest): AsyncGenerator<Uint8Array> {
  const { body } = await blocks.open(digest);
  for await (const chunk of body) yield chunk as Uint8Array;
}
