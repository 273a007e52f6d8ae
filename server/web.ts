/**
 * Next.js behind our own HTTP server: pages and REST routes.
 *
 * Next.js hooks the upgrade event of the server it is given, and would take the sockets' connections. It
 * gets a server that never listens; in development, the upgrades that are its own are passed to that one.
 *
 *   request ─▶ before() ─ took it ─▶ done
 *                 └────── else ────▶ Next.js
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import next from "next";
import { answerUnreadable } from "./http/answer-unreadable";
import { answerProblem } from "./http/node-answer";
import { limitBodyTime } from "./http/limit-body";
import { log } from "./log";

export interface WebOptions {
  dev: boolean;
  httpServer: Server;
  port: number;
  hostname: string;
  /** Serves some paths ahead of Next.js: returns true when the answer is its business. */
  before(request: IncomingMessage, response: ServerResponse): boolean;
}

/** What socket.io, attached to the same server, answers itself. */
const SOCKET_PATH = "/socket.io";

/**
 * Starts Next.js in the current folder and lets it answer the server's requests. Listening is the caller's.
 *
 * @returns How to stop it; it does not close the caller's server.
 */
export async function openWeb({ dev, httpServer, port, hostname, before }: WebOptions) {
  const neverListens = createServer();
  const app = next({ dev, hostname, port, httpServer: neverListens });
  await app.prepare();
  const handle = app.getRequestHandler();

  httpServer.on("clientError", answerUnreadable);
  httpServer.on("request", (request, response) => {
    logAnswered(request, response);
    answer(request, response).catch((error: unknown) => answerProblem(request, response, error));
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (isSocketPath(request) || before(request, response)) return;
    limitBodyTime(request);
    await handle(request, response);
  }

  if (dev) {
    httpServer.on("upgrade", (request, socket, head) => {
      if (!isSocketPath(request)) neverListens.emit("upgrade", request, socket, head);
    });
  }
  return { close: () => app.close() };
}

/** One line for each request, once it is answered or its asker has left. */
function logAnswered({ method, url }: IncomingMessage, response: ServerResponse): void {
  if (!log.isLevelEnabled("debug")) return;
  response.once("close", () => log.debug({ method, url, status: response.statusCode }, "request"));
}

function isSocketPath(request: IncomingMessage): boolean {
  return request.url?.startsWith(SOCKET_PATH) ?? false;
}
