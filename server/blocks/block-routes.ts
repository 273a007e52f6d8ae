/**
 * Serves blocks over HTTP, ahead of Next: bytes go from disk to socket and back
 * without passing through a framework, at the pace of the slower side.
 *
 *   tab ── GET /api/v1/blocks/{digest} ──▶ coordinator    cacheable for ever: the name is the content
 *   tab ◀── 307 to a signed address ────── coordinator    where blocks are kept by a service that tabs can reach
 *   tab ── GET …?suspect=1 ──▶ coordinator                the bytes were others: the block is compared with its name anew
 *   tab ── PUT /api/v1/blocks/{digest} ──▶ coordinator    stored only if its digest is right; `?task=` says of whose output
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Digest, TaskId } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import { GridError, isGridError } from "../../protocol/problems";
import { rangeIn } from "../datasets/dataset-content";
import type { BlockStore } from "../grid-api";
import { answerNotAllowed, answerProblem, pathOf } from "../http/node-answer";
import { VOLUNTEER_COOKIE, volunteerIdFromCookies } from "../volunteer-token";
import { tooLarge } from "./disk-block-store";
import { openPackedBlocks, type PackedBlocks } from "./packed-blocks";
import { openSuspectBlocks } from "./suspect-blocks";

const PREFIX = "/api/v1/blocks/";
/** Asked by a tab that could not fetch a block from where it was sent. */
const THROUGH = "?through=1";
/** Asked by a tab that was sent other bytes than the block's. */
const SUSPECT = "?suspect=1";
export const BLOCK_METHODS = ["GET", "HEAD", "PUT"] as const;

/**
 * @param areaOf Where the output of a task is kept.
 * @param missing Told of blocks that were asked for and are not there.
 * @param isFar Whether the answer goes over a network, where fewer bytes are worth the packing.
 * @returns A handler that says whether the request was for a block; it then answers it.
 */
export function serveBlocks(
  store: BlockStore,
  areaOf: (taskId: TaskId) => Promise<BlockStore> = () => Promise.resolve(store),
  missing: (digest: Digest) => void = () => {},
  isFar: (request: IncomingMessage) => boolean = () => false,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const serving = { store, far: { isFar, packed: openPackedBlocks() }, verify: openSuspectBlocks(store) };
  return (request, response) => {
    const path = pathOf(request);
    if (!path.startsWith(PREFIX)) return false;
    answer(serving, areaOf, path.slice(PREFIX.length), request, response).catch((error: unknown) => {
      const name = Digest.safeParse(path.slice(PREFIX.length));
      if (request.method === "GET" && name.success && isGridError(error) && error.code === "block-not-found")
        missing(name.data);
      // Nobody is there any more to be told, and leaving is no bug.
      if (request.destroyed && !request.complete) return;
      if (isReaderGone(error)) return;
      answerProblem(request, response, error);
    });
    return true;
  };
}

interface Serving {
  readonly store: BlockStore;
  readonly far: Far;
  readonly verify: (digest: Digest) => Promise<void>;
}

interface Far {
  readonly isFar: (request: IncomingMessage) => boolean;
  readonly packed: PackedBlocks;
}

async function answer(
  serving: Serving,
  areaOf: (taskId: TaskId) => Promise<BlockStore>,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  switch (request.method) {
    case "GET":
    case "HEAD":
      return send(serving, parseDigest(name), request, response);
    case "PUT":
      return receive(await areaFor(request), parseDigest(name), request, response);
    default:
      return answerNotAllowed(request, response, BLOCK_METHODS);
  }

  async function areaFor({ url }: IncomingMessage): Promise<BlockStore> {
    const task = new URL(url ?? "", "http://localhost").searchParams.get("task");
    if (task === null) return serving.store;
    const taskId = TaskId.safeParse(task);
    if (taskId.success) return areaOf(taskId.data);
    throw new GridError(
      "invalid-input",
      `task must name a task, such as job_…/map/17; got "${task.slice(0, 80)}"`,
    );
  }
}

