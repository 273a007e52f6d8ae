/**
 * The agent: one volunteer, whatever the number of its tabs.
 *
 *   coordinator ── services' instances ─▶ instances
 *   coordinator ── tasks ─▶ queue ─▶ slots ── outcomes ─▶ reporter ─▶ coordinator
 *
 * Holds the queue and knows which task is where. What to run and to ask for is decided in queue.ts; everything
 * that waits, sends or stores belongs to the parts this is opened with.
 */
import type { Device } from "../../protocol/device";
import { taskIdParts, type JobId, type TaskId, type VolunteerId } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import type { Assign } from "../../protocol/messages/assign";
import type { Heartbeat } from "../../protocol/messages/heartbeat";
import type { Settle } from "../../protocol/messages/settle";
import type { RuntimeIndex } from "../../protocol/runtime";
import type { JobSpec, Outcome, Ticket } from "../../protocol/task";
import type { ConnectionStatus } from "../status";
import type { BlockServer } from "./blocks-http";
import { openBundleRuns } from "./bundle-runs";
import type { Cache } from "./cache";
import type { Clock } from "./clock";
import type { Connection, ConnectionListener } from "./connection";
import type { Outbox } from "./outbox";
import { openInstances } from "./instances";
import { openPages, type PageControl, type PageLink } from "./pages";
import { prefetchInputs } from "./prepare";
import {
  EMPTY_QUEUE,
  enqueue,
  areLastOfJob,
  gatherMsOf,
  measured,
  giveBack,
  takeAhead,
  takeBundle,
  wantOf,
  without,
  type Bundle,
} from "./queue";
import { fetchCode } from "./job-code";
import { openReporter } from "./reporter";
import type { Slot, SlotState } from "./slot";
import { released } from "./slot-outcomes";
import { openStatusBoard, type Facts } from "./status-board";

export interface AgentParts {
  readonly outbox: Outbox;
  readonly cache: Cache;
  readonly server: BlockServer;
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** What this device is; its tags come from its owner. */
  readonly device: Omit<Device, "tags">;
  /** The digests of the files of runtimes, by name. */
  readonly readRuntimeIndex: () => Promise<RuntimeIndex>;
  readonly connect: (listener: ConnectionListener) => Connection;
  readonly reportBug: (error: unknown) => void;
  /** The pages were told to reload; an agent that stayed would meet them again, as old as before. */
  readonly outdated: () => void;
}

export interface Agent {
  attach(link: PageLink): PageControl;
  /** Words by which jobs may ask for this volunteer. */
  setTags(tags: readonly string[]): void;
  /** How much of what the browser gives the site may be kept, in bytes. */
  setQuota(bytes: number): void;
}

