/** Node's own limit on how long a request may take to arrive would end large uploads, so it is off; this is for all others. */
import type { IncomingMessage } from "node:http";

const BODY_MS = 300_000;

/** Ends a request whose body has not come in its time. */
export function limitBodyTime(request: IncomingMessage): void {
  const timer = setTimeout(() => {
    if (!request.complete) request.destroy();
  }, BODY_MS);
  timer.unref();
  request.once("close", () => clearTimeout(timer));
}
