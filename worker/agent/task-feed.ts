/**
 * The agent's end of a task's stream: hands it the blocks of its runs, one by one, and stores what it sends ahead of its
 * outcome. What it holds in memory of a task is what is on its way.
 */
import type { Digest, TaskId } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import type { ListedBlock } from "../../protocol/runs/manifest";
import type { ReleaseReason } from "../../protocol/task";
import { unreachable } from "../../protocol/unreachable";
import type { FromSlot, ToSlot } from "../sandbox/stream-messages";
import type { Cache } from "./cache";
import type { Outbox } from "./outbox";
import { NoRoom } from "./outbox-store";
import { reasonFor } from "./unreadable";

export interface KeptPart {
  readonly digest: Digest;
  readonly bytes: number;
}

export interface TaskFeed {
  /** @param answer How the slot is answered. */
  heard(message: FromSlot, answer: (message: ToSlot) => void): void;
  /** The parts that were sent, in order, once all are stored; null when the stream failed, and with it the task. */
  parts(): Promise<readonly KeptPart[] | null>;
  /** Why the task is given back; null while the stream has not failed. */
  readonly failure: ReleaseReason | null;
  /** Lets go of everything that is not in the outbox by now. */
  close(): void;
}

export interface TaskFeedParts {
  readonly taskId: TaskId;
  /** For each of the task's runs, the blocks that it has not been given. */
  readonly later: readonly (readonly ListedBlock[])[];
  readonly cache: Pick<Cache, "get" | "prefetch">;
  readonly outbox: Pick<Outbox, "keep" | "release" | "bytesOf">;
  readonly reportBug: (error: unknown) => void;
}

export function openTaskFeed({ taskId, later, cache, outbox, reportBug }: TaskFeedParts): TaskFeed {
  const runs: ListedBlock[][] = later.map((blocks) => [...blocks]);
  const spilt = new Map<number, Promise<Digest>[]>();
  const kept: Promise<KeptPart>[] = [];
  /** How often each was kept. */
  const stored = new Map<Digest, number>();
  let storedBytes = 0;
  let failure: ReleaseReason | null = null;
  let isClosed = false;

  return {
    heard(message, answer) {
      act(message, answer).catch((error: unknown) => {
        if (isClosed) return;
        // The rest that was on its way is refused as well.
        if (failure !== "full") reportBug(error);
        failure = error instanceof NoRoom ? "full" : (failure ?? reasonFor(error));
        answer({ op: "failed", taskId, message: error instanceof Error ? error.message : String(error) });
      });
    },
    async parts() {
      const parts = await Promise.all(kept).catch(() => null);
      return failure === null ? parts : null;
    },
    get failure() {
      return failure;
    },
    close() {
      isClosed = true;
      for (const [digest, times] of stored) for (let n = 0; n < times; n++) outbox.release([digest]);
      stored.clear();
    },
  };

  async function act(message: FromSlot, answer: (message: ToSlot) => void): Promise<void> {
    switch (message.op) {
      case "keep": {
        const bytes = message.bytes.byteLength;
        const storing = store(message.bytes);
        kept.push(storing.then(({ digest }) => ({ digest, bytes })));
        await (
          await storing
        ).stored;
        return answer({ op: "stored", taskId, bytes });
      }
      case "spill": {
        const { run, bytes } = message;
        const storing = store(bytes);
        spilt.set(run, [...(spilt.get(run) ?? []), storing.then(({ digest }) => digest)]);
        await (
          await storing
        ).stored;
        return answer({ op: "stored", taskId, bytes: bytes.byteLength });
      }
      case "next": {
        const { run } = message;
        return answer({ op: "block", taskId, run, bytes: await nextOf(run) });
      }
      default:
        return unreachable(message);
    }
  }

  async function store(bytes: Uint8Array): Promise<{ digest: Digest; stored: Promise<void> }> {
    storedBytes += bytes.byteLength;
    if (storedBytes > LIMITS.taskStoredBytes)
      throw new Error(
        `A task may store ${LIMITS.taskStoredBytes} bytes (taskStoredBytes); ${taskId} stores more`,
      );
    const storing = await outbox.keep(new Uint8Array(bytes));
    const { digest } = storing;
    if (isClosed) outbox.release([digest]);
    else stored.set(digest, (stored.get(digest) ?? 0) + 1);
    return storing;
  }

  async function nextOf(run: number): Promise<Uint8Array | null> {
    const blocks = runs[run];
    if (!blocks) return nextSpilt(run);
    const block = blocks.shift();
    const [next] = blocks;
    if (next && !(next instanceof Uint8Array)) cache.prefetch(next.digest);
    return !block || block instanceof Uint8Array ? (block ?? null) : cache.get(block.digest);
  }

  async function nextSpilt(run: number): Promise<Uint8Array | null> {
    const digest = await spilt.get(run)?.shift();
    if (!digest) return null;
    const bytes = await outbox.bytesOf(digest);
    if (!bytes) throw new Error(`Block ${digest} of an intermediate run is no longer here`);
    letGo(digest, bytes.byteLength);
    return bytes;
  }

  /** What was spilt is read once. */
  function letGo(digest: Digest, bytes: number): void {
    const times = stored.get(digest) ?? 0;
    if (times === 0) return;
    if (times === 1) stored.delete(digest);
    else stored.set(digest, times - 1);
    storedBytes -= bytes;
    outbox.release([digest]);
  }
}
