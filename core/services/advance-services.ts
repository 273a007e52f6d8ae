/**
 * The only way services change: an event and the time in, what is to be done out.
 *
 * News that comes too late (an instance that is gone, a request that is answered) changes nothing.
 */
import type { EpochMs } from "../../protocol/ids";
import type { ServiceName } from "../../protocol/service";
import { unreachable } from "../../protocol/unreachable";
import { drain, endIfDrained, noteFault, reconcile, remove } from "./instances";
import { ask, close, dispatch, passOn, refuseOverdue, respond } from "./requests";
import type { ServiceEffect, ServiceEvent } from "./service-events";
import { newService, type Host, type Instance, type Service, type Services } from "./services";

/** An instance that its volunteer does not name is not there, unless the word to start it may be on its way still. */
const UNDER_WAY_MS = 10_000;

export function advanceServices(grid: Services, event: ServiceEvent, now: EpochMs): ServiceEffect[] {
  const names = concernedBy(grid, event);
  const effects = apply(grid, event, now);
  for (const name of names) {
    const service = grid.services.get(name);
    if (!service) continue;
    effects.push(
      ...dispatch(grid, service, now),
      ...reconcile(grid, service, now),
      ...endIfDone(grid, service),
    );
  }
  return effects;
}

/** What an answer frees is for the requests of its own service; volunteers that come and go are everybody's. */
function concernedBy(grid: Services, event: ServiceEvent): ServiceName[] {
  if (event.type === "wanted") return [event.service.name];
  if ("name" in event) return [event.name];
  if ("instanceId" in event) return listed(grid.instances.get(event.instanceId));
  if ("requestId" in event) return listed(grid.requests.get(event.requestId));
  return [...grid.services.keys()];
}

const listed = (found: { readonly name: ServiceName } | undefined) => (found ? [found.name] : []);

function endIfDone(grid: Services, service: Service): ServiceEffect[] {
  const { name } = service.wanted;
  if (service.state !== "stopping" || service.instances.size > 0 || service.open.size > 0) return [];
  grid.services.delete(name);
  return [{ type: "ended", name }];
}

function apply(grid: Services, event: ServiceEvent, now: EpochMs): ServiceEffect[] {
  switch (event.type) {
    case "wanted":
      return want(grid, event.service);
    case "unwanted": {
      const service = grid.services.get(event.name);
      if (service) service.state = "stopping";
      return [];
    }
    case "host-joined": {
      const { volunteerId: id, capacity, device, address, account } = event;
      const effects = leave(grid, id);
      grid.hosts.set(id, { id, capacity, device, address, account, instances: new Set() });
      return effects;
    }
    case "host-account": {
      const host = grid.hosts.get(event.volunteerId);
      if (host) host.account = event.account;
      return [];
    }
    case "host-beat":
      return beat(grid, event, now);
    case "host-left":
      return leave(grid, event.volunteerId);
    case "instance-ready": {
      const instance = instanceOf(grid, event);
      if (instance?.state !== "starting") return [];
      instance.state = "ready";
      instance.readyAt = now;
      const service = grid.services.get(instance.name);
      if (service) service.failures = 0;
      return [];
    }
    case "instance-ended": {
      const instance = instanceOf(grid, event);
      return instance ? end(grid, instance, event, now) : [];
    }
    case "asked":
      return ask(grid, event, now);
    case "responded":
      return respond(grid, event, now);
    case "returned": {
      const instance = instanceOf(grid, event);
      const service = instance && grid.services.get(instance.name);
      if (!service || !instance.outstanding.delete(event.requestId)) return [];
      return [...passOn(grid, service, instance, [event.requestId], false), ...endIfDrained(grid, instance)];
    }
    case "withdrawn":
      return close(grid, event.requestId);
    case "tick":
      return [...endUnstarted(grid, now), ...refuseOverdue(grid, now)];
    default:
      return unreachable(event);
  }
}

function want(grid: Services, wanted: Service["wanted"]): ServiceEffect[] {
  const service = grid.services.get(wanted.name);
  if (!service) {
    grid.services.set(wanted.name, newService(wanted));
    return [];
  }
  if (service.wanted.version !== wanted.version) {
    service.failures = 0;
    service.restAt = 0 as EpochMs;
    service.shunned.clear();
  }
  service.wanted = wanted;
  service.state = "running";
  return [];
}

/** The instance that a volunteer speaks of, if it is its own. */
function instanceOf(
  grid: Services,
  {
    volunteerId,
    instanceId,
  }: Pick<Extract<ServiceEvent, { type: "instance-ready" }>, "volunteerId" | "instanceId">,
): Instance | null {
  const instance = grid.instances.get(instanceId);
  return instance?.volunteerId === volunteerId ? instance : null;
}

function end(
  grid: Services,
  instance: Instance,
  { message, stack, isFault }: { message: string; stack: string; isFault: boolean },
  now: EpochMs,
): ServiceEffect[] {
  const requestIds = remove(grid, instance);
  const service = grid.services.get(instance.name);
  if (!service) return [];
  if (isFault) noteFault(service, instance, { message, stack }, now);
  return passOn(grid, service, instance, requestIds, isFault);
}

function leave(grid: Services, volunteerId: Host["id"]): ServiceEffect[] {
  const host = grid.hosts.get(volunteerId);
  if (!host) return [];
  grid.hosts.delete(volunteerId);
  return [...host.instances].flatMap((id) => {
    const instance = grid.instances.get(id);
    return instance ? end(grid, instance, GONE, 0 as EpochMs) : [];
  });
}

const GONE = { message: "", stack: "", isFault: false };

function beat(
  grid: Services,
  { volunteerId, capacity, running }: Extract<ServiceEvent, { type: "host-beat" }>,
  now: EpochMs,
): ServiceEffect[] {
  const host = grid.hosts.get(volunteerId);
  if (!host) return [];
  host.capacity = capacity;
  const pings = new Map(running.map(({ id, pingMs }) => [id, pingMs]));
  const effects: ServiceEffect[] = [];
  for (const { id } of running) {
    if (!host.instances.has(id)) effects.push({ type: "stop-instance", volunteerId, instanceId: id });
  }
  const own = [...host.instances].flatMap((id) => grid.instances.get(id) ?? []);
  for (const instance of own) {
    const isNamed = pings.has(instance.id);
    if (isNamed) instance.pingMs = pings.get(instance.id) ?? null;
    else if (now - instance.sinceAt > UNDER_WAY_MS) effects.push(...end(grid, instance, GONE, now));
  }
  // What an update takes away is on its way out, and counts no more.
  const kept = own.filter(({ id, name, version, state }) => {
    const isCurrent = grid.services.get(name)?.wanted.version === version;
    return isCurrent && host.instances.has(id) && state !== "draining";
  });
  for (const instance of kept.slice(Math.max(0, capacity))) effects.push(...drain(grid, instance));
  return effects;
}

function endUnstarted(grid: Services, now: EpochMs): ServiceEffect[] {
  const { startMs } = grid.policy;
  const message = `It was not up within ${startMs} ms`;
  return [...grid.instances.values()].flatMap((instance): ServiceEffect[] => {
    if (instance.state !== "starting" || now - instance.sinceAt <= startMs) return [];
    const { volunteerId, id: instanceId } = instance;
    const ended = end(grid, instance, { message, stack: "", isFault: true }, now);
    return [{ type: "stop-instance", volunteerId, instanceId }, ...ended];
  });
}