async function send(
  { store, far, verify }: Serving,
  digest: Digest,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const etag = `"${digest}"`;
  const packedTag = `"${digest}-gzip"`;
  const caching = {
    etag,
    "cache-control": "public, max-age=31536000, immutable",
    vary: "accept-encoding",
  };
  const held = [packedTag, etag].find((tag) => request.headers["if-none-match"]?.includes(tag));
  if (held !== undefined) {
    response.writeHead(304, { ...caching, etag: held }).end();
    return;
  }
  const isSuspect = request.url?.endsWith(SUSPECT) === true;
  if (isSuspect) await verify(digest);
  const link = isSuspect || request.url?.endsWith(THROUGH) ? null : await linkTo(store, digest);
  if (link !== null) {
    // The address is signed for a while, so the answer is not for keeping.
    response.writeHead(307, { location: link, "cache-control": "no-store", "content-length": 0 }).end();
    return;
  }
  const packed = mayPack(request, far) ? await far.packed.of(digest, store) : null;
  if (packed) {
    response.writeHead(200, {
      ...caching,
      etag: packedTag,
      "content-encoding": "gzip",
      "content-type": "application/octet-stream",
      "content-length": packed.length,
      "x-content-type-options": "nosniff",
    });
    response.end(request.method === "HEAD" ? undefined : packed);
    return;
  }
  const { bytes, range, body } = await openAsked(store, digest, request, etag, response);
  response.writeHead(range ? 206 : 200, {
    ...caching,
    "accept-ranges": "bytes",
    "content-type": "application/octet-stream",
    "content-length": range ? range.end - range.start : bytes,
    ...(range && { "content-range": `bytes ${range.start}-${range.end - 1}/${bytes}` }),
    "x-content-type-options": "nosniff",
  });
  if (request.method === "HEAD") {
    body.destroy();
    response.end();
    return;
  }
  await pipeline(body, response);
}

/** A part of a block is a part of its bytes as they are. */
function mayPack(request: IncomingMessage, { isFar }: Far): boolean {
  const { range, "accept-encoding": accepts = "" } = request.headers;
  return (
    range === undefined && /\bgzip\b(?!\s*;\s*q=0(\.0*)?(,|\s|$))/i.test(String(accepts)) && isFar(request)
  );
}

/** The whole block, or the part of it that was asked for. @throws {GridError} `range-not-satisfiable`. */
async function openAsked(
  store: BlockStore,
  digest: Digest,
  { headers }: IncomingMessage,
  etag: string,
  response: ServerResponse,
) {
  const whole = await store.open(digest);
  const isSame = (headers["if-range"] ?? etag) === etag;
  const range = isSame ? rangeIn(headers.range, whole.bytes) : null;
  if (range === null) return { ...whole, range };
  whole.body.destroy();
  if (range !== "unsatisfiable") return { ...(await store.open(digest, range)), range };
  response.setHeader("content-range", `bytes */${whole.bytes}`);
  const asked = headers.range?.slice(0, 80);
  throw new GridError("range-not-satisfiable", `Range: the block has ${whole.bytes} bytes; got "${asked}"`);
}

/** @returns Null when the bytes have to come from here: then a store that fails says so itself. */
async function linkTo(store: BlockStore, digest: Digest): Promise<string | null> {
  return (await store.link?.(digest).catch(() => null)) ?? null;
}

async function receive(
  store: BlockStore,
  digest: Digest,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    if (!volunteerIdFromCookies(request.headers.cookie)) {
      throw new GridError(
        "invalid-input",
        `Only volunteers upload blocks: the cookie ${VOLUNTEER_COOKIE} is missing; POST /api/v1/volunteers/session sets it`,
      );
    }
    const announcedBytes = Number(request.headers["content-length"] ?? 0);
    if (announcedBytes > LIMITS.blockBytes) throw tooLarge(announcedBytes);
    const isThere = await store.has(digest);
    await store.receive(digest, bodyOf(request));
    response.writeHead(isThere ? 200 : 201, { location: PREFIX + digest, "content-length": 0 }).end();
  } catch (error) {
    // What is still on its way is not worth reading, so this connection cannot carry another request.
    if (!request.complete) response.setHeader("connection", "close");
    throw error;
  }
}

/**
 * The request's body as a stream of its own. A store may give up on it, which
 * would close the socket before the answer if it were the request itself.
 */
function bodyOf(request: IncomingMessage): Readable {
  const body = new PassThrough();
  // Whoever reads the body gets the error; until someone does, it must not end the process.
  body.on("error", () => {});
  request.once("close", () => {
    if (!request.complete) body.destroy(new Error("The sender left before the end"));
  });
  return request.pipe(body);
}

function parseDigest(name: string): Digest {
  const parsed = Digest.safeParse(name);
  if (parsed.success) return parsed.data;
  throw new GridError(
    "invalid-input",
    `A block's name must be 64 lower-case hexadecimal digits (SHA-256); got "${name.slice(0, 80)}"`,
  );
}

function isReaderGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE";
}
