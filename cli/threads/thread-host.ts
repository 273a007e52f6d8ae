/** Worker threads as slots: what the sandboxed frame is to a page. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Worker, type TransferListItem } from "node:worker_threads";
import type { SlotHost } from "../../worker/agent/slot-runner";

export interface ThreadHost extends SlotHost {
  /** Ends all threads, and removes what they wrote. */
  close(): Promise<void>;
}

/** Beyond this a thread is ended, as a tab's worker is: a program must not take the machine. */
const MOST_MEGABYTES = 4_096;

/** @param slotFailed Told when a thread ends by itself. */
export async function openThreadHost(
  slotFailed: (slotId: string, message: string) => void,
): Promise<ThreadHost> {
  const folder = await mkdtemp(path.join(tmpdir(), "tabgrid-threads-"));
  const threads = new Map<string, Worker>();
  // Bundled beside the command line.
  const entry = new URL("./slot-thread.mjs", import.meta.url);
  return { spawn, kill, close };

  async function spawn(slotId: string, port: MessagePort): Promise<void> {
    await kill(slotId);
    const thread = new Worker(entry, {
      workerData: folder,
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES },
    });
    threads.set(slotId, thread);
    thread.on("error", (error) => slotFailed(slotId, error.message));
    // The same class, under the names of two type libraries.
    const item = port as unknown as TransferListItem;
    thread.postMessage(item, [item]);
  }

  async function kill(slotId: string): Promise<void> {
    const thread = threads.get(slotId);
    threads.delete(slotId);
    await thread?.terminate();
  }

  async function close(): Promise<void> {
    await Promise.all([...threads.keys()].map(kill));
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
