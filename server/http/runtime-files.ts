/**
 * Serves the files of runtimes, such as Python's, as blocks: named by their digest, cacheable for ever, and
 * compressed when they were built, for they are many megabytes.
 *
 *   tab ── GET /api/v1/blocks/{digest} ──▶ this, if it is a runtime's; else the block store
 */
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { answerProblem, pathOf } from "./node-answer";

const PREFIX = "/api/v1/blocks/";

interface RuntimeFile {
  /** Beside it lies the same with `.gz`. */
  readonly path: string;
  readonly plainBytes: number;
  readonly gzipBytes: number;
}

export type RuntimeFiles = ReadonlyMap<string, RuntimeFile>;

/** By digest, as the build put them there. */
export async function readRuntimeFiles(folder = path.join("dist", "runtimes")): Promise<RuntimeFiles> {
  const digests = (await readdir(folder)).filter((name) => !name.endsWith(".gz"));
  const sizeOf = async (name: string) => (await stat(path.join(folder, name))).size;
  return new Map(
    await Promise.all(
      digests.map(async (digest) => {
        const [plainBytes, gzipBytes] = await Promise.all([sizeOf(digest), sizeOf(`${digest}.gz`)]);
        return [digest, { path: path.join(folder, digest), plainBytes, gzipBytes }] as const;
      }),
    ),
  );
}

/** @returns A handler that says whether the request was for a runtime's file; it then answers it. */
export function serveRuntimes(
  files: RuntimeFiles,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    const requested = pathOf(request);
    const digest = requested.startsWith(PREFIX) ? requested.slice(PREFIX.length) : "";
    const file = files.get(digest);
    // Other methods are the block store's to refuse.
    if (!file || (request.method !== "GET" && request.method !== "HEAD")) return false;
    send(digest, file, request, response).catch((error: unknown) => {
      if (!response.destroyed) answerProblem(request, response, error);
    });
    return true;
  };
}

async function send(
  digest: string,
  { path: file, plainBytes, gzipBytes }: RuntimeFile,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const etag = `"${digest}"`;
  const caching = { etag, "cache-control": "public, max-age=31536000, immutable", vary: "accept-encoding" };
  if (request.headers["if-none-match"]?.includes(etag)) {
    response.writeHead(304, caching).end();
    return;
  }
  const isGzip = /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
  response.writeHead(200, {
    ...caching,
    "content-type": "application/octet-stream",
    "content-length": isGzip ? gzipBytes : plainBytes,
    ...(isGzip && { "content-encoding": "gzip" }),
    "x-content-type-options": "nosniff",
  });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  await pipeline(createReadStream(isGzip ? `${file}.gz` : file), response);
}
