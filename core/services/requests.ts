/**
 * Requests to services: who is asked, whose answer counts, and what becomes of those nobody can answer.
 *
 *   asked ─▶ waits ─▶ out at one instance, or at as many as its quorum ─▶ answered, or refused: once
 *              ▲                        │
 *              └── the instance is gone ┘
 */
import type { EpochMs } from "../../protocol/ids";
import { endIfDrained, expel } from "./instances";
import { noteLatency } from "./latency";
import type { Refusal, ServiceEffect, ServiceEvent } from "./service-events";
import {
  instancesOf,
  type Instance,
  type Request,
  type RequestCopy,
  type Service,
  type Services,
} from "./services";

/** A request that so many instances ended with is given to no other. */
const HARM_MOST = 3;
/** An instance that so many quorums have refused is not asked again. */
const OUTVOTED_MOST = 3;

type Event<Type extends ServiceEvent["type"]> = Extract<ServiceEvent, { type: Type }>;

export function ask(
  grid: Services,
  { requestId: id, name, quorum, deadlineAt }: Event<"asked">,
  now: EpochMs,
): ServiceEffect[] {
  const service = grid.services.get(name);
  if (service?.state !== "running") {
    return [{ type: "refuse", requestId: id, reason: "not-running", detail: `${name} does not run` }];
  }
  grid.requests.set(id, {
    ...{ id, name, quorum: quorum ?? service.wanted.quorum, askedAt: now, deadlineAt },
    ...{ version: null, copies: new Map(), harmed: 0, attempts: 0 },
  });
  service.open.add(id);
  service.queue.push(id);
  const effects = dispatch(grid, service, now);
  const { queue } = service.wanted;
  if (service.queue.length <= queue || !service.queue.includes(id)) return effects;
  return [
    ...effects,
    ...refuse(grid, id, "queue-full", `${queue} requests wait for ${name} already (queue)`),
  ];
}

/** Gives waiting requests to instances that have room, the oldest first. */
export function dispatch(grid: Services, service: Service, now: EpochMs): ServiceEffect[] {
  const effects: ServiceEffect[] = [];
  const waiting = service.queue;
  service.queue = [];
  for (const id of waiting) {
    const request = grid.requests.get(id);
    if (!request) continue;
    while (needs(request) > 0) {
      const instance = instanceFor(grid, service, request);
      if (!instance) break;
      effects.push(send(grid, request, instance, now));
    }
    if (needs(request) === 0) continue;
    if (isHopeless(grid, service, request)) {
      effects.push(...refuse(grid, id, "disagreement", explainDisagreement(request)));
    } else service.queue.push(id);
  }
  if (service.state === "stopping" && instancesOf(grid, service).every(({ state }) => state === "draining")) {
    const left = service.queue.splice(0);
    effects.push(
      ...left.flatMap((id) => refuse(grid, id, "not-running", `${service.wanted.name} was stopped`)),
    );
  }
  return effects;
}

function send(grid: Services, request: Request, instance: Instance, now: EpochMs): ServiceEffect {
  const { id: instanceId, volunteerId } = instance;
  const { address = null, account = null } = grid.hosts.get(volunteerId) ?? {};
  request.version = instance.version;
  request.attempts += 1;
  request.copies.set(instanceId, { state: "out", volunteerId, address, account });
  instance.outstanding.add(request.id);
  instance.lastSentAt = now;
  return { type: "send", volunteerId, instanceId, requestId: request.id };
}

/** The one with the least to do of those that may be asked; null when none has room. */
function instanceFor(grid: Services, service: Service, request: Request): Instance | null {
  const version = versionFor(grid, service, request);
  let best: Instance | null = null;
  for (const instance of instancesOf(grid, service)) {
    if (instance.version !== version || instance.state !== "ready") continue;
    if (instance.outstanding.size >= service.wanted.concurrency) continue;
    if (!mayAsk(grid, request, instance)) continue;
    if (best === null || compareLoad(instance, best) < 0) best = instance;
  }
  return best;
}

