/**
 * Many volunteers in one process, without browsers: each keeps one task running for a second of waiting. Told by its
 * parent what to do; tells it how busy they were and how long their reports took to be acknowledged.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { io, type Socket } from "socket.io-client";
import { PROTOCOL_VERSION, VOLUNTEER_NAMESPACE } from "../protocol/messages";
import type { Assign } from "../protocol/messages/assign";
import type { Receipt } from "../protocol/messages/report";
import type { AssignedTask } from "../protocol/task";

export interface ClientFigures {
  /** Of the time in which there was work, the part in which a client was at a task; the mean over the clients. */
  busy: number;
  /** How long reports took to be acknowledged, in milliseconds. */
  answerMs: { p50: number; p99: number; most: number };
  outputs: number;
}

const WANT = 2;
const HEARTBEAT_MS = 4_000;
/** Connections that are being made at once. */
const AT_ONCE = 64;

const [url = "", count = "1", taskMs = "1000", measureMs = "10000"] = process.argv.slice(2);
const waitMs: number[] = [];
let busyMs = 0;
let measuresFrom = Infinity;

/** When the running task began; null while a client idles. */
const begun = new Map<Socket, number>();
const clients = Array.from({ length: Number(count) }, () => ({ waiting: new Array<AssignedTask>() }));
const queue = [...clients];
await Promise.all(Array.from({ length: AT_ONCE }, connectSome));
process.send?.("joined");
process.once("message", () => void measure());

async function connectSome(): Promise<void> {
  for (let client = queue.pop(); client; client = queue.pop()) await connect(client.waiting);
}

async function measure(): Promise<void> {
  measuresFrom = performance.now();
  await sleep(Number(measureMs));
  const now = performance.now();
  for (const beganAt of begun.values()) busyMs += now - Math.max(beganAt, measuresFrom);
  waitMs.sort((a, b) => a - b);
  const at = (part: number) => waitMs[Math.floor(part * (waitMs.length - 1))] ?? NaN;
  const figures: ClientFigures = {
    busy: busyMs / (clients.length * (now - measuresFrom)),
    answerMs: { p50: at(0.5), p99: at(0.99), most: at(1) },
    outputs: waitMs.length,
  };
  process.send?.(figures, () => process.exit(0));
}

async function connect(waiting: AssignedTask[]): Promise<void> {
  const response = await fetch(`${url}/api/v1/volunteers/session`, { method: "POST" });
  await response.arrayBuffer();
  const cookie = response.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
  const socket = io(`${url}${VOLUNTEER_NAMESPACE}`, {
    ...{ transports: ["websocket"], extraHeaders: { cookie }, forceNew: true },
  });
  let running: AssignedTask | null = null;
  socket.on("assign", assigned);
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  await socket.emitWithAck("hello", {
    protocolVersion: PROTOCOL_VERSION,
    slotCount: 1,
    held: [],
    want: WANT,
  });
  const held = () => (running === null ? waiting : [running, ...waiting]).map(({ taskId }) => taskId);
  setTimeout(
    () => setInterval(() => socket.emit("heartbeat", { held: held(), slotCount: 1 }, () => {}), HEARTBEAT_MS),
    Math.random() * HEARTBEAT_MS,
  );

  function assigned({ tasks }: Assign): void {
    waiting.push(...tasks);
    runNext();
  }

  function runNext(): void {
    const next = waiting.shift();
    if (running !== null || next === undefined) return;
    running = next;
    const beganAt = performance.now();
    begun.set(socket, beganAt);
    setTimeout(() => {
      const endedAt = performance.now();
      begun.delete(socket);
      busyMs += Math.max(0, endedAt - Math.max(beganAt, measuresFrom));
      running = null;
      report(socket, next, endedAt, assigned);
      runNext();
    }, Number(taskMs));
  }
}

function report(
  socket: Socket,
  { taskId, ticket }: AssignedTask,
  at: number,
  assigned: (message: Assign) => void,
): void {
  const parts = [{ text: '{"key":0,"value":0}\n', records: 1 }];
  const outcomes = [{ type: "output", taskId, ticket, parts, elapsedMs: Number(taskMs) }];
  socket.emit("report", { outcomes, want: 1 }, ({ body }: { body?: Receipt }) => {
    if (body?.assigned) assigned(body.assigned);
    if (at >= measuresFrom) waitMs.push(performance.now() - at);
  });
}
