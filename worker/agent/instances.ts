/**
 * The instances of services that this volunteer runs: each in a worker of its own, in the sandbox of one of its pages.
 *
 *   coordinator ── start-instance, ask, cancel, stop-instance ──▶ here ──▶ a sandboxed worker
 *   coordinator ◀── instance (up, gone, what it wrote), respond ──┘
 *
 * An instance takes the place of a slot, and lives as long as its page, the connection, and its answers to pings.
 */
import type { Ask } from "../../protocol/messages/ask";
import type { Cancel } from "../../protocol/messages/cancel";
import type { InstanceNews } from "../../protocol/messages/instance";
import type { Respond, ServiceAnswer } from "../../protocol/messages/respond";
import type { StartInstance } from "../../protocol/messages/start-instance";
import type { StopInstance } from "../../protocol/messages/stop-instance";
import { LIMITS } from "../../protocol/limits";
import type { RuntimeIndex } from "../../protocol/runtime";
import type { InstanceId, RequestId } from "../../protocol/service";
import { PingAnswer } from "../sandbox/service-answers";
import { LoadAnswer } from "../sandbox/slot-answers";
import type { InstanceStatus } from "../status";
import type { Cache } from "./cache";
import type { Clock } from "./clock";
import type { InstanceRunner } from "./instance-runner";
import { fetchCode } from "./job-code";
import type { Page } from "./pages";
import { answerFrom, requestFrom } from "./service-bodies";

export interface Instances {
  start(message: StartInstance): void;
  stop(message: StopInstance): void;
  ask(message: Ask): void;
  cancel(message: Cancel): void;
  /** Pages came or went, or have other slots. */
  pagesChanged(): void;
  /** A worker of this name could not start; it may be one of these. */
  failed(instanceId: string, message: string): void;
  /** Nobody knows of them any more. */
  closeAll(): void;
  /** How many this volunteer may run. */
  readonly capacity: number;
  readonly running: { id: InstanceId; pingMs: number | null }[];
  readonly status: InstanceStatus[];
}

export interface InstancesParts {
  readonly pages: ReadonlySet<Page>;
  readonly cache: Pick<Cache, "get">;
  readonly readRuntimeIndex: () => Promise<RuntimeIndex>;
  readonly clock: Clock;
  readonly tell: (news: InstanceNews) => Promise<unknown>;
  readonly respond: (message: Respond) => Promise<unknown>;
  readonly changed: () => void;
  readonly reportBug: (error: unknown) => void;
}

interface Instance {
  readonly id: InstanceId;
  readonly service: StartInstance["service"];
  readonly page: Page;
  readonly runner: InstanceRunner;
  isReady: boolean;
  readonly startedAt: number;
  readonly asked: Set<RequestId>;
  answered: number;
  /** When the ping was sent that waits for its answer. */
  pingedAt: number | null;
  pingMs: number | null;
}

/** A program that is not up by then never will be: Python takes 2 to 5 s on a machine that is not busy. */
const START_MS = 60_000;
const PING_EVERY_MS = 2_000;
/** A worker that has nothing to do may take so long for a ping; one at a request has that one's time as well. */
const PING_LIMIT_MS = 8_000;

