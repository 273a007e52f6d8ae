/**
 * What comes after a host's answer, or after its connection broke: pure, over what is known of the source.
 *
 *   ask ──▶ redirect ──▶ ask there
 *    │ ───▶ take: from the start, or on from where it broke (Range, If-Range)
 *    │ ───▶ anew: what it has now is not what was begun
 *    └ ───▶ later: it is busy
 */
import { LIMITS } from "../../protocol/limits";
import { GridError } from "../../protocol/problems";

export interface SourceAnswer {
  readonly status: number;
  /** By their names in small letters. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** How far a source has been read. */
export interface SourcePlace {
  readonly offset: number;
  /** What tells whether it is still the same: a strong ETag, or when it was changed. Null: nothing does, and a new connection starts anew. */
  readonly validator: string | null;
  readonly totalBytes: number | null;
}

export type AnswerStep =
  | { type: "redirect"; location: string }
  | { type: "take"; offset: number; totalBytes: number | null; validator: string | null }
  | { type: "anew" }
  | { type: "later"; afterMs: number; why: string };

/** What is not begun yet. */
export const START: SourcePlace = { offset: 0, validator: null, totalBytes: null };

/** Headers of the request that goes on from there; nothing packed, so that offsets mean what they say. */
export function requestHeaders({ offset, validator }: SourcePlace): Record<string, string> {
  const plain = { accept: "*/*", "accept-encoding": "identity", "user-agent": "tabgrid" };
  if (offset === 0 || validator === null) return plain;
  return { ...plain, range: `bytes=${offset}-`, "if-range": validator };
}

/** @throws {GridError} `url-bad-answer` when it is of no use; `url-too-large` when it would be over the limit. */
export function afterAnswer(answer: SourceAnswer, place: SourcePlace, maxBytes: number): AnswerStep {
  const { status, headers } = answer;
  if (REDIRECTS.has(status) && headers.location) return { type: "redirect", location: headers.location };
  if (BUSY.has(status)) return { type: "later", afterMs: retryAfterMs(headers), why: `it answers ${status}` };
  const isGoingOn = "range" in requestHeaders(place);
  if (isGoingOn && status === 416) return { type: "anew" };
  if (isGoingOn && status === 206) return goOn(headers, place);
  if (status !== 200) throw new GridError("url-bad-answer", `The host answers ${status}; 200 was expected`);
  checkEncoding(headers);
  const totalBytes = lengthOf(headers["content-length"]);
  checkLength(totalBytes ?? 0, maxBytes);
  return { type: "take", offset: 0, totalBytes, validator: validatorOf(headers) };
}

/** @throws {GridError} `url-too-large`. */
export function checkLength(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  throw new GridError("url-too-large", `At most ${maxBytes} bytes are fetched; there are ${bytes} or more`);
}

export interface Attempts {
  /** In a row, without anything new. */
  readonly idle: number;
  /** The most bytes that ever came in one go from the start. */
  readonly furthest: number;
}

export const NO_ATTEMPTS: Attempts = { idle: 0, furthest: 0 };

/** Counts one more; bytes that never came before begin the count anew. */
export function countAttempt({ idle, furthest }: Attempts, offset: number): Attempts {
  return offset > furthest ? { idle: 1, furthest: offset } : { idle: idle + 1, furthest };
}

/** How long to wait before the next; null to give up. */
export function waitAfter({ idle }: Attempts, firstMs: number): number | null {
  if (idle >= LIMITS.urlTries) return null;
  return Math.min(firstMs * 2 ** (idle - 1), LIMITS.urlIdleMs);
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const BUSY: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

function goOn(headers: SourceAnswer["headers"], place: SourcePlace): AnswerStep {
  const [, first, all] =
    /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/.exec(headers["content-range"] ?? "") ?? [];
  const { offset, validator } = place;
  const totalBytes = all === undefined || all === "*" ? place.totalBytes : Number(all);
  const isSame = (validatorOf(headers) ?? validator) === validator;
  const isWhole = place.totalBytes === null || place.totalBytes === totalBytes;
  if (first === undefined || Number(first) !== offset || !isSame || !isWhole) return { type: "anew" };
  return { type: "take", offset, totalBytes, validator };
}

function checkEncoding(headers: SourceAnswer["headers"]): void {
  const encoding = headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
  if (["identity", "", "gzip", "x-gzip"].includes(encoding)) return;
  throw new GridError(
    "url-bad-answer",
    `The host sends content-encoding "${encoding.slice(0, 80)}"; gzip or none was expected`,
  );
}

const lengthOf = (header: string | undefined): number | null =>
  header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : null;

/** Only what RFC 9110 calls strong may join two answers. A time of change is, when the answer is a second younger. */
function validatorOf(headers: SourceAnswer["headers"]): string | null {
  const { etag, "last-modified": changed, date } = headers;
  if (etag !== undefined) return /^"[\x21\x23-\x7e\x80-\xff]*"$/.test(etag) ? etag : null;
  if (changed === undefined || date === undefined) return null;
  return Date.parse(date) - Date.parse(changed) >= 1000 ? changed : null;
}

function retryAfterMs(headers: SourceAnswer["headers"]): number {
  const seconds = /^\d{1,6}$/.test(headers["retry-after"] ?? "") ? Number(headers["retry-after"]) : 0;
  return Math.min(seconds * 1000, LIMITS.urlIdleMs);
}
