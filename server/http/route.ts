/**
 * Makes the handlers that a Next route file exports, so that none can forget how we fail.
 *
 * Whatever a handler throws becomes a problem, and a method without a handler is
 * answered 405 with `Allow`. Without this, Next answers both with empty bodies.
 */
import { GridError } from "../../protocol/problems";
import { problemResponse } from "./problem-response";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;
type Method = (typeof METHODS)[number];

/** @typeParam Params What the path's brackets hold: `{ id: string }` for `/jobs/[id]`. */
export type Handler<Params> = (
  request: Request,
  context: { params: Promise<Params> },
) => Response | Promise<Response>;

type Handlers<Params> = Partial<Record<Exclude<Method, "HEAD" | "OPTIONS">, Handler<Params>>>;

/**
 * One handler for every method. HEAD is answered like GET without the body, and
 * OPTIONS with `Allow`; answers are not cached unless the handler says so.
 *
 * @example
 * export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route({ GET: () => Response.json(1) });
 */
export function route<Params = Record<never, string>>(
  handlers: Handlers<Params>,
): Record<Method, Handler<Params>> {
  const allow = allowedMethods(handlers).join(", ");
  const entries = METHODS.map((method) => [method, guarded(handlerOf(method, handlers, allow))]);
  return Object.fromEntries(entries) as Record<Method, Handler<Params>>;
}

function allowedMethods(handlers: Handlers<never>): Method[] {
  return METHODS.filter((method) => {
    if (method === "OPTIONS") return true;
    return (method === "HEAD" ? "GET" : method) in handlers;
  });
}

function handlerOf<Params>(method: Method, handlers: Handlers<Params>, allow: string): Handler<Params> {
  if (method === "OPTIONS") return () => new Response(null, { status: 204, headers: { allow } });
  if (method === "HEAD") return handlers.GET ? withoutBody(handlers.GET) : refusal(allow);
  return handlers[method] ?? refusal(allow);
}

function withoutBody<Params>(get: Handler<Params>): Handler<Params> {
  return async (request, context) => {
    const { body, status, headers } = await get(request, context);
    await body?.cancel();
    return new Response(null, { status, headers });
  };
}

function refusal<Params>(allow: string): Handler<Params> {
  return (request) => {
    const detail = `${request.method} is not known here; allowed: ${allow}`;
    const response = problemResponse(new GridError("method-not-allowed", detail), whereOf(request));
    response.headers.set("allow", allow);
    return response;
  };
}

function guarded<Params>(handler: Handler<Params>): Handler<Params> {
  return async (request, context) => {
    try {
      const response = await handler(request, context);
      if (!response.headers.has("cache-control")) response.headers.set("cache-control", "no-store");
      return response;
    } catch (error) {
      return problemResponse(error, whereOf(request));
    }
  };
}

const whereOf = (request: Request) => `${request.method} ${new URL(request.url).pathname}`;
