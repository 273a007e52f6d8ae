/** What a loaded service can do, whatever its runtime; and how the functions of a module become that. */
import type { Runtime } from "../../protocol/runtime";
import type { HandleAnswer } from "./service-answers";
import { isFunction } from "./program";
import { responseOf } from "./service-response";
import type { ServiceFacts, SlotRequest } from "./slot-api";

export interface Service {
  /** What it exports as `classes`; absent where a program knows no objects but JSON. */
  readonly classes?: unknown;
  /** Called once, before the first request. */
  start(context: ServiceContext): void | Promise<void>;
  /** @throws What the asker is told of. */
  handle(request: SlotRequest, context: RequestContext): Promise<Extract<HandleAnswer, { type: "response" }>>;
}

/** @throws What the owner gets to read when the program cannot be loaded. */
export type LoadService = (bytes: Uint8Array, runtime: Runtime) => Promise<Service>;

export interface ServiceContext {
  /** As it was started with, deeply frozen. */
  readonly config: unknown;
  /** The dataset beside the program's path; null when there is none. */
  readonly data: ServiceData | null;
  readonly service: ServiceFacts;
  /** A line of the service's log. */
  log(...values: unknown[]): void;
}

export interface RequestContext extends ServiceContext {
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** From 0 up to 1; the same sequence in every instance that is asked this request. */
  random(): number;
}

export interface ServiceData {
  readonly path: string;
  readonly version: number;
  readonly bytes: Uint8Array;
  text(): string;
}

/** @throws {TypeError} If `handle` is missing, or it or `start` is no function. */
export function readService(module: object): Service {
  const exported = new Map<string, unknown>(Object.entries(module));
  const handle = exported.get("handle");
  const start = exported.get("start");
  if (!isFunction(handle))
    throw new TypeError("The program of a service must export a function named handle");
  if (start !== undefined && !isFunction(start)) {
    throw new TypeError(`The program's export start must be a function; got ${typeof start}`);
  }
  return {
    classes: exported.get("classes") ?? {},
    start: async (context) => void (await start?.(context)),
    handle: async (request, context) => responseOf(await handle(requestFor(request), context)),
  };
}

/** What `handle` is given: query and body as they are mostly wanted. */
export function requestFor({ method, path, query, headers, body }: SlotRequest): object {
  const text = () => new TextDecoder().decode(body);
  return {
    ...{ method, path, headers, body, text },
    query: Object.fromEntries(new URLSearchParams(query)),
    json: () => JSON.parse(text()) as unknown,
  };
}
