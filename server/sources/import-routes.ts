/**
 * The addresses of imports, answered ahead of Next.
 *
 *   GET    /api/v1/imports        the newest, and whence imports are allowed
 *   GET    /api/v1/imports/{id}   how far one is, or how it ended
 *   DELETE /api/v1/imports/{id}   ends or forgets it
 *
 * One is begun by POST to its dataset, see `datasets/dataset-routes.ts`.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { answerJson, answerNotAllowed, answerProblem, pathOf } from "../http/node-answer";
import { drain } from "../datasets/receive-body";
import type { Imports } from "./imports";

export const IMPORTS = "/api/v1/imports";

/** Methods of each address, for the API's document. */
export const IMPORT_OPERATIONS = {
  [IMPORTS]: ["GET"],
  [`${IMPORTS}/{id}`]: ["GET", "DELETE"],
} as const;

/** @returns A handler that says whether the request was for imports; it then answers it. */
export function serveImports(
  imports: Imports,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    const path = pathOf(request);
    if (path !== IMPORTS && !path.startsWith(`${IMPORTS}/`)) return false;
    response.setHeader("cache-control", "no-store");
    answer(path.slice(IMPORTS.length + 1), request, response).catch((error: unknown) => {
      drain(request, response);
      answerProblem(request, response, error);
    });
    return true;
  };

  async function answer(id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method === "HEAD" ? "GET" : request.method;
    if (id === "" && method === "GET") return answerJson(request, response, 200, await imports.list());
    if (id !== "" && method === "GET") return answerJson(request, response, 200, await imports.view(id));
    if (id !== "" && method === "DELETE") {
      await imports.remove(id);
      response.writeHead(204).end();
      return;
    }
    const allowed = id === "" ? IMPORT_OPERATIONS[IMPORTS] : IMPORT_OPERATIONS[`${IMPORTS}/{id}`];
    return answerNotAllowed(request, response, [...allowed, "HEAD"]);
  }
}
