/** Reads the body of an upload, and what its headers promise of it. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Digest } from "../../protocol/ids";
import { GridError } from "../../protocol/problems";

/**
 * Hands on every piece, waiting until it was taken.
 * @throws {GridError} `invalid-input` when the sender leaves before the end.
 */
export async function receiveBody(
  request: IncomingMessage,
  take: (piece: Uint8Array) => Promise<void>,
): Promise<void> {
  let byteCount = 0;
  request.setTimeout(IDLE_MS, () => request.destroy());
  try {
    // The request must not be destroyed when taking fails: it carries the answer.
    for await (const piece of request.iterator({ destroyOnReturn: false })) {
      byteCount += (piece as Uint8Array).length;
      await take(piece as Uint8Array);
    }
  } catch (error) {
    if (!isGone(error)) throw error;
    const detail = `The body ended after ${byteCount} bytes, before its end`;
    throw new GridError("invalid-input", detail, {}, { cause: error });
  } finally {
    request.setTimeout(0);
  }
}

/** A sender that is silent for so long has gone, whatever its connection says. */
const IDLE_MS = 60_000;

const isGone = (error: unknown) =>
  error instanceof Error &&
  "code" in error &&
  (error.code === "ECONNRESET" || error.code === "ERR_STREAM_PREMATURE_CLOSE");

/** How much of a body that was refused is read, so that its sender gets to hear why. */
const DRAIN_BYTES = 64 * 1024 * 1024;

/** After the answer: a sender that is still sending would miss it if the connection closed at once. */
export function drain(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete || request.destroyed) return;
  response.setHeader("connection", "close");
  let left = DRAIN_BYTES;
  request.on("data", (piece: Uint8Array) => {
    left -= piece.length;
    if (left < 0) request.destroy();
  });
  request.resume();
}

/**
 * SHA-256 that a header says the bytes as sent have: `Repr-Digest` or `Content-Digest` (RFC 9530), or `Digest` (RFC 3230).
 * @throws {GridError} `invalid-input` when there is such a header without a SHA-256.
 */
export function digestIn(headers: IncomingMessage["headers"]): Digest | null {
  for (const name of ["repr-digest", "content-digest", "digest"]) {
    const value = headers[name];
    if (value === undefined) continue;
    const match = /(?:^|[\s,])sha-256=:?([A-Za-z0-9+/]{43}=):?(?:[\s,;]|$)/i.exec(String(value));
    if (match?.[1]) return Digest.parse(Buffer.from(match[1], "base64").toString("hex"));
    throw new GridError(
      "invalid-input",
      `${name} must be sha-256=:…: with the SHA-256 in Base64; got "${String(value).slice(0, 80)}"`,
    );
  }
  return null;
}

/** @throws {GridError} `unsupported-media-type` for an encoding that is neither gzip nor none. */
export function isGzipEncoded(headers: IncomingMessage["headers"]): boolean | null {
  const encoding = headers["content-encoding"]?.trim().toLowerCase();
  if (encoding === undefined || encoding === "") return null;
  if (encoding === "gzip" || encoding === "x-gzip") return true;
  if (encoding === "identity") return false;
  throw new GridError(
    "unsupported-media-type",
    `content-encoding must be gzip or identity; got "${encoding.slice(0, 80)}"`,
  );
}