function compareLoad(a: Instance, b: Instance): number {
  return a.outstanding.size - b.outstanding.size || a.lastSentAt - b.lastSentAt;
}

/** No volunteer twice; of those that are to agree, no account and no address twice. */
function mayAsk({ hosts, policy }: Services, request: Request, { id, volunteerId }: Instance): boolean {
  if (request.copies.has(id)) return false;
  const { address = null, account = null } = hosts.get(volunteerId) ?? {};
  return !votersOf(request).some(
    (copy) =>
      copy.volunteerId === volunteerId ||
      (account !== null && copy.account === account) ||
      (policy.onePerAddress && address !== null && copy.address === address),
  );
}

/** What is asked and compared is of one version: the newest that is up when the request is first given out. */
function versionFor(grid: Services, service: Service, request: Request): number | null {
  const ready = instancesOf(grid, service).filter(({ state }) => state === "ready");
  const has = (version: number | null) => ready.some((instance) => instance.version === version);
  const isOut = [...request.copies.values()].some(({ state }) => state === "out");
  if (request.version !== null && (isOut || has(request.version))) return request.version;
  if (request.version !== null) forgetAnswers(request);
  const { version } = service.wanted;
  if (has(version)) return version;
  return (
    ready.reduce<Instance | null>((newest, next) => {
      return newest === null || next.sinceAt > newest.sinceAt ? next : newest;
    }, null)?.version ?? null
  );
}

/** The version that was asked is gone: what it answered cannot be compared with another one's. */
function forgetAnswers(request: Request): void {
  request.version = null;
  for (const [id, { state }] of request.copies) if (state === "answered") request.copies.delete(id);
}

type Voter = Exclude<RequestCopy, { state: "lost" }>;

const votersOf = ({ copies }: Request): Voter[] =>
  [...copies.values()].filter((copy) => copy.state !== "lost");

/** Instances that are to be asked still. */
function needs(request: Request): number {
  const voters = votersOf(request);
  const votes = new Map<string, number>();
  let out = 0;
  for (const copy of voters) {
    if (copy.state === "out") out += 1;
    else votes.set(copy.vote, (votes.get(copy.vote) ?? 0) + 1);
  }
  return Math.max(0, request.quorum - Math.max(0, ...votes.values()) - out);
}

/** Answers differ, and nobody is left to ask. One that lacks answers waits for more volunteers. */
function isHopeless(grid: Services, service: Service, request: Request): boolean {
  const voters = votersOf(request);
  const votes = new Set(voters.map((copy) => (copy.state === "answered" ? copy.vote : null)));
  if (votes.has(null) || votes.size < 2) return false;
  return !instancesOf(grid, service).some(
    (instance) =>
      instance.state !== "draining" &&
      instance.version === request.version &&
      mayAsk(grid, request, instance),
  );
}

function explainDisagreement({ name, quorum, copies }: Request): string {
  const answered = [...copies.values()].filter(({ state }) => state === "answered").length;
  return `${quorum} instances of ${name} were to agree; ${answered} answered, and no ${quorum} the same`;
}

export function respond(
  grid: Services,
  { volunteerId, instanceId, requestId, vote, isError }: Event<"responded">,
  now: EpochMs,
): ServiceEffect[] {
  const instance = grid.instances.get(instanceId);
  if (instance?.volunteerId !== volunteerId || !instance.outstanding.delete(requestId)) return [];
  const service = grid.services.get(instance.name);
  const request = grid.requests.get(requestId);
  const copy = request?.copies.get(instanceId);
  if (!service || !request || copy?.state !== "out") return endIfDrained(grid, instance);

  request.copies.set(instanceId, { ...copy, state: "answered", vote, isError });
  instance.answered += 1;
  if (isError) instance.failed += 1;
  noteLatency(instance.latency, now - request.askedAt);
  const agreeing = [...request.copies.values()].filter(
    (other) => other.state === "answered" && other.vote === vote,
  );
  const effects =
    agreeing.length >= request.quorum ? settle(grid, service, request, instance, vote, now) : [];
  if (effects.length === 0 && needs(request) > 0 && !service.queue.includes(requestId)) {
    service.queue.unshift(requestId);
  }
  return [...effects, ...endIfDrained(grid, instance)];
}

