/** GET /api/v1/jobs/{id}/statistics: what its stages read, made and cost, and how evenly the work was shared. */
import { grid } from "../../../../../../server/grid-api";
import { NoQuery } from "../../../../../../server/http/parameters";
import { parseJobId, parseQuery } from "../../../../../../server/http/query";
import { route } from "../../../../../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route<{ id: string }>({
  async GET(request, { params }) {
    parseQuery(request, NoQuery);
    return Response.json(await grid().getStatistics(parseJobId((await params).id)));
  },
});
