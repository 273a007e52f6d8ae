/**
 * The gateway of services: takes requests for them, ahead of Next, and gives the answers back.
 *
 *   client ── GET, POST /api/v1/services/{name}/… ──▶ coordinator ──▶ an instance in some volunteer's tab
 *
 * Answers are other people's content on the grid's own address: they may set no cookie and send nobody elsewhere, and a
 * browser that shows them gives them no origin and runs no script of theirs.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import * as z from "zod";
import { LIMITS } from "../../protocol/limits";
import { GridError } from "../../protocol/problems";
import { ServiceName } from "../../protocol/service";
import { REQUEST_HEADERS, SERVICE_METHODS, type ServiceRequest } from "../../protocol/service-call";
import { answerNotAllowed, answerProblem, pathOf } from "../http/node-answer";
import type { Answered, RunningServices } from "./running-services";

const PREFIX = "/api/v1/services/";

/** @returns A handler that says whether the request was for a service; it then answers it. */
export function serveServices(
  services: Pick<RunningServices, "ask">,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    const place = placeOf(pathOf(request));
    if (!place) return false;
    pass(services, place, request, response).catch((error: unknown) => {
      // Nobody is there any more to be told.
      if (response.destroyed) return;
      // What is still on its way is not worth reading, so this connection cannot carry another request.
      if (!request.complete) response.setHeader("connection", "close");
      answerProblem(request, response, error);
    });
    return true;
  };
}

interface Place {
  name: string;
  /** With its slash. */
  path: string;
}

/** Null for addresses without a slash after the name: these are about the service, and Next's. */
function placeOf(path: string): Place | null {
  if (!path.startsWith(PREFIX)) return null;
  const rest = path.slice(PREFIX.length);
  const slash = rest.indexOf("/");
  return slash === -1 ? null : { name: rest.slice(0, slash), path: rest.slice(slash) };
}

async function pass(
  services: Pick<RunningServices, "ask">,
  { name, path }: Place,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const method = SERVICE_METHODS.find((known) => known === request.method);
  if (!method) return answerNotAllowed(request, response, SERVICE_METHODS);
  const service = ServiceName.safeParse(name);
  if (!service.success)
    throw new GridError("service-not-found", `There is no service "${name.slice(0, 80)}"`);
  const quorum = quorumOf(request);
  const query = queryOf(request);
  const headers = headersOf(request);
  checkAddress(path, query, headers);
  const body = await bodyOf(request);
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const asked = { method, path, query, headers, body: body.toString("base64") };
  const answered = await services.ask(service.data, asked, quorum, gone.signal);
  send(answered, method, response);
}

const Quorum = z.coerce.number<string>().int().min(1).max(LIMITS.quorum);

function quorumOf({ headers }: IncomingMessage): number | null {
  const given = headers["tabgrid-quorum"];
  if (given === undefined) return null;
  const parsed = Quorum.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new GridError(
    "invalid-input",
    `tabgrid-quorum must be a whole number from 1 to ${LIMITS.quorum}; got ${String(given).slice(0, 20)}`,
  );
}

function queryOf({ url = "" }: IncomingMessage): string {
  const start = url.indexOf("?");
  return start === -1 ? "" : url.slice(start);
}

function headersOf({ headers }: IncomingMessage): ServiceRequest["headers"] {
  const given = REQUEST_HEADERS.flatMap((name) => {
    const value = headers[name];
    return typeof value === "string"
      ? [[name, value.replaceAll(/[^\t\x20-\x7e]/g, "?").slice(0, 1_000)]]
      : [];
  });
  return Object.fromEntries(given) as ServiceRequest["headers"];
}

function checkAddress(path: string, query: string, headers: ServiceRequest["headers"]): void {
  const length = path.length + query.length + JSON.stringify(headers).length;
  if (length <= LIMITS.serviceAddressChars) return;
  const rule = `Address and headers of a request to a service may have ${LIMITS.serviceAddressChars} characters (serviceAddressChars)`;
  throw new GridError("too-large", `${rule}; got ${length}`);
}

/** Read by hand: to leave a loop over a request ends its connection, and with it the answer. */
function bodyOf(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let byteCount = 0;
    refuseBeyond(Number(request.headers["content-length"] ?? 0));
    request.on("data", (chunk: Buffer) => {
      byteCount += chunk.length;
      chunks.push(chunk);
      if (byteCount <= LIMITS.serviceBodyBytes) return;
      request.removeAllListeners("data").pause();
      reject(tooLarge(byteCount));
    });
    request.once("end", () => resolve(Buffer.concat(chunks, byteCount)));
    request.once("close", () =>
      reject(new GridError("invalid-input", `The body ended after ${byteCount} bytes`)),
    );
  });
}

function refuseBeyond(byteCount: number): void {
  if (byteCount > LIMITS.serviceBodyBytes) throw tooLarge(byteCount);
}

function tooLarge(byteCount: number): GridError {
  const rule = `The body of a request to a service may have ${LIMITS.serviceBodyBytes} bytes (serviceBodyBytes)`;
  return new GridError("too-large", `${rule}; got ${byteCount} or more`);
}

/** Without an origin, so that no page that is made of it can act as the grid's own. */
const CONTAINED = {
  "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "same-origin",
};

function send(
  { answer, instanceId, version, attempts }: Answered,
  method: string,
  response: ServerResponse,
): void {
  if (answer.type === "error") {
    const where = answer.stack === "" ? "" : `\n${answer.stack}`;
    throw new GridError("service-failed", `${answer.message}${where}`);
  }
  const { status, headers, body } = answer.response;
  const bytes = Buffer.from(body, "base64");
  response.writeHead(status, {
    "cache-control": "no-store",
    ...headers,
    ...CONTAINED,
    "tabgrid-instance": instanceId,
    "tabgrid-version": version,
    "tabgrid-attempts": attempts,
    ...(status !== 204 && { "content-length": bytes.length }),
  });
  response.end(method === "HEAD" || status === 204 ? undefined : bytes);
}