/** The answer is there: those still at it are told to stop, and those who said otherwise remembered. */
function settle(
  grid: Services,
  service: Service,
  request: Request,
  instance: Instance,
  vote: string,
  now: EpochMs,
): ServiceEffect[] {
  const { id: requestId, attempts } = request;
  const outvoted = [...request.copies].flatMap(([id, copy]) =>
    copy.state === "answered" && copy.vote !== vote ? (grid.instances.get(id) ?? []) : [],
  );
  noteLatency(service.latency, now - request.askedAt);
  service.totals.answered += 1;
  const copy = request.copies.get(instance.id);
  if (copy?.state === "answered" && copy.isError) service.totals.failed += 1;
  const { id: instanceId, version } = instance;
  const effects: ServiceEffect[] = [
    { type: "answer", requestId, instanceId, version, attempts },
    ...close(grid, requestId),
  ];
  for (const wrong of outvoted) {
    wrong.outvoted += 1;
    if (wrong.outvoted === OUTVOTED_MOST) effects.push(...expel(grid, service, wrong, now));
  }
  return effects;
}

/** Forgets the request; instances that are at it still are told so. */
export function close(grid: Services, requestId: Request["id"]): ServiceEffect[] {
  const request = grid.requests.get(requestId);
  if (!request) return [];
  grid.requests.delete(requestId);
  const service = grid.services.get(request.name);
  service?.open.delete(requestId);
  if (service) service.queue = service.queue.filter((id) => id !== requestId);
  return [...request.copies].flatMap(([instanceId, copy]): ServiceEffect[] => {
    if (copy.state !== "out") return [];
    return [{ type: "cancel", volunteerId: copy.volunteerId, instanceId, requestId }];
  });
}

function refuse(grid: Services, requestId: Request["id"], reason: Refusal, detail: string): ServiceEffect[] {
  const request = grid.requests.get(requestId);
  const totals = request && grid.services.get(request.name)?.totals;
  if (totals) totals[reason === "timeout" ? "timedOut" : "refused"] += 1;
  return [{ type: "refuse", requestId, reason, detail }, ...close(grid, requestId)];
}

/**
 * What an instance had that is gone, or that it gave back, is for others.
 *
 * @param isHarm Whether the instance ended by itself: perhaps by one of these requests.
 */
export function passOn(
  grid: Services,
  service: Service,
  instance: Instance,
  requestIds: readonly Request["id"][],
  isHarm: boolean,
): ServiceEffect[] {
  return requestIds.flatMap((requestId) => {
    const request = grid.requests.get(requestId);
    if (request?.copies.get(instance.id)?.state !== "out") return [];
    request.copies.set(instance.id, { state: "lost" });
    if (isHarm) request.harmed += 1;
    if (request.harmed >= HARM_MOST) {
      const detail = `${HARM_MOST} instances of ${request.name} ended while they were at this request`;
      return refuse(grid, requestId, "harmful", detail);
    }
    service.totals.retried += 1;
    if (needs(request) > 0 && !service.queue.includes(requestId)) service.queue.unshift(requestId);
    return [];
  });
}

export function refuseOverdue(grid: Services, now: EpochMs): ServiceEffect[] {
  return [...grid.requests.values()].flatMap((request) => {
    if (request.deadlineAt > now) return [];
    const { id, name, askedAt, deadlineAt, quorum, attempts } = request;
    const waited = `in ${deadlineAt - askedAt} ms`;
    if (attempts === 0) return refuse(grid, id, "no-instance", `No instance of ${name} was free ${waited}`);
    const answered = [...request.copies.values()].filter(({ state }) => state === "answered").length;
    const who = quorum === 1 ? name : `a quorum of ${quorum} of ${name}`;
    const seen = answered > 0 ? `; ${answered} answered` : "";
    return refuse(grid, id, "timeout", `There was no answer of ${who} ${waited}${seen}`);
  });
}
