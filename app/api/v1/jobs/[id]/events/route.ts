/** GET /api/v1/jobs/{id}/events: `job` and `log` events while the job runs, then `end`. */
import { unreachable } from "../../../../../../protocol/unreachable";
import { grid, type JobEvent } from "../../../../../../server/grid-api";
import { NoQuery } from "../../../../../../server/http/parameters";
import { parseJobId, parseQuery } from "../../../../../../server/http/query";
import { route } from "../../../../../../server/http/route";
import { eventStream, type EventSink } from "../../../../../../server/http/sse";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route<{ id: string }>({
  async GET(request, { params }) {
    parseQuery(request, NoQuery);
    const id = parseJobId((await params).id);
    return eventStream(request.signal, (sink) => grid().watchJob(id, (event) => forward(event, sink)));
  },
});

function forward(event: JobEvent, sink: EventSink): void {
  switch (event.type) {
    case "job":
      return sink.send({ event: "job", data: event.job, kind: "job" });
    case "log":
      return sink.send({ event: "log", data: event.log, kind: null });
    case "end":
      sink.send({ event: "end", data: {}, kind: "end" });
      return sink.end();
    default:
      return unreachable(event);
  }
}
