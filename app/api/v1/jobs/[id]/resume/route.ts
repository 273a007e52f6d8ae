/** POST /api/v1/jobs/{id}/resume: hands a paused job out again. */
import { grid } from "../../../../../../server/grid-api";
import { NoQuery } from "../../../../../../server/http/parameters";
import { parseJobId, parseQuery } from "../../../../../../server/http/query";
import { route } from "../../../../../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route<{ id: string }>({
  async POST(request, { params }) {
    parseQuery(request, NoQuery);
    return Response.json(await grid().resumeJob(parseJobId((await params).id)));
  },
});
