/** Answers for what the custom server serves itself, ahead of Next. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { GridError } from "../../protocol/problems";
import { problemAnswer } from "./problem-response";

/** Path of a request's address, without its query. */
export function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").split("?", 1)[0] ?? "/";
}

/** Sends the problem that an error stands for; cuts the connection when an answer has already begun. */
export function answerProblem(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const { body, status, headers } = problemAnswer(error, `${request.method} ${pathOf(request)}`);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
  response.end(request.method === "HEAD" ? undefined : body);
}

export function answerNotAllowed(
  request: IncomingMessage,
  response: ServerResponse,
  methods: readonly string[],
): void {
  const allow = methods.join(", ");
  response.setHeader("allow", allow);
  const detail = `${request.method} is not known here; allowed: ${allow}`;
  answerProblem(request, response, new GridError("method-not-allowed", detail));
}

/** Answers JSON; nothing but the headers to HEAD. */
export function answerJson(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: unknown,
): void {
  const text = JSON.stringify(body);
  const length = Buffer.byteLength(text);
  response.writeHead(status, { "content-type": "application/json", "content-length": length });
  response.end(request.method === "HEAD" ? undefined : text);
}
