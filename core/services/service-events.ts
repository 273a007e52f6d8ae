/** What can happen to services, and what is to be done about it. */
import type { Device, Requirements } from "../../protocol/device";
import type { AccountId, EpochMs, VolunteerId } from "../../protocol/ids";
import type { InstanceId, RequestId, ServiceName } from "../../protocol/service";

/** What a service is to be. */
export interface WantedService {
  readonly name: ServiceName;
  readonly version: number;
  /** Instances that are to be up. */
  readonly instances: number;
  readonly quorum: number;
  /** Requests that one instance is given at the same time. */
  readonly concurrency: number;
  /** Requests that may wait. */
  readonly queue: number;
  readonly requires: Requirements;
}

export type ServiceEvent =
  /** Start it, or make it so: another version, another number of instances. */
  | { type: "wanted"; service: WantedService }
  /** It answers what it was asked, and ends. */
  | { type: "unwanted"; name: ServiceName }
  /** A volunteer connected that may run so many instances. Whatever it ran on an earlier connection is gone. */
  | {
      type: "host-joined";
      volunteerId: VolunteerId;
      capacity: number;
      device: Device;
      address: string | null;
      account: AccountId | null;
    }
  /** A volunteer joined an account, or left its own. */
  | { type: "host-account"; volunteerId: VolunteerId; account: AccountId | null }
  /** It says how many it may run, and which do: with how long a ping to each took, in milliseconds. */
  | {
      type: "host-beat";
      volunteerId: VolunteerId;
      capacity: number;
      running: readonly { id: InstanceId; pingMs: number | null }[];
    }
  /** Its connection is gone, and its instances with it. */
  | { type: "host-left"; volunteerId: VolunteerId }
  | { type: "instance-ready"; volunteerId: VolunteerId; instanceId: InstanceId }
  /** It did not come up, or ended by itself. `isFault` when the program is to blame. */
  | {
      type: "instance-ended";
      volunteerId: VolunteerId;
      instanceId: InstanceId;
      message: string;
      stack: string;
      isFault: boolean;
    }
  | { type: "asked"; requestId: RequestId; name: ServiceName; quorum: number | null; deadlineAt: EpochMs }
  /** An answer. `vote` is equal for equal answers. `isError` when it is an error of the program. */
  | {
      type: "responded";
      volunteerId: VolunteerId;
      instanceId: InstanceId;
      requestId: RequestId;
      vote: string;
      isError: boolean;
    }
  /** The instance gives the request back unanswered: it is for another. */
  | { type: "returned"; volunteerId: VolunteerId; instanceId: InstanceId; requestId: RequestId }
  /** Nobody waits for the answer any more. */
  | { type: "withdrawn"; requestId: RequestId }
  | { type: "tick" };

export type Refusal = "not-running" | "queue-full" | "no-instance" | "timeout" | "disagreement" | "harmful";

/** What the shell has to do, in this order. */
export type ServiceEffect =
  | {
      type: "start-instance";
      volunteerId: VolunteerId;
      instanceId: InstanceId;
      name: ServiceName;
      version: number;
    }
  | { type: "stop-instance"; volunteerId: VolunteerId; instanceId: InstanceId }
  | { type: "send"; volunteerId: VolunteerId; instanceId: InstanceId; requestId: RequestId }
  | { type: "cancel"; volunteerId: VolunteerId; instanceId: InstanceId; requestId: RequestId }
  /** The one answer to a request: what that instance said. */
  | { type: "answer"; requestId: RequestId; instanceId: InstanceId; version: number; attempts: number }
  | { type: "refuse"; requestId: RequestId; reason: Refusal; detail: string }
  /** The service has ended: nothing of it is left. */
  | { type: "ended"; name: ServiceName };
