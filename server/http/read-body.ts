/**
 * Reads the JSON body of a request: no more of it than is allowed, and with words
 * that say what is wrong with it.
 */
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { z } from "zod";
import { describeIssues, GridError, isGridError } from "../../protocol/problems";
import { jsonFaultAt } from "../../protocol/json-fault";

export interface BodyLimit {
  /** As in `LIMITS`, to be named when it is exceeded. */
  name: string;
  bytes: number;
}

/**
 * The body, checked by its schema.
 * @throws {GridError} `unsupported-media-type`, `too-large`, `malformed-json`, `invalid-input`.
 */
export async function readBody<T>(request: Request, schema: z.ZodType<T>, limit: BodyLimit): Promise<T> {
  const body = await readJson(request, limit);
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new GridError("invalid-input", describeIssues(parsed.error, body));
  return parsed.data;
}

/** @throws {GridError} `unsupported-media-type`, `too-large`, `malformed-json`. */
export async function readJson(request: Request, limit: BodyLimit): Promise<unknown> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    const got = type === "" ? "none" : `"${type}"`;
    throw new GridError("unsupported-media-type", `content-type must be application/json; got ${got}`);
  }
  const text = await readText(request, limit, "malformed-json");
  // The schemas would pass it over, and what was sent would not be what is run.
  if (PROTO.test(text)) throw new GridError("invalid-input", "A member may not be named __proto__");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new GridError("malformed-json", describeFault(text), {}, { cause: error });
  }
}

/** Whether the body says that it is XML. */
export function isXml(request: Request): boolean {
  return /^(application|text)\/xml\s*(;|$)/i.test(request.headers.get("content-type") ?? "");
}

/** @throws {GridError} `unsupported-media-type`, `too-large`, `malformed-xml`. */
export async function readXml(request: Request, limit: BodyLimit): Promise<string> {
  const [, charset = "utf-8"] = /charset="?([^";\s]+)/i.exec(request.headers.get("content-type") ?? "") ?? [];
  if (!/^(utf-8|us-ascii)$/i.test(charset)) {
    throw new GridError(
      "unsupported-media-type",
      `XML must be in UTF-8; got charset ${JSON.stringify(charset)}`,
    );
  }
  return readText(request, limit, "malformed-xml");
}

/** A request of the custom server, to be read as one of Next's handlers. */
export function asWebRequest(request: IncomingMessage): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) headers.set(name, String(value));
  const init = { method: "POST", headers, body: Readable.toWeb(request) as ReadableStream, duplex: "half" };
  return new Request(new URL(request.url ?? "/", "http://grid"), init as RequestInit);
}

async function readText(
  request: Request,
  limit: BodyLimit,
  fault: "malformed-json" | "malformed-xml",
): Promise<string> {
  const encoding = request.headers.get("content-encoding");
  if (encoding !== null) {
    throw new GridError(
      "unsupported-media-type",
      `A body is sent as it is; got content-encoding "${encoding}"`,
    );
  }
  return decode(await readBytes(request, limit), fault);
}

/** As a member's name: inside of a text its quotes would be escaped. */
const PROTO = /"(?:_|\\u005f){2}proto(?:_|\\u005f){2}"\s*:/i;

async function readBytes(request: Request, limit: BodyLimit): Promise<Uint8Array> {
  // A header that admits to being too long saves us the reading.
  refuseBeyond(limit, Number(request.headers.get("content-length") ?? 0));
  const chunks: Uint8Array[] = [];
  let byteCount = 0;
  try {
    for await (const chunk of request.body ?? []) {
      byteCount += chunk.length;
      refuseBeyond(limit, byteCount);
      chunks.push(chunk);
    }
  } catch (error) {
    if (isGridError(error)) throw error;
    // The asker has left: the words are for the log.
    throw new GridError("invalid-input", `The body ended after ${byteCount} bytes`, {}, { cause: error });
  }
  return Buffer.concat(chunks, byteCount);
}

function refuseBeyond(limit: BodyLimit, byteCount: number): void {
  if (byteCount <= limit.bytes) return;
  throw new GridError(
    "too-large",
    `The body may have ${limit.bytes} bytes (${limit.name}); got ${byteCount} or more`,
  );
}

function decode(bytes: Uint8Array, fault: "malformed-json" | "malformed-xml"): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new GridError(fault, "The body is not valid UTF-8", {}, { cause: error });
  }
}

function describeFault(text: string): string {
  const at = jsonFaultAt(text);
  const line = text.slice(0, at).split("\n").length;
  const column = at - text.lastIndexOf("\n", at - 1);
  const seen = at < text.length ? JSON.stringify(text[at]) : "the end of the body";
  return `Unexpected ${seen} at offset ${at} (line ${line}, column ${column})`;
}
