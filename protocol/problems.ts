/**
 * Every refusal the grid can give, with the HTTP status it means.
 *
 * The same object (RFC 9457) answers an HTTP request and a socket message.
 */
import * as z from "zod";

export const PROBLEMS = {
  "invalid-input": { status: 400, title: "The request is not valid" },
  "malformed-json": { status: 400, title: "The body is not valid JSON" },
  "malformed-xml": { status: 400, title: "The body is no job.xml" },
  "program-invalid": { status: 422, title: "The program cannot run" },
  "not-found": { status: 404, title: "There is nothing here" },
  "job-not-found": { status: 404, title: "There is no such job" },
  "dataset-not-found": { status: 404, title: "There is no such dataset" },
  "import-not-found": { status: 404, title: "There is no such import" },
  "upload-not-found": { status: 404, title: "There is no such upload" },
  "block-not-found": { status: 404, title: "There is no such block" },
  "program-not-found": { status: 404, title: "There is no such program" },
  "service-not-found": { status: 404, title: "There is no such service" },
  "account-key-wrong": { status: 401, title: "The account's key is missing or wrong" },
  "method-not-allowed": { status: 405, title: "This address does not know that method" },
  "pipeline-not-found": { status: 404, title: "There is no such pipeline" },
  "pipeline-ended": { status: 409, title: "The pipeline has already ended" },
  "job-not-finished": { status: 409, title: "The job has no result yet" },
  "result-changed": { status: 409, title: "The result was corrected while it was read" },
  "not-outdated": { status: 409, title: "Nothing that it was made of has changed" },
  "not-portable": { status: 409, title: "The job has no such form" },
  "job-ended": { status: 409, title: "The job has already ended" },
  "idempotency-conflict": { status: 409, title: "This Idempotency-Key belongs to another request" },
  "upload-conflict": { status: 409, title: "The upload is not where that goes on" },
  "program-exists": { status: 409, title: "There is a program under this path already" },
  "wrong-order": { status: 409, title: "Something else has to be done first" },
  "too-large": { status: 413, title: "The body is too large" },
  "range-not-satisfiable": { status: 416, title: "There are no such bytes" },
  "unsupported-media-type": { status: 415, title: "The body's type is not supported" },
  "digest-mismatch": { status: 422, title: "The bytes are not what their digest says" },
  "data-invalid": { status: 422, title: "The data is not what its format says" },
  "url-imports-off": { status: 403, title: "This grid fetches nothing from other hosts" },
  "url-scheme-refused": { status: 400, title: "Only http and https are fetched" },
  "url-credentials-refused": { status: 400, title: "The address has a user or password in it" },
  "url-host-refused": { status: 403, title: "The operator does not allow this host" },
  "url-address-refused": { status: 403, title: "The host is not on the public network" },
  "url-redirect-refused": { status: 403, title: "The host leads to where this grid does not go" },
  "url-too-large": { status: 413, title: "What is at the address is too large" },
  "url-too-slow": { status: 424, title: "What is at the address comes too slowly" },
  "url-bad-answer": { status: 424, title: "The host's answer is of no use" },
  "url-unreachable": { status: 424, title: "The host cannot be reached" },
  "protocol-too-old": { status: 426, title: "Reload the page to get the current version" },
  "message-invalid": { status: 400, title: "The message is not part of the protocol" },
  "session-replaced": { status: 409, title: "This volunteer connected again elsewhere" },
  "disk-full": { status: 507, title: "The coordinator has no room" },
  "quota-exceeded": { status: 507, title: "There is no more room for this user or in all" },
  "service-failed": { status: 502, title: "The service's program failed" },
  "service-disagrees": { status: 502, title: "The service's instances do not agree" },
  "service-timeout": { status: 504, title: "The service did not answer in time" },
  overloaded: { status: 503, title: "The grid cannot take this now" },
  internal: { status: 500, title: "Something went wrong on our side" },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

export const Problem = z.object({
  type: z.string().meta({ description: "Path of the problem's kind: /problems/{code}" }),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  /** For `program-invalid`: where in the source, both from 1. */
  line: z.int().optional(),
  column: z.int().optional(),
  retryAfterMs: z.number().optional(),
});
export type Problem = z.infer<typeof Problem>;

/** What a problem may carry beside its code and text. */
export type ProblemExtras = Pick<Problem, "line" | "column" | "retryAfterMs">;

/** A failure we expect and name. Anything else that is thrown is a bug. */
export class GridError extends Error {
  override readonly name = "GridError";
  readonly code: ProblemCode;
  readonly extras: ProblemExtras;

  constructor(code: ProblemCode, detail: string, extras: ProblemExtras = {}, options?: ErrorOptions) {
    super(detail, options);
    this.code = code;
    this.extras = extras;
  }
}

/**
 * Told by `code`, not by `instanceof`: route handlers and the server are bundled
 * apart and hold two copies of the class.
 */
export function isGridError(error: unknown): error is GridError {
  return error instanceof Error && error.name === "GridError" && "code" in error && isProblemCode(error.code);
}

/** True of what may go well later without a change: the grid is busy, or its disk is full. */
export function isPassing(error: unknown): boolean {
  return isGridError(error) && (error.code === "overloaded" || error.code === "disk-full");
}

function isProblemCode(code: unknown): code is ProblemCode {
  return typeof code === "string" && Object.hasOwn(PROBLEMS, code);
}

/** What the caller may see of anything thrown. A bug's own message never leaves the server. */
export function toProblem(error: unknown): Problem {
  const code = isGridError(error) ? error.code : "internal";
  return {
    type: `/problems/${code}`,
    ...PROBLEMS[code],
    ...(isGridError(error) && { detail: error.message, ...error.extras }),
  };
}

/** One line for the first thing a schema refused: `options.quorum: …; got 0`. */
export function describeIssues(error: z.ZodError, input: unknown): string {
  return error.issues
    .slice(0, 3)
    .flatMap((issue) => closest(issue))
    .map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}${seenAt(input, issue.path)}`)
    .join("; ");
}

/** Of a value that may be of several kinds and is of none: what is wrong with it as the kind that it is most like. */
function closest(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union" || issue.message !== "Invalid input") return [issue];
  const [first, ...others] = [...issue.errors].reverse();
  if (!first) return [issue];
  const least = others.reduce((best, next) => (next.length < best.length ? next : best), first);
  return least.map((part) => ({ ...part, path: [...issue.path, ...part.path] }));
}

/** Says what came, when it is short enough to help. */
function seenAt(input: unknown, path: readonly PropertyKey[]): string {
  let seen = input;
  for (const key of path) {
    if (typeof seen !== "object" || seen === null) return "";
    seen = (seen as Record<PropertyKey, unknown>)[key];
  }
  if (seen === undefined) return "";
  const shown = JSON.stringify(seen) ?? String(seen);
  return shown.length > 80 ? "" : `; got ${shown}`;
}
