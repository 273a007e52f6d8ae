/** Which volunteers run a service's instances: brings what there is to what is wanted, one step at a time. */
import { after, type EpochMs, type VolunteerId } from "../../protocol/ids";
import type { Device, Requirements } from "../../protocol/device";
import type { InstanceId, RequestId } from "../../protocol/service";
import { lacking } from "../matching";
import { openLatencyLog } from "./latency";
import type { ServiceEffect } from "./service-events";
import { instancesOf, type Host, type Instance, type Service, type Services } from "./services";

/** A volunteer where an instance did not come up is left alone so long, and one that was outvoted. */
const SHUN_MS = { failed: 30_000, outvoted: 3_600_000 };
/** Between instances that do not come up: doubles from the first to the most. */
const REST_MS = { first: 500, most: 30_000 };
const ERRORS_KEPT = 20;

/**
 * Starts what is missing, and drains what is too much or of an old version.
 *
 * An update puts the new version beside the old one, also where a volunteer then runs both for a moment. As long as none
 * of the new ones is up, all of the old ones stay; then one goes for each that is up.
 */
export function reconcile(grid: Services, service: Service, now: EpochMs): ServiceEffect[] {
  const present = instancesOf(grid, service).filter(({ state }) => state !== "draining");
  if (service.state === "stopping") {
    const isIdle = service.queue.length === 0;
    return isIdle ? present.flatMap((instance) => drain(grid, instance)) : [];
  }
  const { version, instances: wanted } = service.wanted;
  const current = present.filter((instance) => instance.version === version);
  const old = present.filter((instance) => instance.version !== version);
  const ready = current.filter(({ state }) => state === "ready").length;
  const oldKept = wanted === 0 ? 0 : ready === 0 ? old.length : current.length - ready;
  const tooMany = [
    ...[...current].sort(leastUseful).slice(0, Math.max(0, current.length - wanted)),
    ...[...old].sort(leastUseful).slice(0, Math.max(0, old.length - oldKept)),
  ];
  const effects = tooMany.flatMap((instance) => drain(grid, instance));
  for (let missing = wanted - current.length; missing > 0 && now >= service.restAt; missing--) {
    const host = hostFor(grid, service, now);
    if (!host) break;
    effects.push(startOn(grid, service, host, now));
  }
  return effects;
}

/** Those that are not up first, then those with the least to do, the youngest first. */
function leastUseful(a: Instance, b: Instance): number {
  const rank = ({ state }: Instance) => (state === "ready" ? 1 : 0);
  return rank(a) - rank(b) || a.outstanding.size - b.outstanding.size || b.sinceAt - a.sinceAt;
}

/** It is given nothing new, and ends with what it has. */
export function drain(grid: Services, instance: Instance): ServiceEffect[] {
  instance.state = "draining";
  return endIfDrained(grid, instance);
}

export function endIfDrained(grid: Services, instance: Instance): ServiceEffect[] {
  const { state, outstanding, volunteerId, id: instanceId } = instance;
  if (state !== "draining" || outstanding.size > 0) return [];
  remove(grid, instance);
  return [{ type: "stop-instance", volunteerId, instanceId }];
}

/** @returns The requests it had, which others are to have. */
export function remove(grid: Services, instance: Instance): RequestId[] {
  grid.instances.delete(instance.id);
  grid.hosts.get(instance.volunteerId)?.instances.delete(instance.id);
  grid.services.get(instance.name)?.instances.delete(instance.id);
  return [...instance.outstanding];
}

/** An instance did not come up, or ended by the program's fault: the next one is not started at once, nor there. */
export function noteFault(
  service: Service,
  { volunteerId, version, readyAt }: Instance,
  said: { message: string; stack: string },
  now: EpochMs,
): void {
  service.errors = [...service.errors, { at: now, volunteerId, version, ...said }].slice(-ERRORS_KEPT);
  service.shunned.set(volunteerId, after(now, SHUN_MS.failed));
  // One that was up for a while is no sign that the next one will not come up.
  const wasUp = readyAt !== null && now - readyAt > REST_MS.most;
  service.failures = wasUp ? 1 : service.failures + 1;
  service.restAt = after(now, Math.min(REST_MS.most, REST_MS.first * 2 ** (service.failures - 1)));
}

/** Its answers are not what others say: the service does without this volunteer for an hour. */
export function expel(grid: Services, service: Service, instance: Instance, now: EpochMs): ServiceEffect[] {
  const message = `${instance.outvoted} of its answers were refused by a quorum of others`;
  const { volunteerId, version } = instance;
  service.errors = [...service.errors, { at: now, volunteerId, version, message, stack: "" }].slice(
    -ERRORS_KEPT,
  );
  service.shunned.set(volunteerId, after(now, SHUN_MS.outvoted));
  return drain(grid, instance);
}

/** The volunteer with the most room, of an account and at an address of its own if there is one. Takes time in proportion to the volunteers. */
function hostFor(grid: Services, service: Service, now: EpochMs): Host | null {
  const present = instancesOf(grid, service);
  const hosts = present.map(({ volunteerId }) => grid.hosts.get(volunteerId));
  const addresses = new Set(hosts.map((host) => host?.address));
  const accounts = new Set(hosts.map((host) => host?.account));
  let best: { host: Host; score: number } | null = null;
  for (const host of grid.hosts.values()) {
    const load = loadOf(grid, service, host);
    if (load >= 1 || !mayRun(grid, service, host, now)) continue;
    const isBeside =
      (host.address !== null && addresses.has(host.address)) ||
      (host.account !== null && accounts.has(host.account));
    const score = load + (isBeside ? 1 : 0);
    if (best === null || score < best.score) best = { host, score };
    if (score === 0) break;
  }
  return best?.host ?? null;
}

/** Share of its room that is taken; what this service will take away by an update is not counted. */
function loadOf(grid: Services, { wanted }: Service, { capacity, instances }: Host): number {
  if (capacity === 0) return 1;
  const taken = [...instances].filter((id) => {
    const instance = grid.instances.get(id);
    return instance && !(instance.name === wanted.name && instance.version !== wanted.version);
  });
  return taken.length / capacity;
}

function mayRun(grid: Services, { wanted, shunned }: Service, host: Host, now: EpochMs): boolean {
  const until = shunned.get(host.id);
  if (until !== undefined && until > now) return false;
  if (!fits(host.device, host.capacity, wanted.requires)) return false;
  return ![...host.instances].some((id) => {
    const instance = grid.instances.get(id);
    return instance?.name === wanted.name && instance.version === wanted.version;
  });
}

const fits = (device: Device, slotCount: number, requires: Requirements) =>
  lacking(requires, { device, slotCount }).length === 0;

function startOn(grid: Services, service: Service, host: Host, now: EpochMs): ServiceEffect {
  const { name, version } = service.wanted;
  grid.instancesMade += 1;
  const id = `ins_${grid.prefix}_${grid.instancesMade}` as InstanceId;
  const volunteerId: VolunteerId = host.id;
  grid.instances.set(id, {
    ...{ id, name, version, volunteerId, state: "starting", sinceAt: now, readyAt: null },
    ...{ outstanding: new Set(), lastSentAt: 0 as EpochMs, answered: 0, failed: 0, outvoted: 0 },
    ...{ pingMs: null, latency: openLatencyLog() },
  });
  host.instances.add(id);
  service.instances.add(id);
  return { type: "start-instance", volunteerId, instanceId: id, name, version };
}
