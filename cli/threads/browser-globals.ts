/**
 * Makes a worker thread of Node look like a browser's worker, as far as the harness and the runtimes look: before
 * either is evaluated, and so before any program is.
 *
 * What only Node has is taken away, so that a program that relies on it fails here as it will in a tab.
 */
import process from "node:process";
import { parentPort, workerData } from "node:worker_threads";
import { importFromFiles } from "./module-files";

/** `global` and `Buffer` stay: Node's own `Response`, with which Pyodide loads itself, needs them. */
const NODE_ONLY = ["process", "setImmediate", "clearImmediate", "navigator"];

type Listener = (event: object) => void;
const listeners = new Map<string, Listener>();
const scope: Record<string, unknown> = globalThis;

// Programs' own modules are imported from files; where, only the parent knows.
importFromFiles(String(workerData));

scope.self = globalThis;
scope.location = new URL("https://slot.invalid/");
// Pyodide and Emscripten look for it to know that they are in a worker.
scope.WorkerGlobalScope = class {
  static [Symbol.hasInstance](value: unknown): boolean {
    return value === globalThis;
  }
};
scope.addEventListener = (type: string, listener: Listener) => listeners.set(type, listener);

process.on("uncaughtException", (error) => tell("error", { error }));
process.on("unhandledRejection", (reason) => tell("unhandledrejection", { reason }));

function tell(type: string, event: object): void {
  listeners.get(type)?.({ ...event, preventDefault() {} });
}

parentPort?.once("message", (port: MessagePort) => {
  const { onmessage } = scope;
  if (typeof onmessage === "function") onmessage({ ports: [port] });
});

// Node loads it when it is first used, and needs then what is taken away next.
void new Response();
for (const name of NODE_ONLY) Reflect.deleteProperty(globalThis, name);
