/** GET /api/v1/jobs/{id}/tasks: the audit trail, who computed what and how it was judged. */
import { grid } from "../../../../../../server/grid-api";
import { ListTasksQuery } from "../../../../../../server/http/parameters";
import { parseJobId, parseQuery } from "../../../../../../server/http/query";
import { route } from "../../../../../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route<{ id: string }>({
  async GET(request, { params }) {
    const { stage = null, cursor = null, limit } = parseQuery(request, ListTasksQuery);
    return Response.json(await grid().listTasks(parseJobId((await params).id), { stage, cursor, limit }));
  },
});
