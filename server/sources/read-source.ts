/**
 * Reads what is at an address to its end: over as many connections as it takes, from where the last one broke when
 * the source is still the same, and from its start when it is not or nobody can tell.
 */
import { setTimeout as sleep } from "node:timers/promises";
import {
  checkLength,
  countAttempt,
  NO_ATTEMPTS,
  START,
  waitAfter,
  type SourcePlace,
} from "../../core/sources/after-answer";
import { GridError } from "../../protocol/problems";
import { askSource, SourceBroken, SourceSilent, type Asked, type SourceParts } from "./ask-source";

export type Take = (piece: Uint8Array) => Promise<void>;

/** Where the bytes go. */
export interface SourceSink {
  /** How many it has. */
  offset(): Promise<number>;
  /** The bytes come from the start; those that came before count for nothing. */
  begin(found: FoundSource): Promise<void>;
  /** Takes what `send` hands on. When that throws, what came is kept. */
  append(offset: number, send: (take: Take) => Promise<void>): Promise<void>;
  /** The connection broke and another one is tried. */
  broke?(): void;
}

export interface FoundSource extends SourcePlace {
  readonly url: URL;
  readonly headers: Asked["headers"];
}

export interface ReadingParts extends SourceParts {
  /** The first wait before another attempt; each is twice as long as the one before. */
  readonly retryMs: number;
  readonly maxMs: number;
}

/**
 * @param known What was known of the source when reading ended early; null to begin.
 * @throws {GridError} What is refused, what the sink throws, `url-too-slow`, `url-unreachable`.
 * @throws The signal's reason.
 */
export async function readSource(
  url: string,
  known: SourcePlace | null,
  sink: SourceSink,
  parts: ReadingParts,
  signal: AbortSignal,
): Promise<void> {
  const deadline = AbortSignal.timeout(parts.maxMs);
  const either = AbortSignal.any([signal, deadline]);
  try {
    await readOn(url, known, sink, parts, either);
  } catch (error) {
    signal.throwIfAborted();
    if (!deadline.aborted) throw error;
    const seconds = Math.round(parts.maxMs / 1000);
    const detail = `Fetching may take ${seconds} s; ${await sink.offset()} bytes came in that time`;
    throw new GridError("url-too-slow", detail, {}, { cause: error });
  }
}

async function readOn(
  url: string,
  known: SourcePlace | null,
  sink: SourceSink,
  parts: ReadingParts,
  signal: AbortSignal,
): Promise<void> {
  let place = known;
  for (let attempts = NO_ATTEMPTS; ;) {
    try {
      const began = await readOnce(url, place, sink, parts, signal, (found) => (place = found));
      if (began === "ended") return;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof SourceBroken)) throw error;
      attempts = countAttempt(attempts, await sink.offset());
      // Who asked is still there to hear that nothing answers.
      const waitMs = place === null ? null : waitAfter(attempts, parts.retryMs);
      if (waitMs === null) throw giveUp(error, attempts.idle);
      sink.broke?.();
      await sleep(Math.max(waitMs, error instanceof SourceBusy ? error.afterMs : 0), null, { signal });
    }
  }
}

/** The source asks for patience. */
class SourceBusy extends SourceBroken {
  readonly afterMs: number;
  constructor(message: string, afterMs: number) {
    super(message);
    this.afterMs = afterMs;
  }
}

/** One connection. @throws {SourceBroken} */
async function readOnce(
  url: string,
  place: SourcePlace | null,
  sink: SourceSink,
  parts: ReadingParts,
  signal: AbortSignal,
  found: (place: SourcePlace) => void,
): Promise<"ended"> {
  const offset = place === null ? 0 : await sink.offset();
  const asked = await askSource(url, { ...(place ?? START), offset }, parts, signal);
  try {
    const { step, headers, body } = asked;
    if (step.type === "later") throw new SourceBusy(`${asked.url.host}: ${step.why}`, step.afterMs);
    if (step.type === "anew") {
      // Without what would tell that it is the same, the next request is for all of it.
      found({ ...START });
      throw new SourceBroken(`${asked.url.host}: what it has is not what was begun`);
    }
    const { totalBytes, validator } = step;
    if (step.offset === 0) await sink.begin({ ...step, url: asked.url, headers });
    found({ offset: step.offset, totalBytes, validator });
    const end = await handOn(body, step.offset, sink, parts);
    if (totalBytes !== null && end < totalBytes) {
      throw new SourceBroken(`${asked.url.host}: the answer ended after ${end} of ${totalBytes} bytes`);
    }
    return "ended";
  } finally {
    asked.close();
  }
}

/** @returns How many bytes there are now. */
async function handOn(
  body: Asked["body"],
  from: number,
  sink: SourceSink,
  { maxBytes, idleMs }: ReadingParts,
): Promise<number> {
  let offset = from;
  await sink.append(from, async (take) => {
    const pieces = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    for (;;) {
      // Only while we wait: a disk that is slow is not the host's fault.
      const timer = setTimeout(() => body.destroy(new SourceSilent(idleMs)), idleMs);
      const next = await pieces.next().catch((error: unknown) => {
        throw new SourceBroken(describeBreak(error), { cause: error });
      });
      clearTimeout(timer);
      if (next.done) return;
      offset += next.value.length;
      checkLength(offset, maxBytes);
      await take(next.value);
    }
  });
  return offset;
}

function describeBreak(error: unknown): string {
  if (error instanceof SourceSilent) return error.message;
  return `the connection broke: ${error instanceof Error ? error.message : String(error)}`;
}

function giveUp(last: SourceBroken, attempts: number): GridError {
  const code = last.cause instanceof SourceSilent ? "url-too-slow" : "url-unreachable";
  const times = attempts === 1 ? "" : `, ${attempts} times in a row`;
  return new GridError(code, `${last.message}${times}`, {}, { cause: last });
}
