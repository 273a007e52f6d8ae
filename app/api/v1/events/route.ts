/** GET /api/v1/events: `status`, `job` and `volunteers` events of the whole grid, without end. */
import { unreachable } from "../../../../protocol/unreachable";
import { grid, type GridEvent } from "../../../../server/grid-api";
import { NoQuery } from "../../../../server/http/parameters";
import { parseQuery } from "../../../../server/http/query";
import { route } from "../../../../server/http/route";
import { eventStream, type ServerEvent } from "../../../../server/http/sse";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route({
  GET(request) {
    parseQuery(request, NoQuery);
    return eventStream(request.signal, (sink) =>
      grid().watchGrid((event) => sink.send(toServerEvent(event))),
    );
  },
});

function toServerEvent(event: GridEvent): ServerEvent {
  switch (event.type) {
    case "status":
      return { event: "status", data: event.status, kind: "status" };
    case "job":
      return { event: "job", data: event.job, kind: `job ${event.job.id}` };
    case "volunteers":
      return { event: "volunteers", data: event.volunteers, kind: "volunteers" };
    default:
      return unreachable(event);
  }
}
