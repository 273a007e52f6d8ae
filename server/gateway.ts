/**
 * The tabs' line: socket.io in, events for the coordinator out.
 *
 * Nothing from a tab gets through unparsed, every message is answered, and who
 * breaks the protocol is told why and dropped. Who is speaking comes from the cookie of the
 * handshake. One connection per volunteer: a newer one replaces the older.
 */
import type { DefaultEventsMap, Namespace, Server, Socket } from "socket.io";
import type { VolunteerId } from "../protocol/ids";
import { LIMITS } from "../protocol/limits";
import {
  FROM_TAB,
  PROTOCOL_VERSION,
  VOLUNTEER_NAMESPACE,
  type FromCoordinator,
  type FromTab,
  type Reply,
} from "../protocol/messages";
import type { Assign } from "../protocol/messages/assign";
import type { Heartbeat, HeartbeatReply } from "../protocol/messages/heartbeat";
import type { InstanceNews } from "../protocol/messages/instance";
import type { Hello, Welcome } from "../protocol/messages/hello";
import type { Receipt, Report } from "../protocol/messages/report";
import type { Respond } from "../protocol/messages/respond";
import { describeIssues, GridError, isGridError, toProblem } from "../protocol/problems";
import type { z } from "zod";
import { namingFullDisk } from "./disk-full";
import { log } from "./log";
import type { AddressOf } from "./network-address";
import { volunteerIdFromCookies } from "./volunteer-token";

/** What the gateway tells the grid; each resolves when its answer may be given. */
export interface VolunteerReports {
  /** @param address Key of where the connection comes from; null when that does not count. */
  joined(volunteerId: VolunteerId, hello: Hello, address: string | null): Promise<Welcome>;
  /** @param isCurrent Whether the connection it came by is still the volunteer's own. */
  reported(volunteerId: VolunteerId, report: Report, isCurrent: () => boolean): Promise<Receipt>;
  beat(volunteerId: VolunteerId, heartbeat: Heartbeat): Promise<HeartbeatReply>;
  /** What became of an instance of a service. */
  instance(volunteerId: VolunteerId, news: InstanceNews): void;
  /** An instance's answer to a request. */
  responded(volunteerId: VolunteerId, message: Respond): void;
  /** @param isFinal False when the connection broke and may come back. */
  gone(volunteerId: VolunteerId, isFinal: boolean): void;
}

interface SocketData {
  volunteerId: VolunteerId;
  address: string | null;
  /** The last packet was longer than a message may be. */
  isOverLong: boolean;
  /** Messages that have not been answered yet. */
  unanswered: number;
  /** What the answer to its next report takes along. */
  riding: Assign | null;
}

export type VolunteerSocket = Socket<FromTab, FromCoordinator, DefaultEventsMap, SocketData>;
type VolunteerNamespace = Namespace<FromTab, FromCoordinator, DefaultEventsMap, SocketData>;

/** @returns The connected volunteers' sockets, for sending. */
export function openGateway(
  io: Server,
  reports: VolunteerReports,
  addressOf: AddressOf,
): ReadonlyMap<VolunteerId, VolunteerSocket> {
  const sockets = new Map<VolunteerId, VolunteerSocket>();
  const namespace: VolunteerNamespace = io.of(VOLUNTEER_NAMESPACE);
  namespace.use((socket, next) => {
    const volunteerId = volunteerIdFromCookies(socket.handshake.headers.cookie);
    if (!volunteerId) return next(refusal(new GridError("invalid-input", NO_COOKIE)));
    const address = addressOf(socket.request);
    socket.data = { volunteerId, address, isOverLong: false, unanswered: 0, riding: null };
    next();
  });
  namespace.on("connection", (socket) => welcome(socket, sockets, reports));
  return sockets;
}

const NO_COOKIE = "The handshake needs the cookie that POST /api/v1/volunteers/session sets; none came";

