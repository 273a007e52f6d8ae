/** Server-sent events over fetch, in browsers and Node alike; goes on by itself when the connection breaks. */
import type { JobId } from "../protocol/ids";
import { JobView, LogLine } from "../protocol/views";
import type { Client } from "./client";
import { following, type StreamEnd } from "./following";
import { linesOf } from "./line-stream";

/** `job` is a picture of the job, at most four a second; `log` a line that a task wrote. */
export type JobEvent = { type: "job"; job: JobView } | { type: "log"; log: LogLine };

/** @yields Until the job has ended; its last picture shows how. Log lines that were told before the connection broke come once. */
export async function* readJobEvents(
  client: Client,
  id: JobId,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<JobEvent, void> {
  const seen = openSeenLines();
  yield* following(client, {
    request: () => ({
      path: `/api/v1/jobs/${id}/events`,
      headers: { accept: "text/event-stream" },
      signal,
    }),
    read: (response, alive) => readEvents(response, alive, seen.again()),
  });
}

async function* readEvents(
  response: Response,
  alive: () => void,
  isNew: (log: LogLine) => boolean,
): AsyncGenerator<JobEvent, StreamEnd> {
  if (!response.body) return "broke";
  for await (const { event, data } of eventsIn(linesOf(response.body, alive))) {
    if (event === "end") return "ended";
    if (event === "job") yield { type: "job", job: JobView.parse(JSON.parse(data)) };
    if (event !== "log") continue;
    const log = LogLine.parse(JSON.parse(data));
    if (isNew(log)) yield { type: "log", log };
  }
  return "broke";
}

/** @yields Each event, by the rules of the HTML standard for what our server sends: `event` and `data` lines, comments, `retry`. */
export async function* eventsIn(
  lines: AsyncIterable<string>,
): AsyncGenerator<{ event: string; data: string }, void> {
  let event = "message";
  let data: string[] = [];
  for await (const line of lines) {
    if (line === "") {
      if (data.length > 0) yield { event, data: data.join("\n") };
      event = "message";
      data = [];
      continue;
    }
    const [, field = "", value = ""] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (field === "event") event = value;
    if (field === "data") data.push(value);
  }
}

/**
 * A new connection is told the last lines once more: those that were told on earlier ones, as often as they were, are
 * not new. Lines have no numbers, so they are told apart by their text and task.
 */
function openSeenLines() {
  const told = new Map<string, number>();
  return {
    again() {
      const repeated = new Map<string, number>();
      return (log: LogLine): boolean => {
        const key = JSON.stringify([log.taskId, log.volunteerId, log.line]);
        const count = (repeated.get(key) ?? 0) + 1;
        repeated.set(key, count);
        if (count <= (told.get(key) ?? 0)) return false;
        told.set(key, count);
        return true;
      };
    },
  };
}
