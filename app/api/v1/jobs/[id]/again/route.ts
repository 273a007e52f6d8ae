/** POST /api/v1/jobs/{id}/again: submits a job again whose input is a result that was corrected since. */
import { grid } from "../../../../../../server/grid-api";
import { NoQuery } from "../../../../../../server/http/parameters";
import { parseJobId, parseQuery } from "../../../../../../server/http/query";
import { route } from "../../../../../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route<{ id: string }>({
  async POST(request, { params }) {
    parseQuery(request, NoQuery);
    const { job, created } = await grid().runAgain(parseJobId((await params).id));
    return Response.json(job, {
      status: created ? 201 : 200,
      headers: { location: `/api/v1/jobs/${job.id}` },
    });
  },
});