function welcome(
  socket: VolunteerSocket,
  sockets: Map<VolunteerId, VolunteerSocket>,
  reports: VolunteerReports,
) {
  const { volunteerId } = socket.data;
  const isCurrent = () => sockets.get(volunteerId) === socket;

  const measure = ({ data }: { data?: unknown }) => {
    socket.data.isOverLong = typeof data === "string" && data.length > LIMITS.messageBytes;
  };
  socket.conn.on("packet", measure);
  // Runs ahead of the handlers below: what they must never see ends here.
  socket.use(([event, ...args], next) => {
    const reply = args.at(-1);
    const refuse = (error: GridError) => drop(socket, error, reply);
    if (socket.data.isOverLong) {
      return refuse(
        new GridError("message-invalid", `A message may have ${LIMITS.messageBytes} characters at most`),
      );
    }
    if (!Object.hasOwn(FROM_TAB, event)) {
      const known = Object.keys(FROM_TAB).join(", ");
      return refuse(
        new GridError(
          "message-invalid",
          `The messages are ${known}; got ${JSON.stringify(event).slice(0, 80)}`,
        ),
      );
    }
    if (typeof reply !== "function" || args.length !== 2) {
      return refuse(new GridError("message-invalid", `${event} takes one message and an acknowledgement`));
    }
    if (event !== "hello" && !isCurrent()) {
      return refuse(new GridError("message-invalid", `The first message is hello; got ${event}`));
    }
    next();
  });

  socket.on(
    "hello",
    answered(socket, FROM_TAB.hello, async (hello) => {
      if (hello.protocolVersion !== PROTOCOL_VERSION)
        throw new GridError("protocol-too-old", versionsDiffer(hello));
      const older = sockets.get(volunteerId);
      sockets.set(volunteerId, socket);
      if (older && older !== socket) drop(older, new GridError("session-replaced", REPLACED), undefined);
      return reports.joined(volunteerId, hello, socket.data.address);
    }),
  );
  socket.on(
    "report",
    answered(
      socket,
      FROM_TAB.report,
      (report) => reports.reported(volunteerId, report, isCurrent),
      (receipt) => withRiding(socket, receipt),
    ),
  );
  socket.on(
    "heartbeat",
    answered(socket, FROM_TAB.heartbeat, (heartbeat) => reports.beat(volunteerId, heartbeat)),
  );
  socket.on(
    "instance",
    answered(socket, FROM_TAB.instance, async (news) => (reports.instance(volunteerId, news), null)),
  );
  socket.on(
    "respond",
    answered(socket, FROM_TAB.respond, async (message) => (reports.responded(volunteerId, message), null)),
  );
  socket.on(
    "goodbye",
    answered(socket, FROM_TAB.goodbye, async () => {
      if (sockets.delete(volunteerId)) reports.gone(volunteerId, true);
      return null;
    }),
  );
  socket.on("disconnect", (reason) => {
    socket.conn.off("packet", measure);
    if (!isCurrent()) return;
    sockets.delete(volunteerId);
    // Who did not answer pings has been silent long enough already.
    reports.gone(volunteerId, reason === "ping timeout");
  });
}

const REPLACED = "This volunteer has connected again; one connection at a time can work";

function versionsDiffer({ protocolVersion }: Hello): string {
  return `The coordinator speaks version ${PROTOCOL_VERSION} of the protocol; got ${protocolVersion}`;
}

/** Parses, acts, answers; breaking the protocol costs the connection, an expected refusal does not. */
function answered<T, B>(
  socket: VolunteerSocket,
  schema: z.ZodType<T>,
  act: (message: T) => Promise<B>,
  lastWords: (body: B) => B = (body) => body,
) {
  return async (message: unknown, reply: (reply: Reply<B>) => void): Promise<void> => {
    const parsed = schema.safeParse(message);
    if (!parsed.success) {
      return drop(socket, new GridError("message-invalid", describeIssues(parsed.error, message)), reply);
    }
    if (socket.data.unanswered >= LIMITS.unansweredMessages) {
      return reply({ ok: false, problem: toProblem(tooMany()) });
    }
    socket.data.unanswered += 1;
    try {
      const body = await act(parsed.data);
      reply({ ok: true, body: lastWords(body) });
    } catch (thrown) {
      const error = namingFullDisk(thrown);
      if (!isGridError(error)) log.error({ err: error }, "a volunteer's message failed");
      if (isGridError(error) && DROPPING.has(error.code)) return drop(socket, error, reply);
      reply({ ok: false, problem: toProblem(error) });
    } finally {
      socket.data.unanswered -= 1;
    }
  };
}

/** Only when the answer is on its way, so that nothing that is said to the tab after it was assigned comes before it. */
function withRiding({ data }: VolunteerSocket, receipt: Receipt): Receipt {
  const assigned = data.riding;
  data.riding = null;
  return assigned ? { ...receipt, assigned } : receipt;
}

function tooMany(): GridError {
  const detail = `${LIMITS.unansweredMessages} messages may wait for an answer (unansweredMessages)`;
  return new GridError("overloaded", detail, { retryAfterMs: 1_000 });
}

const DROPPING: ReadonlySet<string> = new Set(["message-invalid", "protocol-too-old"]);

function drop(socket: VolunteerSocket, error: GridError, reply: unknown): void {
  const problem = toProblem(error);
  log.warn(
    { volunteerId: socket.data.volunteerId, code: error.code, detail: error.message },
    "dropped a connection",
  );
  if (typeof reply === "function") reply({ ok: false, problem });
  socket.emit("refused", problem);
  socket.disconnect(true);
}

function refusal(error: GridError): Error {
  return Object.assign(new Error(error.message), { data: toProblem(error) });
}