export function openAgent(parts: AgentParts): Agent {
  const { outbox, cache, server, clock, reportBug } = parts;
  let queue = EMPTY_QUEUE;
  let connectionStatus: ConnectionStatus = { state: "offline" };
  let volunteerId: VolunteerId | null = null;
  let tags: readonly string[] = [];
  let isTakingPart = false;
  /** How many slots the coordinator thinks there are. */
  let slotsSaid = 0;
  /** How long the coordinator asks to gather outputs before they are reported. */
  let paceMs = 0;
  const jobs = new Map<JobId, JobSpec>();

  const runs = openBundleRuns({
    cache,
    outbox,
    clock,
    specOf: (jobId) => jobs.get(jobId),
    codeOf: (spec) => fetchCode(cache, parts.readRuntimeIndex, spec),
    begun: fillSlots,
    measured: (...measurement) => (queue = measured(queue, ...measurement)),
    finished: (outcomes) => reporter.add(outcomes),
    givenBack,
    runAgain: (tasks, alone) => (queue = giveBack(queue, tasks, clock.now(), alone)),
    reportBug,
  });
  const pages = openPages({
    clock,
    changed: slotsChanged,
    otherFailed: (name, message) => instances.failed(name, message),
    reportBug,
  });
  const instances = openInstances({
    pages: pages.all,
    cache,
    readRuntimeIndex: parts.readRuntimeIndex,
    clock,
    tell: (news) => connection.instance(news),
    respond: (message) => connection.respond(message),
    changed: instancesChanged,
    reportBug,
  });
  const showStatus = openStatusBoard(pages.all, clock, facts, reportBug);
  const connection = parts.connect({
    hello() {
      const want = wantNow(0);
      slotsSaid = slotCount();
      reporter.saidHello(want);
      // What waits to be handed over must not be given to anybody in the meantime, this volunteer included.
      const all = [...holding(), ...outbox.computed()].slice(0, LIMITS.tasksHeld);
      const tasks = { held: all.map(([taskId]) => taskId), tickets: all.map(([, ticket]) => ticket ?? "") };
      const device = { ...parts.device, tags: [...tags] };
      const counts = { slotCount: slotCount(), instanceCount: instances.capacity };
      return { ...counts, ...tasks, device, want, blocks: cache.announceAll() };
    },
    welcomed(welcome) {
      volunteerId = welcome.volunteerId;
      told(welcome);
      reporter.connected();
      // A slot that woke while hello was on its way.
      if (slotCount() !== slotsSaid) heartbeat();
      fillSlots();
    },
    assigned,
    revoked: ({ taskIds }) => forget(taskIds),
    settled: ({ answers }: Settle) =>
      answers.forEach(({ taskId, answer }) => reporter.answered(taskId, answer)),
    instanceWanted: instances.start,
    instanceUnwanted: instances.stop,
    asked: instances.ask,
    cancelled: instances.cancel,
    lost() {
      instances.closeAll();
      reporter.disconnected();
      forgetJobs();
    },
    changed(status) {
      connectionStatus = status;
      showStatus();
    },
    outdated() {
      for (const { link } of pages.all) link.reload().catch(reportBug);
      parts.outdated();
    },
  });
  const reporter = openReporter({
    outbox,
    cache,
    server,
    clock,
    send: (message) => connection.report(message),
    assigned,
    want: wantNow,
    gatherMs: (jitter, added) =>
      gatherMsOf(queue, {
        ...{ slotCount: slotCount(), paceMs, jitter },
        isLastOfJob: paceMs > 0 && areLastOfJob(queue, runs.running.keys(), added),
      }),
    beat,
    told,
    random: parts.random,
    changed: settleDown,
    reportBug,
  });
  beatAgain();
  if (outbox.size > 0) connection.open();

  return { attach: (link) => pages.attach(link), setTags, setQuota: (bytes) => cache.setQuota(bytes) };

  function setTags(chosen: readonly string[]): void {
    if (chosen.join() === tags.join()) return;
    tags = chosen;
    if (connectionStatus.state !== "connected") return;
    // They are said in hello.
    connection.close();
    connection.open();
  }

  function wantNow(askedCount: number): number {
    return wantOf(queue, {
      slotCount: slotCount(),
      runningCount: runs.running.size,
      askedCount,
      unsettledCount: outbox.size,
      paceMs,
    });
  }

  function slotCount(): number {
    return taskSlots().length;
  }

  /** Instances of services take the place of slots; one is always left for tasks. */
  function taskSlots(): Slot[] {
    const slots = pages.slots();
    return slots.slice(0, Math.max(1, slots.length - instances.running.length));
  }

  function instancesChanged(): void {
    if (slotCount() !== slotsSaid) heartbeat();
    fillSlots();
  }

  /** What runs or waits, with its tickets. */
  function holding(): [TaskId, Ticket | undefined][] {
    const waiting = queue.waiting.map(({ task }): [TaskId, Ticket | undefined] => [task.taskId, task.ticket]);
    return [...runs.running, ...waiting].slice(0, LIMITS.tasksHeld);
  }

  function held(): TaskId[] {
    return holding().map(([taskId]) => taskId);
  }

  function assigned({ jobs: specs, tasks }: Assign): void {
    for (const spec of specs) {
      jobs.set(spec.jobId, spec);
      cache.prefetch(spec.program);
    }
    reporter.received(tasks.length);
    const holding = new Set(held());
    queue = enqueue(
      queue,
      tasks.filter(({ taskId }) => !holding.has(taskId)),
      clock.now(),
    );
    fillSlots();
  }

  /** Gives every idle slot work, and says so when one stays idle. */
  function fillSlots(): void {
    const slots = taskSlots();
    const slotCount = slots.length;
    for (const slot of slots) {
      if (slot.state.state !== "idle") continue;
      const taken = takeBundle(queue, { warmJob: slot.warmJob, slotCount, now: clock.now() });
      if (!taken) break;
      queue = taken.queue;
      void work(slot, taken.bundle);
    }
    for (const slot of slots) {
      const warmJob = slot.aheadJob;
      const taken = warmJob && takeAhead(queue, { warmJob, slotCount, now: clock.now() });
      if (!taken) continue;
      queue = taken.queue;
      void work(slot, taken.bundle);
    }
    const next = queue.waiting.slice(0, LIMITS.batch).map(({ task }) => task.input);
    prefetchInputs(cache, next, 2 * slots.length);
    if (slots.some(({ state }) => state.state === "idle")) reporter.flush();
    else if (paceMs > 0) reporter.hurry();
    showStatus();
  }

  async function work(slot: Slot, bundle: Bundle): Promise<void> {
    await runs.run(slot, bundle);
    stopUnwanted();
    fillSlots();
  }

  /** Stops what nobody waits for. A task that shares its call with wanted ones is left to end. */
  function forget(taskIds: readonly TaskId[]): void {
    if (taskIds.length === 0) return;
    queue = without(queue, new Set(taskIds));
    runs.forget(taskIds);
    stopUnwanted();
    fillSlots();
  }

  function stopUnwanted(): void {
    for (const slot of pages.slots()) {
      if (slot.state.state === "running" && !slot.state.taskIds.some((taskId) => runs.running.has(taskId)))
        slot.kill();
    }
  }

  function slotsChanged(): void {
    instances.pagesChanged();
    const count = [...pages.all].reduce((sum, { slots }) => sum + slots.length, 0);
    if (count > 0 && !isTakingPart) connection.open();
    isTakingPart = count > 0;
    if (slotCount() !== slotsSaid) heartbeat();
    if (slotCount() === 0) giveBackAll();
    fillSlots();
    settleDown();
  }

  /** The last slot has gone, or fallen silent: others may have what it held. */
  function giveBackAll(): void {
    const taskIds = held();
    if (taskIds.length === 0) return;
    queue = without(queue, new Set(taskIds));
    runs.forget(taskIds);
    givenBack(released(taskIds, "stopped"));
  }

  function givenBack(outcomes: readonly Outcome[]): void {
    reporter.add(outcomes);
    reporter.flush();
    stopUnwanted();
  }

  /** Leaves once nothing is left to say. Outputs that may still be asked for keep the line open. */
  function settleDown(): void {
    showStatus();
    if (isTakingPart || connectionStatus.state !== "connected" || (outbox.size > 0 && pages.all.size > 0))
      return;
    connectionStatus = { state: "offline" };
    connection
      .goodbye()
      .catch(reportBug)
      .finally(() => {
        connection.close();
        // Someone pressed start in the meantime.
        if (isTakingPart) connection.open();
      });
  }

  /** A new connection is told of its jobs anew. */
  function forgetJobs(): void {
    const needed = new Set(held().map((taskId) => taskIdParts(taskId).jobId));
    for (const jobId of jobs.keys()) if (!needed.has(jobId)) jobs.delete(jobId);
  }

  function beatAgain(): void {
    clock.after(LIMITS.heartbeatMs, beatAgain);
    // Within the pace, which is no longer than this, there is a report.
    if (paceMs === 0 || !reporter.takesBeat()) heartbeat();
    // What is written to the database meanwhile is no other news.
    showStatus();
  }

  function heartbeat(): void {
    if (connectionStatus.state !== "connected") return;
    connection.heartbeat(beat()).then(told, reportBug);
  }

  function beat(): Heartbeat {
    slotsSaid = slotCount();
    const blocks = cache.announceChanges();
    return {
      held: held(),
      slotCount: slotsSaid,
      instanceCount: instances.capacity,
      instances: [...instances.running],
      running: pages.slots().flatMap(({ state }) => progressOf(state)),
      ...(blocks && { blocks }),
    };
  }

  /** What comes with answers: tasks that nobody waits for, and how long to gather outputs. */
  function told({
    dropped = [],
    paceMs: paceNow = 0,
  }: {
    dropped?: readonly TaskId[] | undefined;
    paceMs?: number | undefined;
  }): void {
    const isShorter = paceNow < paceMs;
    paceMs = paceNow;
    forget(dropped);
    if (isShorter) reporter.hurry();
  }

  function facts(): Facts {
    return {
      connection: connectionStatus,
      volunteerId,
      instances: instances.status,
      waiting: queue.waiting.length,
      outbox: outbox.size,
      totals: { ...outbox.totals, ...cache.traffic },
    };
  }
}

/** How far the running task is, when its program has said so. */
function progressOf(state: SlotState): { taskId: TaskId; progress: number }[] {
  if (state.state === "idle" || state.progress === 0) return [];
  const taskId = state.taskIds[state.index];
  return taskId === undefined ? [] : [{ taskId, progress: state.progress }];
}
