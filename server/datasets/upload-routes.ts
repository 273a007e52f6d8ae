/**
 * Uploads that may break off and go on, as the draft "Resumable Uploads for HTTP" has them.
 *
 *   POST   /api/v1/uploads        begins one: {"dataset","format",…} → 201, Location
 *   HEAD   /api/v1/uploads/{id}   where it is: Upload-Offset
 *   PATCH  /api/v1/uploads/{id}   the bytes from Upload-Offset on; with Upload-Complete: ?1 they are the last
 *   DELETE /api/v1/uploads/{id}   gives it up
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { BeginUpload, type UploadView } from "../../protocol/dataset";
import { wholeDatasetFormat } from "../../protocol/format";
import { LIMITS } from "../../protocol/limits";
import { GridError } from "../../protocol/problems";
import { answerJson, answerNotAllowed, answerProblem, pathOf } from "../http/node-answer";
import { asWebRequest, readBody } from "../http/read-body";
import type { UploadTerms } from "./dataset-rows";
import { digestIn, drain, receiveBody } from "./receive-body";
import type { Uploads } from "./uploads";

export const UPLOADS = "/api/v1/uploads";

/** Methods of each address, for the API's document. */
export const UPLOAD_OPERATIONS = {
  [UPLOADS]: ["GET", "POST"],
  [`${UPLOADS}/{id}`]: ["GET", "PATCH", "DELETE"],
} as const;

/** @returns A handler that says whether the request was for uploads; it then answers it. */
export function serveUploads(
  uploads: Uploads,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    const path = pathOf(request);
    if (path !== UPLOADS && !path.startsWith(`${UPLOADS}/`)) return false;
    response.setHeader("cache-control", "no-store");
    answer(path.slice(UPLOADS.length + 1), request, response).catch((error: unknown) => {
      if (request.destroyed && !request.complete) return;
      drain(request, response);
      answerProblem(request, response, error);
    });
    return true;
  };

  async function answer(id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method === "HEAD" ? "GET" : request.method;
    if (id === "" && method === "GET") {
      return answerJson(request, response, 200, { uploads: await uploads.list() });
    }
    if (id === "" && method === "POST") return begin(request, response);
    if (id !== "" && method === "GET") return show(request, response, 200, await uploads.view(id));
    if (id !== "" && method === "PATCH") return append(id, request, response);
    if (id !== "" && method === "DELETE") {
      await uploads.giveUp(id);
      response.writeHead(204).end();
      return;
    }
    const allowed = id === "" ? UPLOAD_OPERATIONS[UPLOADS] : UPLOAD_OPERATIONS[`${UPLOADS}/{id}`];
    return answerNotAllowed(request, response, [...allowed, "HEAD"]);
  }

  async function begin(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { dataset, ...asked } = await readBody(asWebRequest(request), BeginUpload, {
      name: "changeBytes",
      bytes: LIMITS.changeBytes,
    });
    const view = await uploads.begin(dataset, termsOf(asked));
    response.setHeader("location", `${UPLOADS}/${view.id}`);
    show(request, response, 201, view);
  }

  async function append(id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isLast = isLastPart(request);
    const digest = digestIn(request.headers);
    if (digest !== null && !isLast) {
      const detail = "A digest is of the whole upload and comes with the last part: Upload-Complete: ?1";
      throw new GridError("invalid-input", detail);
    }
    const view = await uploads.append(id, offsetOf(request), (take) => receiveBody(request, take));
    if (!isLast) return show(request, response, 200, view);
    const dataset = await uploads.complete(id, digest);
    response.setHeader("location", `/api/v1/datasets${view.path}?version=${dataset.latest.version}`);
    response.setHeader("upload-complete", "?1");
    answerJson(request, response, 201, dataset);
  }
}

function show(request: IncomingMessage, response: ServerResponse, status: number, view: UploadView): void {
  response.setHeader("upload-offset", view.offset);
  response.setHeader("upload-complete", "?0");
  if (view.length !== null) response.setHeader("upload-length", view.length);
  answerJson(request, response, status, view);
}

function termsOf({ format, length, sha256, gzip, ...options }: Omit<BeginUpload, "dataset">): UploadTerms {
  return {
    format: wholeDatasetFormat(format),
    options,
    sentDigest: sha256,
    sentBytes: length,
    isGzip: gzip,
  };
}

function offsetOf({ headers }: IncomingMessage): number {
  const offset = String(headers["upload-offset"] ?? "");
  if (/^\d{1,15}$/.test(offset)) return Number(offset);
  throw new GridError(
    "invalid-input",
    `Upload-Offset must say, in bytes, where the body goes on; got ${offset === "" ? "none" : `"${offset.slice(0, 80)}"`}`,
  );
}

function isLastPart({ headers }: IncomingMessage): boolean {
  const value = String(headers["upload-complete"] ?? "?0");
  if (value === "?1" || value === "?0") return value === "?1";
  throw new GridError("invalid-input", `Upload-Complete must be ?1 or ?0; got "${value.slice(0, 80)}"`);
}
