/** What the asker of a service is told when there is no answer. */
import type { Refusal } from "../../core/services/service-events";
import { GridError, type ProblemCode } from "../../protocol/problems";

const CODES: Readonly<Record<Refusal, ProblemCode>> = {
  "not-running": "service-not-found",
  "queue-full": "overloaded",
  "no-instance": "overloaded",
  timeout: "service-timeout",
  disagreement: "service-disagrees",
  harmful: "service-failed",
};

const RETRY_MS = 1_000;

export function refusalError(reason: Refusal, detail: string): GridError {
  const code = CODES[reason];
  return new GridError(code, detail, code === "overloaded" ? { retryAfterMs: RETRY_MS } : {});
}
