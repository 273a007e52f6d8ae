/**
 * The agent's line to the coordinator: makes the session, connects, says hello, and does so again when the line
 * breaks. Parses everything that comes in. Decides nothing about tasks.
 *
 *   agent ── POST /api/v1/volunteers/session ─▶ coordinator    sets the cookie that says who speaks
 *   agent ── socket.io, VOLUNTEER_NAMESPACE ──▶ coordinator    hello, then anything
 */
import * as z from "zod";
import { VolunteerId } from "../../protocol/ids";
import { PROTOCOL_VERSION } from "../../protocol/messages";
import { Ask } from "../../protocol/messages/ask";
import { Assign } from "../../protocol/messages/assign";
import { Cancel } from "../../protocol/messages/cancel";
import { HeartbeatReply, type Heartbeat } from "../../protocol/messages/heartbeat";
import { Welcome, type Hello } from "../../protocol/messages/hello";
import type { InstanceNews } from "../../protocol/messages/instance";
import { packReport, Receipt, type Report } from "../../protocol/messages/report";
import type { Respond } from "../../protocol/messages/respond";
import { Revoke } from "../../protocol/messages/revoke";
import { Settle } from "../../protocol/messages/settle";
import { StartInstance } from "../../protocol/messages/start-instance";
import { StopInstance } from "../../protocol/messages/stop-instance";
import { Problem } from "../../protocol/problems";
import type { ConnectionStatus } from "../status";
import { pause, type Clock } from "./clock";
import type { OpenSocket, Socket } from "./socket";

export interface Connection {
  /** Tries until it is closed or refused. Does nothing when open; one that was refused tries anew. */
  open(): void;
  close(): void;
  /** @throws {Refusal} When the coordinator says no. @throws {Error} When the line broke before it answered. */
  report(message: Report): Promise<Receipt>;
  heartbeat(message: Heartbeat): Promise<HeartbeatReply>;
  instance(message: InstanceNews): Promise<null>;
  respond(message: Respond): Promise<null>;
  goodbye(): Promise<void>;
}

export interface ConnectionListener {
  hello(): Omit<Hello, "protocolVersion">;
  welcomed(welcome: Welcome): void;
  assigned(message: Assign): void;
  revoked(message: Revoke): void;
  settled(message: Settle): void;
  instanceWanted(message: StartInstance): void;
  instanceUnwanted(message: StopInstance): void;
  asked(message: Ask): void;
  cancelled(message: Cancel): void;
  /** The line is gone; what was sent and not answered may or may not have arrived. */
  lost(): void;
  changed(status: ConnectionStatus): void;
  /** The pages are older than the coordinator. */
  outdated(): void;
}

export interface ConnectionParts {
  readonly openSocket: OpenSocket;
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly reportBug: (error: unknown) => void;
}

/** The coordinator understood the message and does not want it. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
  }
}

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 5_000;
/** An answer that takes longer means the line is dead, though nobody said so. */
const ANSWER_MS = 20_000;

const Session = z.object({ volunteerId: VolunteerId });

/** Nobody answers to a line that was cut on purpose. */
type Line =
  | { state: "closed" }
  | { state: "opening"; stop: AbortController }
  | { state: "open"; stop: AbortController; socket: Socket }
  | { state: "refused" };

