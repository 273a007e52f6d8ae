/**
 * The shell around the services' decisions: events in, effects carried out.
 *
 *   client ── request ─▶ ask ─▶ core ─▶ send ─▶ a tab ─▶ responded ─▶ core ─▶ answer ─▶ client
 *
 * Requests and answers are in memory alone: who asked is gone when the coordinator is. What is to run is in the database.
 */
import { randomBytes } from "node:crypto";
import { advanceServices } from "../../core/services/advance-services";
import type { Place } from "../../core/task";
import type { ServiceEffect, ServiceEvent } from "../../core/services/service-events";
import { createServices, type ServicePolicy, type Services } from "../../core/services/services";
import type { Device } from "../../protocol/device";
import { after, type AccountId, type EpochMs, type VolunteerId } from "../../protocol/ids";
import type { Json } from "../../protocol/json";
import type { Ask } from "../../protocol/messages/ask";
import type { Cancel } from "../../protocol/messages/cancel";
import type { Heartbeat } from "../../protocol/messages/heartbeat";
import type { InstanceNews } from "../../protocol/messages/instance";
import type { Respond, ServiceAnswer } from "../../protocol/messages/respond";
import type { ServiceSpec, StartInstance } from "../../protocol/messages/start-instance";
import type { StopInstance } from "../../protocol/messages/stop-instance";
import type { ProgramPath } from "../../protocol/program-name";
import { GridError } from "../../protocol/problems";
import type { InstanceId, RequestId, ServiceName } from "../../protocol/service";
import type { ServiceRequest } from "../../protocol/service-call";
import { Changes } from "../changes";
import { log } from "../log";
import type { StoredService } from "../store/services";
import { refusalError } from "./refusals";
import { voteOf } from "./votes";

/** How services speak to tabs. To a volunteer that is gone, nothing is sent. */
export interface ServiceLine {
  startInstance(volunteerId: VolunteerId, message: StartInstance): void;
  stopInstance(volunteerId: VolunteerId, message: StopInstance): void;
  ask(volunteerId: VolunteerId, message: Ask): void;
  cancel(volunteerId: VolunteerId, message: Cancel): void;
}

/** What an instance of some version runs. */
export interface ServiceCode {
  program: ServiceSpec["program"];
  runtime: ServiceSpec["runtime"];
  config: Json;
}

export interface RunningService {
  stored: StoredService;
  path: ProgramPath;
  /** By version: the current one, and those that instances run still. */
  codes: Map<number, ServiceCode>;
  logs: string[];
}

/** The one answer to a request. */
export interface Answered {
  answer: Exclude<ServiceAnswer, { type: "returned" }>;
  instanceId: InstanceId;
  version: number;
  attempts: number;
}

export interface RunningServices {
  /** The tabs' line; the gateway sets it when it opens. */
  line: ServiceLine;
  readonly grid: Services;
  readonly all: ReadonlyMap<ServiceName, RunningService>;
  /** Happen with every event that may show. */
  readonly changes: Changes;
  /** Starts it, or makes it so: it must be in the database by then. */
  want(stored: StoredService, path: ProgramPath, code: ServiceCode): void;
  scale(name: ServiceName, instances: number): void;
  /** It answers what it was asked, and ends. */
  unwant(name: ServiceName): void;
  /** @throws {GridError} `service-not-found`, `overloaded`, `service-timeout`, `service-disagrees`, `service-failed`. */
  ask(
    name: ServiceName,
    request: ServiceRequest,
    quorum: number | null,
    signal: AbortSignal,
  ): Promise<Answered>;
  joined(
    volunteerId: VolunteerId,
    device: Device,
    capacity: number,
    place: Pick<Place, "address" | "account">,
  ): void;
  accountChanged(volunteerId: VolunteerId, account: AccountId | null): void;
  beat(volunteerId: VolunteerId, heartbeat: Pick<Heartbeat, "instanceCount" | "instances">): void;
  gone(volunteerId: VolunteerId): void;
  heard(volunteerId: VolunteerId, news: InstanceNews): void;
  responded(volunteerId: VolunteerId, message: Respond): void;
  tick(): void;
}

