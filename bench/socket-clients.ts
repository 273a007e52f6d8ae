/**
 * Many volunteers in one process, without browsers: each keeps one task running for a second of waiting. Told by its
 * parent what to do; tells it how busy they were and how long their reports took to be acknowledged.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { io } from "socket.io-client";
import { VOLUNTEER_NAMESPACE } from "../protocol/messages";
import { openPlainVolunteer } from "./plain-volunteer";

export interface ClientFigures {
  /** Of the time in which there was work, the part in which a client was at a task; the mean over the clients. */
  busy: number;
  /** How long reports took to be acknowledged, in milliseconds. */
  answerMs: { p50: number; p99: number; most: number };
  reports: number;
  outputs: number;
  /** Processor time that the clients took themselves, in milliseconds. */
  usedMs: number;
}

/** Connections that are being made at once. */
const AT_ONCE = 64;

const [url = "", count = "1", taskMs = "1000", measureMs = "10000"] = process.argv.slice(2);
const waitMs: number[] = [];
let busyMs = 0;
let outputs = 0;
let measuresFrom = Infinity;

/** When the running task of each client began. */
const begun = new Map<number, number>();
let connected = 0;
await Promise.all(Array.from({ length: AT_ONCE }, connectSome));
process.send?.("joined");
process.once("message", () => void measure());

async function connectSome(): Promise<void> {
  while (connected < Number(count)) await connect(connected++);
}

async function measure(): Promise<void> {
  measuresFrom = performance.now();
  const usedBefore = process.cpuUsage();
  await sleep(Number(measureMs));
  const used = process.cpuUsage(usedBefore);
  const now = performance.now();
  for (const beganAt of begun.values()) busyMs += now - Math.max(beganAt, measuresFrom);
  waitMs.sort((a, b) => a - b);
  const at = (part: number) => waitMs[Math.floor(part * (waitMs.length - 1))] ?? NaN;
  const figures: ClientFigures = {
    busy: busyMs / (Number(count) * (now - measuresFrom)),
    answerMs: { p50: at(0.5), p99: at(0.99), most: at(1) },
    reports: waitMs.length,
    outputs,
    usedMs: (used.user + used.system) / 1_000,
  };
  process.send?.(figures, () => process.exit(0));
}

async function connect(client: number): Promise<void> {
  const response = await fetch(`${url}/api/v1/volunteers/session`, { method: "POST" });
  await response.arrayBuffer();
  const cookie = response.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
  const socket = io(`${url}${VOLUNTEER_NAMESPACE}`, {
    ...{ transports: ["websocket"], extraHeaders: { cookie }, forceNew: true },
  });
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  await openPlainVolunteer(socket, Number(taskMs), {
    began: () => void begun.set(client, performance.now()),
    ended() {
      const beganAt = Math.max(begun.get(client) ?? Infinity, measuresFrom);
      busyMs += Math.max(0, performance.now() - beganAt);
      begun.delete(client);
    },
    answered(tookMs, count) {
      if (performance.now() - tookMs < measuresFrom) return;
      waitMs.push(tookMs);
      outputs += count;
    },
  });
}
