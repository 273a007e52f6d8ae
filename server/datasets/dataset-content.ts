/** Sends the content of a version: its blocks one after the other, or the part of them that was asked for. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { GridError } from "../../protocol/problems";
import { verifiedStream } from "../blocks/verified-stream";
import type { BlockStore } from "../grid-api";
import type { OpenVersion } from "./datasets";

const TYPES = {
  lines: "text/plain; charset=utf-8",
  jsonl: "application/x-ndjson",
  csv: "text/csv; charset=utf-8",
  bytes: "application/octet-stream",
  files: "application/x-tar",
  parquet: "application/vnd.apache.parquet",
} as const;

/** From `start` up to, but not including, `end`. */
interface ByteRange {
  start: number;
  end: number;
}

export async function sendContent(
  { version, blocks }: OpenVersion,
  store: BlockStore,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const etag = `"${version.sha256}"`;
  const headers = {
    etag,
    "accept-ranges": "bytes",
    "cache-control": "no-cache",
    "x-content-type-options": "nosniff",
    "content-type": TYPES[version.terms.format.type],
    // What users upload is never shown as a page of ours.
    "content-disposition": `attachment; filename="${version.path.split("/").at(-1)}"`,
    "repr-digest": `sha-256=:${Buffer.from(version.sha256, "hex").toString("base64")}:`,
  };
  if (request.headers["if-none-match"]?.includes(etag)) {
    response.writeHead(304, headers).end();
    return;
  }
  const isSame = (request.headers["if-range"] ?? etag) === etag;
  const asked = isSame ? rangeIn(request.headers.range, version.bytes) : null;
  if (asked === "unsatisfiable") {
    response.setHeader("content-range", `bytes */${version.bytes}`);
    throw new GridError(
      "range-not-satisfiable",
      `Range: the content has ${version.bytes} bytes; got "${request.headers.range?.slice(0, 80)}"`,
    );
  }
  const range = asked ?? { start: 0, end: version.bytes };
  response.writeHead(asked ? 206 : 200, {
    ...headers,
    "content-length": range.end - range.start,
    ...(asked && { "content-range": `bytes ${range.start}-${range.end - 1}/${version.bytes}` }),
  });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  await pipeline(Readable.from(contentOf(blocks, store, range), { objectMode: false }), response);
}

/** Bytes of what some blocks are one after the other. */
export async function* contentOf(
  blocks: OpenVersion["blocks"],
  store: Pick<BlockStore, "open" | "verify">,
  { start, end }: ByteRange,
): AsyncGenerator<Uint8Array> {
  let offset = 0;
  for (const { digest, bytes } of blocks) {
    const from = Math.max(start - offset, 0);
    const to = Math.min(end - offset, bytes);
    offset += bytes;
    if (from >= to) continue;
    yield* verifiedStream(store, digest, { start: from, end: to });
  }
}

/** One range of bytes; several at once and other units are answered with everything, as HTTP allows. */
export function rangeIn(header: string | undefined, bytes: number): ByteRange | "unsatisfiable" | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return null;
  const [, first = "", last = ""] = match;
  if (first === "") {
    const start = Math.max(0, bytes - Number(last));
    return start < bytes ? { start, end: bytes } : "unsatisfiable";
  }
  const start = Number(first);
  const end = last === "" ? bytes : Math.min(bytes, Number(last) + 1);
  if (end <= start && last !== "" && Number(last) < start) return null;
  return start < bytes ? { start, end } : "unsatisfiable";
}
