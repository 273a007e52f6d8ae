/**
 * The wire contract between a volunteer's agent and the coordinator.
 *
 * Both ends import this file and know nothing else about each other. Messages
 * stay small: programs, inputs and large outputs travel over HTTP, named by
 * digest. Who is speaking comes from the connection's session, never from a message.
 *
 *   agent ── hello ─────▶ coordinator    first on every connection; answered with Welcome
 *   agent ◀── assign ──── coordinator    run one copy of each task
 *   agent ── report ────▶ coordinator    outcomes and appetite; answered with Receipt once durable, perhaps with further tasks
 *   agent ◀── settle ──── coordinator    the word on an output that had to wait
 *   agent ── heartbeat ─▶ coordinator    what is held; renews leases
 *   agent ◀── revoke ──── coordinator    those copies are no longer wanted
 *   agent ◀── start-instance, stop-instance ── coordinator    run a service's program; end it
 *   agent ── instance ──▶ coordinator    it is up, it is gone, what it wrote
 *   agent ◀── ask, cancel ── coordinator    a request for an instance; nobody waits for it any more
 *   agent ── respond ───▶ coordinator    the instance's answer
 *   agent ── goodbye ───▶ coordinator    leaving
 *   agent ◀── refused ─── coordinator    why the connection is about to be cut
 */
import type { Ask } from "./messages/ask";
import type { Assign } from "./messages/assign";
import type { Cancel } from "./messages/cancel";
import { Goodbye } from "./messages/goodbye";
import { Heartbeat, type HeartbeatReply } from "./messages/heartbeat";
import { Hello, type Welcome } from "./messages/hello";
import { InstanceNews } from "./messages/instance";
import { ReportOnWire, type PackedReport, type Receipt } from "./messages/report";
import { Respond } from "./messages/respond";
import type { Revoke } from "./messages/revoke";
import type { Settle } from "./messages/settle";
import type { StartInstance } from "./messages/start-instance";
import type { StopInstance } from "./messages/stop-instance";
import type { Problem } from "./problems";

/** Raised by any change that an older tab or coordinator could misread. */
export const PROTOCOL_VERSION = 3;

/** The socket.io namespace of volunteers. */
export const VOLUNTEER_NAMESPACE = "/volunteer";

/** Every answer is one or the other; a refused message never goes unanswered. */
export type Reply<T> = { ok: true; body: T } | { ok: false; problem: Problem };

/** Schemas of what a tab may say, by event name. */
export const FROM_TAB = {
  hello: Hello,
  report: ReportOnWire,
  heartbeat: Heartbeat,
  instance: InstanceNews,
  respond: Respond,
  goodbye: Goodbye,
} as const;

export interface FromTab {
  hello: (message: Hello, reply: (reply: Reply<Welcome>) => void) => void;
  report: (message: PackedReport, reply: (reply: Reply<Receipt>) => void) => void;
  heartbeat: (message: Heartbeat, reply: (reply: Reply<HeartbeatReply>) => void) => void;
  instance: (message: InstanceNews, reply: (reply: Reply<null>) => void) => void;
  respond: (message: Respond, reply: (reply: Reply<null>) => void) => void;
  goodbye: (message: Goodbye, reply: (reply: Reply<null>) => void) => void;
}

export interface FromCoordinator {
  assign: (message: Assign) => void;
  revoke: (message: Revoke) => void;
  settle: (message: Settle) => void;
  "start-instance": (message: StartInstance) => void;
  "stop-instance": (message: StopInstance) => void;
  ask: (message: Ask) => void;
  cancel: (message: Cancel) => void;
  refused: (problem: Problem) => void;
}
