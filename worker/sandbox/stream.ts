/** The slot's end of the stream to the agent: of one task, which is the one that runs. */
import type { TaskId } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import { UNSTORED_BYTES, type Outlet } from "./outlet";
import type { FromSlot, ToSlot } from "./stream-messages";

export interface TaskStream extends Outlet {
  /** The next block of a run, or null after its last. @throws {Error} When it cannot be had. */
  next(run: number): Promise<Uint8Array | null>;
  /** Writes a block of an intermediate run. @throws {Error} When an earlier one could not be stored. */
  spill(run: number, bytes: Uint8Array<ArrayBuffer>): void;
}

/** @returns Opens the stream of a task; the one before ends with it. */
export function openStreams(
  port: Pick<MessagePort, "postMessage" | "onmessage">,
): (taskId: TaskId) => TaskStream {
  let current: { taskId: TaskId; heard: (message: ToSlot) => void } | null = null;
  port.onmessage = ({ data }: MessageEvent<ToSlot>) => {
    if (data.taskId === current?.taskId) current.heard(data);
  };

  return (taskId) => {
    let sentCount = 0;
    let unstoredBytes = 0;
    let failure: Error | null = null;
    let roomy: { settle: () => void; promise: Promise<void> } | null = null;
    const waiting = new Map<
      number,
      { resolve: (bytes: Uint8Array | null) => void; reject: (error: Error) => void }
    >();
    current = { taskId, heard };

    return {
      send(bytes) {
        post({ op: "keep", taskId, bytes }, bytes);
        return sentCount++;
      },
      spill: (run, bytes) => post({ op: "spill", taskId, run, bytes }, bytes),
      room() {
        if (failure || unstoredBytes < UNSTORED_BYTES) return null;
        if (!roomy) {
          let settle = () => {};
          const promise = new Promise<void>((resolve) => (settle = resolve));
          roomy = { settle, promise };
        }
        return roomy.promise;
      },
      next(run) {
        if (failure) return Promise.reject(failure);
        port.postMessage({ op: "next", taskId, run } satisfies FromSlot);
        return new Promise((resolve, reject) => waiting.set(run, { resolve, reject }));
      },
    };

    function post(message: FromSlot, bytes: Uint8Array<ArrayBuffer>): void {
      if (failure) throw failure;
      unstoredBytes += bytes.byteLength;
      if (unstoredBytes > LIMITS.unstoredBytes)
        throw new RangeError(
          `A task may emit ${LIMITS.unstoredBytes} bytes in one go (unstoredBytes). Use smaller records, or await what emit returns`,
        );
      port.postMessage(message, [bytes.buffer]);
    }

    function heard(message: ToSlot): void {
      switch (message.op) {
        case "stored":
          unstoredBytes -= message.bytes;
          if (unstoredBytes < UNSTORED_BYTES) settleRoom();
          break;
        case "block":
          waiting.get(message.run)?.resolve(message.bytes);
          waiting.delete(message.run);
          break;
        case "failed":
          failure = new Error(message.message);
          for (const { reject } of waiting.values()) reject(failure);
          waiting.clear();
          settleRoom();
          break;
      }
    }

    function settleRoom(): void {
      roomy?.settle();
      roomy = null;
    }
  };
}
