/** GET /api/v1/jobs/{id}/errors: what tasks failed with that the job went on without. */
import { grid } from "../../../../../../server/grid-api";
import { ListErrorsQuery } from "../../../../../../server/http/parameters";
import { parseJobId, parseQuery } from "../../../../../../server/http/query";
import { route } from "../../../../../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route<{ id: string }>({
  async GET(request, { params }) {
    const { cursor = null, limit } = parseQuery(request, ListErrorsQuery);
    return Response.json(await grid().listErrors(parseJobId((await params).id), { cursor, limit }));
  },
});
