/**
 * The script of the /sandbox page: starts and ends slots' workers for its parent, nothing else.
 *
 *   page ── spawn, kill, ping ──▶ boot ── starts ──▶ data: worker (harness)
 *
 * No program ever runs on this thread: here, unlike in the worker, one could reach the network. What a
 * worker posts to it is therefore not even listened to.
 */
import type { FromFrame, ToFrame } from "./frame-messages";

/** The text of harness.ts, bundled; put in by the build. */
declare const __HARNESS__: string;

const workers = new Map<string, Worker>();
// A data: worker is a secure context in an opaque origin; a blob: one is not, and lacks crypto.subtle.
const harnessUrl = `data:text/javascript,${encodeURIComponent(__HARNESS__)}`;

addEventListener("message", (event: MessageEvent<ToFrame>) => {
  if (event.source !== parent) return;
  const { data } = event;
  switch (data.op) {
    case "spawn":
      spawn(data.slotId, event.ports);
      break;
    case "kill":
      kill(data.slotId);
      break;
    case "ping":
      tell({ op: "pong", nonce: data.nonce });
      break;
  }
});

function spawn(slotId: string, ports: readonly MessagePort[]): void {
  kill(slotId);
  const worker = new Worker(harnessUrl);
  worker.onerror = (event) => tell({ op: "failed", slotId, message: String(event.message).slice(0, 1_000) });
  worker.postMessage(null, [...ports]);
  workers.set(slotId, worker);
}

function kill(slotId: string): void {
  workers.get(slotId)?.terminate();
  workers.delete(slotId);
}

/** The parent's origin is not known here, and nothing said is a secret. */
function tell(message: FromFrame): void {
  parent.postMessage(message, "*");
}

tell({ op: "ready" });
