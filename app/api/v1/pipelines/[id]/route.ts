/** GET /api/v1/pipelines/{id}: its steps and their iterations; DELETE forgets one that has ended. */
import { grid } from "../../../../../server/grid-api";
import { NoQuery } from "../../../../../server/http/parameters";
import { parsePipelineId, parseQuery } from "../../../../../server/http/query";
import { route } from "../../../../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route<{ id: string }>({
  async GET(request, { params }) {
    parseQuery(request, NoQuery);
    return Response.json(await grid().pipelines.get(parsePipelineId((await params).id)));
  },

  async DELETE(request, { params }) {
    parseQuery(request, NoQuery);
    await grid().pipelines.remove(parsePipelineId((await params).id));
    return new Response(null, { status: 204 });
  },
});
