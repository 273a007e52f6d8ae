/** Worker threads as slots: what the sandboxed frame is to a page. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Worker, type TransferListItem } from "node:worker_threads";
import { runnersOn, type OpenRunner, type SlotRunner } from "../../worker/agent/slot-runner";

export interface ThreadHost {
  /** Threads as runners. One that ends by itself, as for want of memory, breaks the calls that wait for it. */
  readonly openRunner: OpenRunner;
  /** Ends all threads, and removes what they wrote. */
  close(): Promise<void>;
}

/** Beyond this a thread is ended, as a tab's worker is: a program must not take the machine. */
const MOST_MEGABYTES = 4_096;

export async function openThreadHost(reportBug: (error: unknown) => void): Promise<ThreadHost> {
  const folder = await mkdtemp(path.join(tmpdir(), "tabgrid-threads-"));
  const threads = new Map<string, Worker>();
  // Bundled beside the command line.
  const entry = new URL("./slot-thread.mjs", import.meta.url);
  const deaths = new Map<string, Promise<never>>();
  const openBare = runnersOn({ spawn, kill }, reportBug);
  return { openRunner, close };

  function openRunner(...parameters: Parameters<OpenRunner>): SlotRunner {
    const [slotId] = parameters;
    const runner = openBare(...parameters);
    const alive = <T>(call: Promise<T>) => Promise.race([call, deaths.get(slotId) ?? call]);
    return {
      ...runner,
      prepare: (...given) => alive(runner.prepare(...given)),
      load: (...given) => alive(runner.load(...given)),
      run: (tasks) => alive(runner.run(tasks)),
    };
  }

  async function spawn(slotId: string, port: MessagePort): Promise<void> {
    await kill(slotId);
    const thread = new Worker(entry, {
      workerData: folder,
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES },
    });
    threads.set(slotId, thread);
    const death = new Promise<never>((_resolve, reject) => thread.once("error", reject));
    // It may come when nobody waits for anything.
    death.catch(() => {});
    deaths.set(slotId, death);
    // The same class, under the names of two type libraries.
    const item = port as unknown as TransferListItem;
    thread.postMessage(item, [item]);
  }

  async function kill(slotId: string): Promise<void> {
    const thread = threads.get(slotId);
    threads.delete(slotId);
    deaths.delete(slotId);
    await thread?.terminate();
  }

  async function close(): Promise<void> {
    await Promise.all([...threads.keys()].map(kill));
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
