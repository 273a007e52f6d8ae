/** How the API shows a service. */
import { latencyOf } from "../../core/services/latency";
import { instancesOf, type Service, type Services } from "../../core/services/services";
import type { EpochMs } from "../../protocol/ids";
import type { InstanceView, ServiceView } from "../../protocol/service";
import type { RunningService } from "./running-services";

export function viewService(
  grid: Services,
  running: RunningService,
  service: Service,
  now: EpochMs,
): ServiceView {
  const { stored, path, logs } = running;
  const instances = instancesOf(grid, service);
  const ready = instances.filter(
    ({ state, version }) => state === "ready" && version === stored.version,
  ).length;
  return {
    name: stored.name,
    kind: "service",
    programId: stored.programId,
    path,
    dataPath: path,
    version: stored.version,
    state: stateOf(service, ready),
    startedAt: stored.startedAt,
    wanted: stored.instances,
    ready,
    waiting: whyFewer(service, instances.filter(({ state }) => state !== "draining").length, now),
    options: stored.options,
    instances: instances.map(viewInstance),
    errors: service.errors.map((error) => ({ ...error })),
    logs: [...logs],
    queued: service.queue.length,
    outstanding: instances.reduce((sum, { outstanding }) => sum + outstanding.size, 0),
    totals: { ...service.totals },
    latency: latencyOf(service.latency),
  };
}

const FAILING_AFTER = 3;

function stateOf(service: Service, ready: number): ServiceView["state"] {
  if (service.state === "stopping") return "stopping";
  if (ready >= service.wanted.instances) return "running";
  if (ready > 0) return "degraded";
  return service.failures >= FAILING_AFTER ? "failing" : "starting";
}

function whyFewer(service: Service, present: number, now: EpochMs): string | null {
  const { instances: wanted, version } = service.wanted;
  if (service.state === "stopping" || present >= wanted) return null;
  const restMs = service.restAt - now;
  if (restMs > 0) {
    return `The last instance of version ${version} did not stay up; the next one is started in ${Math.ceil(restMs / 1000)} s`;
  }
  return `${present} of ${wanted}: no other volunteer that is connected can run it, or has room`;
}

function viewInstance(instance: ReturnType<typeof instancesOf>[number]): InstanceView {
  const { id, volunteerId, version, state, sinceAt, readyAt, outstanding } = instance;
  const { answered, failed, outvoted, pingMs, latency } = instance;
  return {
    ...{ id, volunteerId, version, state, sinceAt, readyAt, outstanding: outstanding.size },
    ...{ answered, failed, outvoted, pingMs, latency: latencyOf(latency) },
  };
}
