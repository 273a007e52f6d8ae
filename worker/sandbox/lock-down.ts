/**
 * Takes out of a slot's worker what a program has no business with.
 *
 * The page's CSP is what keeps programs off the network. Workers inside workers are the one thing it cannot
 * forbid; the rest is taken away so that a program fails with a plain "not defined".
 */
const FORBIDDEN = [
  ...["Worker", "SharedWorker", "importScripts", "close", "postMessage", "BroadcastChannel"],
  ...["fetch", "XMLHttpRequest", "WebSocket", "WebSocketStream", "EventSource", "WebTransport"],
  ...[
    "indexedDB",
    "caches",
    "requestFileSystem",
    "webkitRequestFileSystem",
    "RTCPeerConnection",
    "Notification",
  ],
];

export function lockDown(scope: object): void {
  for (const name of FORBIDDEN) {
    for (let holder: unknown = scope; isObject(holder); holder = Object.getPrototypeOf(holder)) {
      Reflect.deleteProperty(holder, name);
    }
  }
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
