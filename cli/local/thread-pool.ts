/** Runs tasks of one job in threads, each in the next slot that is free. */
import type { AssignedTask, JobSpec, Outcome } from "../../protocol/task";
import { unreachable } from "../../protocol/unreachable";
import { workerClock } from "../../worker/agent/clock";
import { prepare } from "../../worker/agent/prepare";
import { openSlot, type JobCode, type Slot } from "../../worker/agent/slot";
import { outcomesOf } from "../../worker/agent/slot-outcomes";
import { openTaskFeed, type TaskFeed, type TaskFeedParts } from "../../worker/agent/task-feed";
import { openThreadHost } from "../threads/thread-host";
import { runtimeFiles } from "../threads/runtime-shelf";
import type { MemoryBlocks } from "./memory-blocks";

/** Never throws for what the program does: that is an outcome. */
export type RunTask = (task: AssignedTask) => Promise<Outcome>;

export interface ThreadPool {
  open(spec: JobSpec, blocks: MemoryBlocks): Promise<RunTask>;
  close(): Promise<void>;
}

export async function openThreadPool(slotCount: number): Promise<ThreadPool> {
  const host = await openThreadHost(reportBug);
  const parts = { openRunner: host.openRunner, clock: workerClock, changed() {}, reportBug };
  const slots = Array.from({ length: slotCount }, (_, n) => openSlot({ slotId: `slot-${n + 1}`, ...parts }));
  const free = [...slots];
  const waiting: ((slot: Slot) => void)[] = [];
  return {
    async open(spec, blocks) {
      const code: JobCode = {
        program: await blocks.get(spec.program),
        files: await runtimeFiles(spec.runtime),
      };
      return (task) => run(task, spec, blocks, code);
    },
    async close() {
      for (const slot of slots) slot.close();
      await host.close();
    },
  };

  async function run(
    task: AssignedTask,
    spec: JobSpec,
    blocks: MemoryBlocks,
    code: JobCode,
  ): Promise<Outcome> {
    let feed: TaskFeed | null = null;
    const slot = free.pop() ?? (await new Promise<Slot>((resolve) => waiting.push(resolve)));
    try {
      const { tasks, later } = await prepare(blocks, [task], reportBug);
      const { taskId } = task;
      const runs = later.get(taskId) ?? [];
      feed = openTaskFeed({ taskId, later: runs, cache: blocks, outbox: outboxOf(blocks), reportBug });
      const feeds = new Map([[taskId, feed]]);
      const end = await slot
        .reserve(spec.jobId, [task.taskId])
        .run({ spec, code: () => Promise.resolve(code), tasks, feeds });
      const failed = { type: "error", taskId: task.taskId, stack: "", record: null, elapsedMs: 0 } as const;
      switch (end.type) {
        case "answered": {
          const [outcome] = await outcomesOf(end.outcomes, feeds);
          if (!outcome) throw new Error(`Task ${task.taskId} was not answered`);
          return outcome;
        }
        case "unloadable":
          return { ...failed, message: end.message, stack: end.stack };
        case "overran":
          return { ...failed, message: `The task ran longer than ${spec.taskTimeoutMs} ms` };
        case "unstarted":
        case "gone":
          return {
            ...failed,
            message: "The task ended the worker it ran in: it may have taken too much memory",
          };
        default:
          return unreachable(end);
      }
    } finally {
      feed?.close();
      const next = waiting.shift();
      if (next) next(slot);
      else free.push(slot);
    }
  }
}

/** What tasks send ahead stays in memory, with everything else. */
function outboxOf(blocks: MemoryBlocks): TaskFeedParts["outbox"] {
  return {
    keep: async (bytes) => ({ digest: await blocks.write(bytes), stored: Promise.resolve() }),
    release() {},
    bytesOf: (digest) => blocks.get(digest),
  };
}

/** Threads that end for want of memory are among it: of these, the task's outcome tells. */
const reportBug = (error: unknown) => console.error(`tabgrid: ${String(error)}`);
