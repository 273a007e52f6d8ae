/**
 * What the grid knows of its services: what is to be, which volunteers can run instances, what runs, and the requests
 * under way. Changed by `advanceServices` alone.
 */
import type { Device } from "../../protocol/device";
import type { AccountId, EpochMs, VolunteerId } from "../../protocol/ids";
import type { InstanceId, RequestId, ServiceName } from "../../protocol/service";
import { openLatencyLog, type LatencyLog } from "./latency";
import type { WantedService } from "./service-events";

export interface Services {
  /** Of this run of the coordinator: the beginning of every instance's id. */
  readonly prefix: string;
  instancesMade: number;
  readonly services: Map<ServiceName, Service>;
  readonly hosts: Map<VolunteerId, Host>;
  readonly instances: Map<InstanceId, Instance>;
  readonly requests: Map<RequestId, Request>;
  readonly policy: ServicePolicy;
}

export interface ServicePolicy {
  /** Instances that agree are to be at different network addresses. */
  readonly onePerAddress: boolean;
  /** An instance that is not up by then never will be, in milliseconds. */
  readonly startMs: number;
}

export interface Service {
  wanted: WantedService;
  state: "running" | "stopping";
  readonly instances: Set<InstanceId>;
  /** Requests that wait for an instance, the oldest first. */
  queue: RequestId[];
  /** Requests that are not answered yet, waiting or not. */
  readonly open: Set<RequestId>;
  /** Instances in a row that did not come up, and until when none is started. */
  failures: number;
  restAt: EpochMs;
  /** Volunteers that are given no instance until then: where one did not come up, or was outvoted. */
  readonly shunned: Map<VolunteerId, EpochMs>;
  errors: InstanceFault[];
  readonly totals: { answered: number; failed: number; retried: number; timedOut: number; refused: number };
  readonly latency: LatencyLog;
}

export interface InstanceFault {
  readonly at: EpochMs;
  readonly volunteerId: VolunteerId;
  readonly version: number;
  readonly message: string;
  readonly stack: string;
}

export interface Host {
  readonly id: VolunteerId;
  capacity: number;
  readonly device: Device;
  readonly address: string | null;
  account: AccountId | null;
  readonly instances: Set<InstanceId>;
}

export interface Instance {
  readonly id: InstanceId;
  readonly name: ServiceName;
  readonly version: number;
  readonly volunteerId: VolunteerId;
  state: "starting" | "ready" | "draining";
  sinceAt: EpochMs;
  readyAt: EpochMs | null;
  /** Requests it was given and has not answered, also those that nobody waits for any more. */
  readonly outstanding: Set<RequestId>;
  lastSentAt: EpochMs;
  answered: number;
  failed: number;
  outvoted: number;
  pingMs: number | null;
  readonly latency: LatencyLog;
}

export interface Request {
  readonly id: RequestId;
  readonly name: ServiceName;
  readonly quorum: number;
  readonly askedAt: EpochMs;
  readonly deadlineAt: EpochMs;
  /** The version whose instances it was given to: only those are compared. */
  version: number | null;
  /** By instance; one that was lost stays, so that it is not asked again. */
  readonly copies: Map<InstanceId, RequestCopy>;
  /** Instances that ended by themselves while they had it. */
  harmed: number;
  attempts: number;
}

export type RequestCopy =
  | ({ readonly state: "out" } & AskedHost)
  | ({ readonly state: "answered"; readonly vote: string; readonly isError: boolean } & AskedHost)
  | { readonly state: "lost" };

/** Where it went, as that was when it was asked. */
interface AskedHost {
  readonly volunteerId: VolunteerId;
  readonly address: string | null;
  readonly account: AccountId | null;
}

/** @param prefix Eight of 0-9 and a-v, another one each time. */
export function createServices(prefix: string, policy: ServicePolicy): Services {
  return {
    prefix,
    instancesMade: 0,
    services: new Map(),
    hosts: new Map(),
    instances: new Map(),
    requests: new Map(),
    policy,
  };
}

export function newService(wanted: WantedService): Service {
  return {
    wanted,
    state: "running",
    instances: new Set(),
    queue: [],
    open: new Set(),
    failures: 0,
    restAt: 0 as EpochMs,
    shunned: new Map(),
    errors: [],
    totals: { answered: 0, failed: 0, retried: 0, timedOut: 0, refused: 0 },
    latency: openLatencyLog(),
  };
}

export function instancesOf(grid: Services, service: Service): Instance[] {
  return [...service.instances].flatMap((id) => grid.instances.get(id) ?? []);
}