export function openInstances(parts: InstancesParts): Instances {
  const { pages, cache, clock, changed, reportBug } = parts;
  const all = new Map<InstanceId, Instance>();

  return {
    start: (message) => void begin(message).catch(reportBug),
    stop: ({ instanceId }) => close(instanceId),
    ask: (message) => void serve(message).catch(reportBug),
    cancel({ instanceId, requestId }) {
      const instance = all.get(instanceId);
      if (!instance?.asked.delete(requestId)) return;
      instance.runner.cancel(requestId).catch(reportBug);
      respond(instanceId, requestId, { type: "returned" });
    },
    pagesChanged() {
      for (const { id, page, asked } of [...all.values()]) {
        if (pages.has(page) && page.slots.length > 0 && page.isAwake) continue;
        // A sandbox that died of a request looks like a page that was frozen.
        const isFault = pages.has(page) && page.slots.length > 0 && asked.size > 0;
        end(id, "Its page is gone, or does not answer", "", isFault);
      }
    },
    failed(instanceId, message) {
      const [id] = [...all.keys()].filter((known) => known === instanceId);
      if (id) end(id, message, "", true);
    },
    closeAll() {
      for (const id of [...all.keys()]) close(id);
    },
    get capacity() {
      const slots = awake().reduce((sum, page) => sum + page.slots.length, 0);
      // One slot at least is left for tasks; where there is only one, tasks and an instance share its time.
      return slots === 0 ? 0 : Math.min(LIMITS.instances, Math.max(1, slots - 1));
    },
    get running() {
      return [...all.values()].map(({ id, pingMs }) => ({ id, pingMs }));
    },
    get status() {
      return [...all.values()].map(({ id, service, isReady, answered, asked }) => ({
        ...{ instanceId: id, name: service.name, version: service.version },
        ...{ state: isReady ? ("ready" as const) : ("starting" as const), answered, outstanding: asked.size },
      }));
    },
  };

  function awake(): Page[] {
    return [...pages].filter(({ link, isAwake, slots }) => link.openInstance && isAwake && slots.length > 0);
  }

  async function begin({ instanceId: id, service }: StartInstance): Promise<void> {
    if (all.has(id)) return;
    const [page] = awake().sort((a, b) => roomOf(b) - roomOf(a));
    if (!page?.link.openInstance)
      return tell({ state: "ended", instanceId: id, message: "No page is open", stack: "", isFault: false });
    const runner = page.link.openInstance(id);
    const instance: Instance = {
      ...{ id, service, page, runner, isReady: false, startedAt: clock.now() },
      ...{ asked: new Set<RequestId>(), answered: 0, pingedAt: null, pingMs: null },
    };
    all.set(id, instance);
    changed();
    const cancelWatch = clock.after(START_MS, () => end(id, `It was not up within ${START_MS} ms`, "", true));
    try {
      await load(instance);
    } catch (error) {
      // What cannot be fetched is not the program's fault.
      end(id, error instanceof Error ? error.message : String(error), "", false);
    } finally {
      cancelWatch();
    }
  }

  async function load(instance: Instance): Promise<void> {
    const { id, service, runner } = instance;
    const [{ program, files }, data] = await Promise.all([
      fetchCode(cache, parts.readRuntimeIndex, service),
      dataOf(service.data),
    ]);
    if (!isHere(instance)) return;
    const { name, version, runtime, config } = service;
    const facts = { name, version, instance: id };
    const answer = LoadAnswer.parse(await runner.start({ facts, runtime, config, program, data }, files));
    if (!isHere(instance)) return;
    if (answer.type === "unloadable") return end(id, answer.message, answer.stack, true);
    instance.isReady = true;
    tell({ state: "ready", instanceId: id });
    changed();
    keepPinging(instance);
  }

  async function dataOf(data: StartInstance["service"]["data"]) {
    if (!data) return null;
    const { path, version, blocks } = data;
    const parts = await Promise.all(blocks.map((digest) => cache.get(digest)));
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    return { path, version, bytes };
  }

  async function serve({ instanceId, requestId, request }: Ask): Promise<void> {
    const instance = all.get(instanceId);
    if (!instance?.isReady) return respond(instanceId, requestId, { type: "returned" });
    instance.asked.add(requestId);
    const answer = answerFrom(await instance.runner.handle(requestId, requestFrom(request)));
    // It was cancelled, and given back, in the meantime.
    if (!instance.asked.delete(requestId) || !isHere(instance)) return;
    instance.answered += 1;
    respond(instanceId, requestId, answer);
    changed();
  }

  /** For as long as it lives; one that falls silent is ended. */
  function keepPinging(instance: Instance): void {
    if (!isHere(instance)) return;
    const { id, pingedAt, asked, service } = instance;
    if (pingedAt === null) ping(instance);
    else {
      const silentMs = clock.now() - pingedAt;
      const limitMs = PING_LIMIT_MS + (asked.size > 0 ? service.timeoutMs : 0);
      if (silentMs > limitMs) return end(id, `It has not answered for ${Math.round(silentMs)} ms`, "", true);
    }
    clock.after(PING_EVERY_MS, () => keepPinging(instance));
  }

  function ping(instance: Instance): void {
    const sentAt = clock.now();
    instance.pingedAt = sentAt;
    instance.runner.ping().then((answer) => {
      instance.pingedAt = null;
      instance.pingMs = Math.max(0, clock.now() - sentAt);
      const { data } = PingAnswer.safeParse(answer);
      if (data && data.lines.length > 0 && isHere(instance)) {
        tell({ state: "logged", instanceId: instance.id, lines: data.lines });
      }
    }, reportBug);
  }

  function end(id: InstanceId, message: string, stack: string, isFault: boolean): void {
    if (!all.has(id)) return;
    close(id);
    tell({
      state: "ended",
      instanceId: id,
      message: message.slice(0, LIMITS.errorMessageChars),
      stack,
      isFault,
    });
  }

  function close(id: InstanceId): void {
    const instance = all.get(id);
    if (!all.delete(id)) return;
    instance?.runner.close();
    changed();
  }

  function isHere(instance: Instance): boolean {
    return all.get(instance.id) === instance;
  }

  function roomOf(page: Page): number {
    return page.slots.length - [...all.values()].filter((instance) => instance.page === page).length;
  }

  /** When the line breaks instead, the coordinator takes all instances for gone, and is right. */
  function tell(news: InstanceNews): void {
    parts.tell(news).catch(reportBug);
  }

  function respond(instanceId: InstanceId, requestId: RequestId, answer: ServiceAnswer): void {
    parts.respond({ instanceId, requestId, answer }).catch(reportBug);
  }
}
