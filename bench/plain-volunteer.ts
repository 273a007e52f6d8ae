/**
 * A volunteer without a browser: the agent's own queue, outbox and reporter around one slot, in which a task is a while of waiting. What
 * it leaves out takes its time from the coordinator on the same machine: slots, blocks, pages, IndexedDB, parsing what comes.
 */
import type { Socket } from "socket.io-client";
import { taskIdParts, type TaskId } from "../protocol/ids";
import { LIMITS } from "../protocol/limits";
import { PROTOCOL_VERSION } from "../protocol/messages";
import type { Assign } from "../protocol/messages/assign";
import type { HeartbeatReply } from "../protocol/messages/heartbeat";
import type { Welcome } from "../protocol/messages/hello";
import { packReport, type Receipt, type Report } from "../protocol/messages/report";
import type { AssignedTask } from "../protocol/task";
import { workerClock } from "../worker/agent/clock";
import { openOutbox } from "../worker/agent/outbox";
import { memoryOutboxStore } from "../worker/agent/outbox-store";
import {
  areLastOfJob,
  EMPTY_QUEUE,
  enqueue,
  gatherMsOf,
  measured,
  takeBundle,
  wantOf,
} from "../worker/agent/queue";
import { openReporter } from "../worker/agent/reporter";

export interface Watch {
  began(): void;
  ended(): void;
  /** A report was acknowledged. */
  answered(tookMs: number, outputs: number): void;
}

const ONE_SLOT = { slotCount: 1 };

export async function openPlainVolunteer(socket: Socket, taskMs: number, watch: Watch): Promise<void> {
  let queue = EMPTY_QUEUE;
  let paceMs = 0;
  const running = new Set<TaskId>();
  const outbox = await openOutbox(memoryOutboxStore(), fail);
  const want = (askedCount: number) =>
    wantOf(queue, {
      ...{ ...ONE_SLOT, askedCount, paceMs },
      ...{ runningCount: running.size, unsettledCount: outbox.size },
    });
  const beat = () => ({
    ...{ ...ONE_SLOT, instanceCount: 0, instances: [] },
    held: [...running, ...queue.waiting.map(({ task }) => task.taskId)],
  });
  const reporter = openReporter({
    outbox,
    cache: { keep: fail },
    server: { put: fail },
    clock: workerClock,
    send,
    assigned,
    want,
    gatherMs: (jitter, added) =>
      gatherMsOf(queue, {
        ...{ ...ONE_SLOT, paceMs, jitter },
        isLastOfJob: paceMs > 0 && areLastOfJob(queue, running, added),
      }),
    beat,
    told,
    random: Math.random,
    changed() {},
    reportBug: fail,
  });

  socket.on("assign", assigned);
  socket.on("disconnect", (reason) => console.error("A volunteer was cut off:", reason));
  socket.on("refused", (problem) => console.error("A volunteer was refused:", problem));
  const asked = want(0);
  reporter.saidHello(asked);
  const hello = { protocolVersion: PROTOCOL_VERSION, ...ONE_SLOT, held: [], want: asked };
  told(await ask<Welcome>("hello", hello));
  reporter.connected();
  setTimeout(() => setInterval(beatAgain, LIMITS.heartbeatMs), Math.random() * LIMITS.heartbeatMs);

  function beatAgain(): void {
    if (paceMs === 0 || !reporter.takesBeat()) ask<HeartbeatReply>("heartbeat", beat()).then(told, fail);
  }

  function told({ paceMs: now = 0 }: { paceMs?: number | undefined }): void {
    const isShorter = now < paceMs;
    paceMs = now;
    if (isShorter) reporter.hurry();
  }

  function assigned({ tasks }: Assign): void {
    reporter.received(tasks.length);
    queue = enqueue(queue, tasks, workerClock.now());
    fillSlot();
  }

  function fillSlot(): void {
    if (running.size === 0) {
      const taken = takeBundle(queue, { ...ONE_SLOT, warmJob: null, now: workerClock.now() });
      if (taken) {
        queue = taken.queue;
        run(taken.bundle.tasks);
      }
    }
    if (running.size === 0) reporter.flush();
    else if (paceMs > 0) reporter.hurry();
  }

  function run(tasks: readonly AssignedTask[]): void {
    const records = tasks.reduce((sum, { taskId }) => sum + taskIdParts(taskId).count, 0);
    for (const { taskId } of tasks) running.add(taskId);
    watch.began();
    setTimeout(() => {
      watch.ended();
      for (const { taskId } of tasks) {
        running.delete(taskId);
        queue = measured(queue, taskId, taskIdParts(taskId).count, taskMs * taskIdParts(taskId).count);
      }
      reporter.add(tasks.map((task) => outputOf(task, taskMs)));
      fillSlot();
    }, taskMs * records);
  }

  async function send(report: Report): Promise<Receipt> {
    const sentAt = performance.now();
    const receipt = await ask<Receipt>("report", packReport(report));
    watch.answered(performance.now() - sentAt, report.outcomes.length);
    return receipt;
  }

  async function ask<T>(event: string, message: unknown): Promise<T> {
    const reply = (await socket.emitWithAck(event, message)) as { ok: boolean; body: T };
    if (!reply.ok) throw new Error(`${event} was refused: ${JSON.stringify(reply)}`);
    return reply.body;
  }
}

function outputOf({ taskId, ticket }: AssignedTask, taskMs: number) {
  const { count } = taskIdParts(taskId);
  const parts = [{ text: '{"key":0,"value":0}\n'.repeat(count), records: count }];
  return { type: "output", taskId, ticket, parts, elapsedMs: taskMs * count } as const;
}

/** Nothing of that happens here: outputs are small, and nothing is kept. */
function fail(error: unknown): never {
  throw error;
}
