/** A job's result as a response: NDJSON, CSV or plain lines, streamed. */
import type { JobId } from "../../protocol/ids";
import { grid } from "../grid-api";
import { byteStream } from "./byte-stream";
import { csvOf } from "./csv";
import { ResultQuery } from "./parameters";
import { parseQuery } from "./query";
import { skipLines } from "./skip-lines";
import { tsvOf } from "./tsv";

const CONTENT_TYPES = {
  ndjson: "application/x-ndjson",
  csv: "text/csv; charset=utf-8; header=present",
  tsv: "text/tab-separated-values; charset=utf-8",
};
type Format = keyof typeof CONTENT_TYPES;

const writers = { ndjson: (lines: AsyncIterable<Uint8Array>) => lines, csv: csvOf, tsv: tsvOf };

/** @throws {GridError} `job-not-finished`, `job-ended`, or for a parameter that there is not. */
export async function answerResult(request: Request, id: JobId): Promise<Response> {
  const { follow, skip, format = acceptedFormat(request) } = parseQuery(request, ResultQuery);
  const reading = new AbortController();
  const signal = AbortSignal.any([request.signal, reading.signal]);
  const lines = await grid().readResult(id, { follow: follow === "1", signal });
  const { basedOn, replacedBy } = await grid().getJob(id);
  const isOutdated = basedOn.some((basis) => basis.isOutdated);
  const successor = `</api/v1/jobs/${replacedBy}/result>; rel="successor-version"`;
  const wanted = skip > 0 ? skipLines(lines, skip) : lines;
  const body = byteStream(withoutDelay(writers[format](wanted)), () => reading.abort());
  return new Response(body, {
    headers: {
      "content-type": CONTENT_TYPES[format],
      "content-disposition": `attachment; filename="${id}.${format}"`,
      vary: "accept",
      // A structured boolean, as of RFC 9651; the relation is one of RFC 5829.
      ...(isOutdated && { "result-outdated": "?1" }),
      ...(replacedBy !== null && { link: successor }),
    },
  });
}

/** Headers leave with the first chunk, and the first record may be hours away: nothing goes ahead of it. */
async function* withoutDelay(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(0);
  yield* chunks;
}

function acceptedFormat(request: Request): Format {
  const accepted = request.headers.get("accept") ?? "";
  if (accepted.includes("text/csv")) return "csv";
  return accepted.includes("text/tab-separated-values") ? "tsv" : "ndjson";
}
