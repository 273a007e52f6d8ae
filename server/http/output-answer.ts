/** What a job's tasks have written, as a response. */
import type { JobId } from "../../protocol/ids";
import { LogLine } from "../../protocol/views";
import { grid } from "../grid-api";
import { byteStream } from "./byte-stream";
import { linesOf } from "./ndjson-lines";
import { OutputQuery } from "./parameters";
import { parseQuery } from "./query";

/** @throws {GridError} `job-not-found`, or for a parameter that there is not. */
export async function answerOutput(request: Request, id: JobId): Promise<Response> {
  const { format } = parseQuery(request, OutputQuery);
  const { lines, isCut } = await grid().readOutput(id);
  return new Response(
    byteStream(format === "text" ? bareLines(lines) : lines, () => {}),
    {
      headers: {
        "content-type": format === "text" ? "text/plain; charset=utf-8" : "application/x-ndjson",
        "x-content-type-options": "nosniff",
        "tabgrid-output-cut": isCut ? "1" : "0",
      },
    },
  );
}

/** Of the copies of a task, the one that came first. */
async function* bareLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const firsts = new Map<string, string>();
  for await (const lines of linesOf(bytes)) {
    const shown = lines.flatMap((text) => {
      const { taskId, volunteerId, line } = LogLine.parse(JSON.parse(text));
      if (!firsts.has(taskId)) firsts.set(taskId, volunteerId);
      return firsts.get(taskId) === volunteerId ? [`${line}\n`] : [];
    });
    yield Buffer.from(shown.join(""));
  }
}
