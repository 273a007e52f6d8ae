/** GET /api/v1/pipelines/{id}/events: `pipeline` events with every change, then `end`. */
import { grid } from "../../../../../../server/grid-api";
import { NoQuery } from "../../../../../../server/http/parameters";
import { parsePipelineId, parseQuery } from "../../../../../../server/http/query";
import { route } from "../../../../../../server/http/route";
import { eventStream } from "../../../../../../server/http/sse";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route<{ id: string }>({
  async GET(request, { params }) {
    parseQuery(request, NoQuery);
    const id = parsePipelineId((await params).id);
    return eventStream(request.signal, (sink) =>
      grid().pipelines.watch(id, (event) => {
        if (event.type === "pipeline")
          return sink.send({ event: "pipeline", data: event.pipeline, kind: "pipeline" });
        sink.send({ event: "end", data: {}, kind: "end" });
        sink.end();
      }),
    );
  },
});