export interface RunningServicesParts {
  now: () => EpochMs;
  policy: ServicePolicy;
  /** The dataset that a service works with; null when there is none. @throws {GridError} When it is too large. */
  findData: (path: ProgramPath) => Promise<ServiceSpec["data"]>;
}

interface Waiting {
  request: ServiceRequest;
  answers: Map<InstanceId, Answered["answer"]>;
  resolve: (answered: Answered) => void;
  reject: (error: Error) => void;
}

const LINES_KEPT = 200;
const SILENT_LINE: ServiceLine = { startInstance() {}, stopInstance() {}, ask() {}, cancel() {} };

export function openRunningServices({ now, policy, findData }: RunningServicesParts): RunningServices {
  const prefix = [...randomBytes(8)].map((byte) => (byte & 31).toString(32)).join("");
  const grid = createServices(prefix, policy);
  const all = new Map<ServiceName, RunningService>();
  const waiting = new Map<RequestId, Waiting>();
  const changes = new Changes();
  let requestsMade = 0;
  const services: RunningServices = {
    line: SILENT_LINE,
    grid,
    all,
    changes,
    want(stored, path, code) {
      const before = all.get(stored.name);
      const codes = (before?.codes ?? new Map<number, ServiceCode>()).set(stored.version, code);
      all.set(stored.name, { stored, path, codes, logs: before?.logs ?? [] });
      wanted(stored);
    },
    scale(name, instances) {
      const service = all.get(name);
      if (!service) return;
      service.stored = { ...service.stored, instances };
      wanted(service.stored);
    },
    unwant: (name) => dispatch({ type: "unwanted", name }),
    ask,
    joined(volunteerId, device, capacity, { address, account }) {
      dispatch({ type: "host-joined", volunteerId, capacity, device, address, account });
    },
    accountChanged: (volunteerId, account) => dispatch({ type: "host-account", volunteerId, account }),
    beat(volunteerId, { instanceCount: capacity, instances: running }) {
      dispatch({ type: "host-beat", volunteerId, capacity, running });
    },
    gone: (volunteerId) => dispatch({ type: "host-left", volunteerId }),
    heard,
    responded,
    tick: () => dispatch({ type: "tick" }),
  };
  return services;

  function wanted({ name, version, instances, options }: StoredService): void {
    const { quorum, concurrency, queue, requires } = options;
    dispatch({ type: "wanted", service: { name, version, instances, quorum, concurrency, queue, requires } });
  }

  function dispatch(event: ServiceEvent): void {
    for (const effect of advanceServices(grid, event, now())) carryOut(effect);
    changes.happened();
  }

  function carryOut(effect: ServiceEffect): void {
    const { line } = services;
    switch (effect.type) {
      case "start-instance":
        void start(effect);
        break;
      case "stop-instance":
        line.stopInstance(effect.volunteerId, { instanceId: effect.instanceId });
        break;
      case "send": {
        const { volunteerId, instanceId, requestId } = effect;
        const request = waiting.get(requestId)?.request;
        if (request) line.ask(volunteerId, { instanceId, requestId, request });
        break;
      }
      case "cancel": {
        const { volunteerId, instanceId, requestId } = effect;
        line.cancel(volunteerId, { instanceId, requestId });
        break;
      }
      case "answer": {
        const { requestId, instanceId, version, attempts } = effect;
        const asker = waiting.get(requestId);
        const answer = asker?.answers.get(instanceId);
        waiting.delete(requestId);
        if (answer) asker?.resolve({ answer, instanceId, version, attempts });
        break;
      }
      case "refuse": {
        const asker = waiting.get(effect.requestId);
        waiting.delete(effect.requestId);
        asker?.reject(refusalError(effect.reason, effect.detail));
        break;
      }
      case "ended":
        all.delete(effect.name);
        break;
    }
  }

  async function start(effect: Extract<ServiceEffect, { type: "start-instance" }>): Promise<void> {
    const { name, version, instanceId, volunteerId } = effect;
    const service = all.get(name);
    const code = service?.codes.get(version);
    if (!service || !code)
      throw new Error(`${name} was to be started in version ${version}, which is not known`);
    try {
      const data = await findData(service.path);
      // Stopped, or its volunteer gone, in the meantime.
      if (!grid.instances.has(instanceId)) return;
      const { timeoutMs } = service.stored.options;
      services.line.startInstance(volunteerId, {
        instanceId,
        service: { name, version, ...code, timeoutMs, data },
      });
    } catch (error) {
      log.warn({ err: error, service: name }, "an instance could not be started");
      const message = error instanceof Error ? error.message : String(error);
      dispatch({ type: "instance-ended", volunteerId, instanceId, message, stack: "", isFault: true });
    }
  }

  function ask(
    name: ServiceName,
    request: ServiceRequest,
    quorum: number | null,
    signal: AbortSignal,
  ): Promise<Answered> {
    const timeoutMs = all.get(name)?.stored.options.timeoutMs;
    if (timeoutMs === undefined) {
      const detail = `No service ${name} runs: POST /api/v1/programs/{path}/start starts one`;
      return Promise.reject(new GridError("service-not-found", detail));
    }
    requestsMade += 1;
    const requestId = `req_${prefix}_${requestsMade}` as RequestId;
    return new Promise<Answered>((resolve, reject) => {
      const withdraw = () => {
        if (!waiting.delete(requestId)) return;
        dispatch({ type: "withdrawn", requestId });
        reject(new GridError("service-timeout", "The asker has left"));
      };
      // The tick comes twice a second: this is for those that have less time.
      const timer = setTimeout(() => services.tick(), timeoutMs + 1);
      const settled = <T>(act: (value: T) => void) => {
        return (value: T) => {
          clearTimeout(timer);
          signal.removeEventListener("abort", withdraw);
          act(value);
        };
      };
      waiting.set(requestId, {
        request,
        answers: new Map(),
        resolve: settled(resolve),
        reject: settled(reject),
      });
      signal.addEventListener("abort", withdraw, { once: true });
      dispatch({ type: "asked", requestId, name, quorum, deadlineAt: after(now(), timeoutMs) });
    });
  }

  function heard(volunteerId: VolunteerId, news: InstanceNews): void {
    const { instanceId } = news;
    const instance = grid.instances.get(instanceId);
    if (instance?.volunteerId !== volunteerId) return;
    switch (news.state) {
      case "ready":
        return dispatch({ type: "instance-ready", volunteerId, instanceId });
      case "ended": {
        const { message, stack, isFault } = news;
        return dispatch({ type: "instance-ended", volunteerId, instanceId, message, stack, isFault });
      }
      case "logged": {
        const logs = all.get(instance.name)?.logs ?? [];
        logs.push(...news.lines.map((line) => `${volunteerId}: ${line}`));
        logs.splice(0, Math.max(0, logs.length - LINES_KEPT));
      }
    }
  }

  function responded(volunteerId: VolunteerId, { instanceId, requestId, answer }: Respond): void {
    const instance = grid.instances.get(instanceId);
    // Also one that has answered already: nothing may take the place of what was voted on.
    if (instance?.volunteerId !== volunteerId || !instance.outstanding.has(requestId)) return;
    if (answer.type === "returned") {
      return dispatch({ type: "returned", volunteerId, instanceId, requestId });
    }
    waiting.get(requestId)?.answers.set(instanceId, answer);
    const isError = answer.type === "error";
    dispatch({ type: "responded", volunteerId, instanceId, requestId, vote: voteOf(answer), isError });
  }
}
