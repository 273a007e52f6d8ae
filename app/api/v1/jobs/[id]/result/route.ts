/** GET /api/v1/jobs/{id}/result: the records, streamed as NDJSON, CSV or plain lines, with ?follow=1 while they come in. */
import { grid } from "../../../../../../server/grid-api";
import { tsvOf } from "../../../../../../server/http/tsv";
import { byteStream } from "../../../../../../server/http/byte-stream";
import { csvOf } from "../../../../../../server/http/csv";
import { skipLines } from "../../../../../../server/http/skip-lines";
import { ResultQuery } from "../../../../../../server/http/parameters";
import { parseJobId, parseQuery } from "../../../../../../server/http/query";
import { route } from "../../../../../../server/http/route";

export const dynamic = "force-dynamic";

const CONTENT_TYPES = {
  ndjson: "application/x-ndjson",
  csv: "text/csv; charset=utf-8; header=present",
  tsv: "text/tab-separated-values; charset=utf-8",
};
type Format = keyof typeof CONTENT_TYPES;

const writers = { ndjson: (lines: AsyncIterable<Uint8Array>) => lines, csv: csvOf, tsv: tsvOf };

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route<{ id: string }>({
  async GET(request, { params }) {
    const { follow, skip, format = acceptedFormat(request) } = parseQuery(request, ResultQuery);
    const id = parseJobId((await params).id);
    const reading = new AbortController();
    const signal = AbortSignal.any([request.signal, reading.signal]);
    const lines = await grid().readResult(id, { follow: follow === "1", signal });
    const wanted = skip > 0 ? skipLines(lines, skip) : lines;
    const body = byteStream(withoutDelay(writers[format](wanted)), () => reading.abort());
    return new Response(body, {
      headers: {
        "content-type": CONTENT_TYPES[format],
        "content-disposition": `attachment; filename="${id}.${format}"`,
        vary: "accept",
      },
    });
  },
});

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
