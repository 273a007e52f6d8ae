/** Uploads the large parts of outputs that the coordinator asks for, a few outputs at a time. */
import type { TaskId } from "../../protocol/ids";
import type { Outcome } from "../../protocol/task";
import type { BlockServer } from "./blocks-http";
import type { Cache } from "./cache";
import { largeDigests, type Outbox } from "./outbox";

export interface UploadsParts {
  readonly outbox: Pick<Outbox, "bytesOf">;
  readonly cache: Pick<Cache, "keep">;
  readonly server: Pick<BlockServer, "put">;
  readonly reportBug: (error: unknown) => void;
  /** All bytes of the output are there: it can be reported again. */
  readonly uploaded: (taskId: TaskId) => void;
  /** Its bytes are gone, or the coordinator cannot be brought to take them. */
  readonly failed: (taskId: TaskId) => void;
}

/** More would have more bytes in memory, and browsers have about six requests to one host under way at once. */
const MAX_AT_ONCE = 4;

/** @returns Call it with each output to upload. */
export function openUploads(parts: UploadsParts): (outcome: Outcome) => void {
  const { outbox, cache, server, reportBug, uploaded, failed } = parts;
  const waiting: Outcome[] = [];
  let running = 0;

  return (outcome) => {
    waiting.push(outcome);
    if (running < MAX_AT_ONCE) void work();
  };

  async function work(): Promise<void> {
    running += 1;
    for (let outcome = waiting.shift(); outcome; outcome = waiting.shift()) {
      try {
        await upload(outcome);
        uploaded(outcome.taskId);
      } catch (error) {
        reportBug(error);
        failed(outcome.taskId);
      }
    }
    running -= 1;
  }

  async function upload(outcome: Outcome): Promise<void> {
    for (const digest of new Set(largeDigests(outcome))) {
      const bytes = await outbox.bytesOf(digest);
      if (!bytes) throw new Error(`The bytes of output ${digest} are no longer here`);
      await server.put(digest, bytes, outcome.taskId);
      // A reducer in this browser will probably want it.
      cache.keep(digest, bytes);
    }
  }
}
