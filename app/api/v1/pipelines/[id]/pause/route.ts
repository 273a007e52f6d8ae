/** POST /api/v1/pipelines/{id}/pause: starts nothing more of it. */
import { grid } from "../../../../../../server/grid-api";
import { NoQuery } from "../../../../../../server/http/parameters";
import { parsePipelineId, parseQuery } from "../../../../../../server/http/query";
import { route } from "../../../../../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route<{ id: string }>({
  async POST(request, { params }) {
    parseQuery(request, NoQuery);
    return Response.json(await grid().pipelines.pause(parsePipelineId((await params).id)));
  },
});
