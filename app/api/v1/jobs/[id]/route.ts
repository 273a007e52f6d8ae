/** GET /api/v1/jobs/{id}: state, stages, counts, and what the job waits for. */
import { grid } from "../../../../../server/grid-api";
import { NoQuery } from "../../../../../server/http/parameters";
import { parseJobId, parseQuery } from "../../../../../server/http/query";
import { route } from "../../../../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route<{ id: string }>({
  async GET(request, { params }) {
    parseQuery(request, NoQuery);
    return Response.json(await grid().getJob(parseJobId((await params).id)));
  },
});
