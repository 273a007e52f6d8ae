/**
 * Requests to a coordinator, tried again where that is safe. Knows no job; everything in the SDK goes through it.
 *
 *   json ── request ─▶ coordinator ── 2xx ─▶ parsed by its schema
 *                          ├── problem ────▶ RefusedError
 *                          ├── 503, 429, 502, 504: waits as asked, tries again
 *                          └── no answer: tries again if the request may be repeated, or UnreachableError
 */
import type * as z from "zod";
import type { Classes } from "../protocol/objects/classes";
import { Problem } from "../protocol/problems";
import { RefusedError, UnreachableError, UnreadableAnswerError } from "./errors";
import { readRetryAfter, REQUEST_RETRIES, waitBefore, type RetryPolicy } from "./retry";
import { sleep } from "./sleep";

export interface ApiRequest {
  /** GET unless it is said. */
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** From the root: `/api/v1/jobs`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Any other body; called for each attempt, because a stream can be read once. */
  readonly body?: () => BodyInit;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Whether it may reach the coordinator twice. By default all but POST and PATCH may. */
  readonly isRepeatable?: boolean;
  /** In place of the client's own. */
  readonly retries?: RetryPolicy;
}

export interface Client {
  /** The coordinator's address. */
  readonly url: string;
  /** Of the submitter, by the names that programs export them under. */
  readonly classes: Classes;
  /**
   * @returns The answer's JSON, parsed.
   * @throws {RefusedError | UnreachableError | UnreadableAnswerError} Or the signal's reason.
   */
  json<T>(request: ApiRequest, schema: z.ZodType<T>): Promise<T>;
  /** @returns An answer of 2xx, its body unread. @throws As `json`. */
  open(request: ApiRequest): Promise<Response>;
}

/** The same client, which knows more classes. */
export const withClasses = (client: Client, classes: Classes = {}): Client => ({
  ...client,
  classes: { ...client.classes, ...classes },
});

export interface ClientOptions {
  /** Classes whose instances go to programs and come back, by the names that these export them under as `classes`. */
  readonly classes?: Classes;
  /** With every request, for what stands before the coordinator. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly retries?: RetryPolicy;
  /** In place of the global one. */
  readonly fetch?: typeof fetch;
}

/** @throws {TypeError} If the address is not one of http or https. */
export function openClient(address: string | URL, options: ClientOptions = {}): Client {
  const base = parseAddress(address);
  const url = base.origin + base.pathname.replace(/\/+$/, "");
  const { retries = REQUEST_RETRIES, fetch: send = fetch, classes = {} } = options;
  return { url, classes, open, json };

  async function json<T>(request: ApiRequest, schema: z.ZodType<T>): Promise<T> {
    const response = await open({ ...request, headers: { accept: "application/json", ...request.headers } });
    const body: unknown = await response.json().catch(() => undefined);
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    const where = `${request.method ?? "GET"} ${url}${request.path}`;
    throw new UnreadableAnswerError(
      `${where} was answered with something this client does not understand; is a coordinator of its version there?`,
      { cause: parsed.error },
    );
  }

  async function open(request: ApiRequest): Promise<Response> {
    const policy = request.retries ?? retries;
    for (let failures = 1; ; failures++) {
      const attempt = await attemptOnce(request);
      if (attempt.state === "answered") return attempt.response;
      const isWorthIt = attempt.state === "busy" || mayRepeat(request);
      const askedMs = attempt.state === "busy" ? attempt.askedMs : null;
      const waitMs = isWorthIt ? waitBefore(failures, policy, Math.random(), askedMs) : null;
      if (waitMs === null) throw attempt.error;
      await sleep(waitMs, request.signal);
    }
  }

  async function attemptOnce(request: ApiRequest): Promise<Attempt> {
    let response;
    try {
      response = await send(urlOf(request), initOf(request));
    } catch (error) {
      request.signal?.throwIfAborted();
      return { state: "silent", error: new UnreachableError(url, reasonOf(error), { cause: error }) };
    }
    if (response.ok) return { state: "answered", response };
    const problem = await readProblem(response);
    const error = new RefusedError(problem);
    if (response.status === 502 || response.status === 504) return { state: "silent", error };
    if (response.status !== 503 && response.status !== 429) throw error;
    const header = readRetryAfter(response.headers.get("retry-after"), Date.now());
    return { state: "busy", error, askedMs: problem.retryAfterMs ?? header };
  }

  function urlOf({ path, query = {} }: ApiRequest): string {
    const parameters = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    );
    const search = new URLSearchParams(parameters).toString();
    return `${url}${path}${search === "" ? "" : `?${search}`}`;
  }

  function initOf({ method = "GET", json: value, body, headers, signal }: ApiRequest): RequestInit {
    const content = value === undefined ? body?.() : JSON.stringify(value);
    return {
      method,
      headers: {
        ...options.headers,
        ...(value !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(content !== undefined && { body: content }),
      // Streamed bodies ask for it; it is not in the types of the DOM yet.
      ...(content instanceof ReadableStream && { duplex: "half" }),
      ...(signal && { signal }),
    };
  }
}

/** How one try ended: `silent` when nobody knows whether it arrived, `busy` when it was not acted on. */
type Attempt =
  | { state: "answered"; response: Response }
  | { state: "silent"; error: Error }
  | { state: "busy"; error: Error; askedMs: number | null };

function parseAddress(address: string | URL): URL {
  const parsed = URL.canParse(address) ? new URL(address) : null;
  if (parsed && /^https?:$/.test(parsed.protocol)) return parsed;
  throw new TypeError(`The coordinator's address must be a URL of http or https; got ${String(address)}`);
}

function mayRepeat({ method = "GET", isRepeatable }: ApiRequest): boolean {
  return isRepeatable ?? (method !== "POST" && method !== "PATCH");
}

/** What is between us and the coordinator may answer with anything. */
async function readProblem(response: Response): Promise<Problem> {
  const parsed = Problem.safeParse(await response.json().catch(() => undefined));
  if (parsed.success) return parsed.data;
  const { status, statusText } = response;
  return { type: "about:blank", title: `Answered ${status}${statusText && ` ${statusText}`}`, status };
}

/** Node hides the reason in the cause. */
function reasonOf(error: unknown): string {
  const { cause } = error instanceof Error ? error : { cause: undefined };
  const inner = cause instanceof AggregateError ? (cause.errors[0] as unknown) : cause;
  const found = inner instanceof Error ? inner : error;
  return found instanceof Error ? found.message : String(found);
}
