import { describe, expect, it } from "vitest";
import { JobId } from "../protocol/ids";
import { fakeFetch, streamed } from "../testing/fake-fetch";
import { openClient } from "./client";
import { eventsIn, readJobEvents, type JobEvent } from "./event-stream";

const id = JobId.parse("job_0123456789abcdef");

const log = (line: string) =>
  `event: log\ndata: ${JSON.stringify({ taskId: `${id}/map/0`, volunteerId: "v_0123456789abcdef", line })}\n\n`;
const END = "event: end\ndata: {}\n\n";

async function read(...connections: (() => Response)[]): Promise<string[]> {
  const { fetch } = fakeFetch(...connections);
  const events: JobEvent[] = [];
  for await (const event of readJobEvents(openClient("http://grid.test", { fetch }), id)) events.push(event);
  return events.map((event) => (event.type === "log" ? event.log.line : event.type));
}

async function* each(...lines: string[]) {
  yield* lines;
}

describe("a job's events", () => {
  it("[SK18] end when the job has ended", async () => {
    expect(await read(streamed([`retry: 2000\n\n: ping\n\n${log("a")}${END}${log("b")}`], "ends"))).toEqual([
      "a",
    ]);
  });

  it("[SK19] go on when the connection breaks, and tell each log line once, however often it is told again", async () => {
    const lines = await read(
      streamed([log("a"), log("b"), log("b")], "breaks"),
      streamed([log("a"), log("b"), log("b"), log("b"), log("c"), END], "ends"),
    );
    expect(lines).toEqual(["a", "b", "b", "b", "c"]);
  });

  it("[SK20] are read by the rules of server-sent events", async () => {
    const found = [];
    for await (const event of eventsIn(each("data: 1", "data:2", "", ":x", "", "event: e", "data: y", "")))
      found.push(event);
    expect(found).toEqual([
      { event: "message", data: "1\n2" },
      { event: "e", data: "y" },
    ]);
  });
});