export function openConnection(parts: ConnectionParts, listener: ConnectionListener): Connection {
  const { openSocket, fetch, clock, random, reportBug } = parts;
  let line: Line = { state: "closed" };
  let hasSession = false;

  return {
    open() {
      if (line.state === "opening" || line.state === "open") return;
      const stop = new AbortController();
      line = { state: "opening", stop };
      keepConnected(stop).catch(reportBug);
    },
    close() {
      if (line.state === "refused" || line.state === "closed") return;
      line.stop.abort();
      line = { state: "closed" };
      listener.changed({ state: "offline" });
    },
    report: (message) => ask("report", packReport(message), Receipt),
    heartbeat: (message) => ask("heartbeat", message, HeartbeatReply),
    instance: (message) => ask("instance", message, z.null()),
    respond: (message) => ask("respond", message, z.null()),
    goodbye: async () => void (await ask("goodbye", {}, z.null())),
  };

  async function keepConnected(stop: AbortController): Promise<void> {
    for (let failures = 0; !stop.signal.aborted; failures++) {
      if (failures > 0) await pause(clock, delayAfter(failures), stop.signal);
      if (stop.signal.aborted) return;
      listener.changed({ state: "connecting" });
      try {
        await startSession(stop.signal);
        if (stop.signal.aborted) return;
        const wasOpen = await liveOnOneSocket(stop);
        if (wasOpen) failures = 0;
      } catch (error) {
        listener.changed({
          state: "offline",
          message: error instanceof Error ? error.message : String(error),
        });
      }
    }
  }

  /** Between 500 ms and 5 s, and never the same for all tabs of a coordinator that was restarted. */
  function delayAfter(failures: number): number {
    const grown = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** failures);
    return FIRST_DELAY_MS + random() * (grown - FIRST_DELAY_MS);
  }

  async function startSession(signal: AbortSignal): Promise<void> {
    if (hasSession) return;
    const response = await fetch("/api/v1/volunteers/session", {
      method: "POST",
      credentials: "same-origin",
      signal,
    });
    if (!response.ok) throw new Error(`The grid gave no session (status ${response.status})`);
    Session.parse(await response.json());
    hasSession = true;
  }

  /** @returns Once the line is gone: whether the coordinator had said welcome. */
  async function liveOnOneSocket(stop: AbortController): Promise<boolean> {
    let welcomed = false;
    let isFinished = false;
    let said: string | undefined;
    await new Promise<void>((resolve) => {
      const socket = openSocket({
        connected: () => void sayHello(socket).catch(onHelloError),
        failed(message) {
          // The cookie may be gone or signed with another key.
          hasSession = false;
          said = message;
          finish();
        },
        disconnected: () => finish(),
        received: (event, message) => receive(event, message),
      });
      stop.signal.addEventListener("abort", finish, { once: true });

      function onHelloError(error: unknown): void {
        if (error instanceof Refusal) refuse(error.problem);
        else reportBug(error);
        finish();
      }

      function finish(): void {
        if (isFinished) return;
        isFinished = true;
        stop.signal.removeEventListener("abort", finish);
        socket.close();
        resolve();
      }

      async function sayHello(socket: Socket): Promise<void> {
        line = { state: "open", stop, socket };
        const hello = { ...listener.hello(), protocolVersion: PROTOCOL_VERSION };
        const welcome = await askOn(socket, "hello", hello, Welcome);
        welcomed = true;
        listener.changed({ state: "connected" });
        listener.welcomed(welcome);
      }
    });
    listener.lost();
    // Closing, or opening anew, has said its own word.
    if (line.state === "open" && line.stop === stop) {
      line = { state: "opening", stop };
      said ??= "The connection was lost";
    }
    if (line.state === "opening" && line.stop === stop) listener.changed({ state: "offline", ...told(said) });
    return welcomed;
  }

  function receive(event: string, message: unknown): void {
    switch (event) {
      case "assign":
        return parsed(Assign, message, listener.assigned);
      case "revoke":
        return parsed(Revoke, message, listener.revoked);
      case "settle":
        return parsed(Settle, message, listener.settled);
      case "start-instance":
        return parsed(StartInstance, message, listener.instanceWanted);
      case "stop-instance":
        return parsed(StopInstance, message, listener.instanceUnwanted);
      case "ask":
        return parsed(Ask, message, listener.asked);
      case "cancel":
        return parsed(Cancel, message, listener.cancelled);
      case "refused":
        return parsed(Problem, message, refuse);
      default:
        return;
    }
  }

  /** What does not parse is dropped: a coordinator that speaks another version has said so in its answer to hello. */
  function parsed<T>(schema: z.ZodType<T>, message: unknown, act: (message: T) => void): void {
    const result = schema.safeParse(message);
    if (result.success) act(result.data);
    else reportBug(result.error);
  }

  /** Trouble that trying again cannot mend ends the line for good; any other is left to the next attempt. */
  function refuse(problem: Problem): void {
    const message = problem.detail ?? problem.title;
    switch (problem.type) {
      case "/problems/protocol-too-old":
        end(message);
        return listener.outdated();
      case "/problems/session-replaced":
        return end(message);
      default:
        return listener.changed({ state: "offline", message });
    }
  }

  function end(message: string): void {
    if (line.state === "opening" || line.state === "open") {
      const { stop } = line;
      line = { state: "refused" };
      stop.abort();
    }
    listener.changed({ state: "refused", message });
  }

  function ask<T>(event: string, message: unknown, schema: z.ZodType<T>): Promise<T> {
    if (line.state !== "open") return Promise.reject(new Error("There is no connection"));
    return askOn(line.socket, event, message, schema);
  }

  async function askOn<T>(socket: Socket, event: string, message: unknown, schema: z.ZodType<T>): Promise<T> {
    let answer: unknown;
    try {
      answer = await socket.ask(event, message, ANSWER_MS);
    } catch (error) {
      socket.close();
      throw error;
    }
    const reply = replyOf(schema).parse(answer);
    if (!reply.ok) throw new Refusal(reply.problem);
    return reply.body;
  }
}

const told = (message: string | undefined) => (message === undefined ? {} : { message });

function replyOf<T>(body: z.ZodType<T>) {
  return z.discriminatedUnion("ok", [
    z.object({ ok: z.literal(true), body }),
    z.object({ ok: z.literal(false), problem: Problem }),
  ]);
}
