/** GET /api/v1/jobs/{id}: state, stages, counts, and what the job waits for; PATCH changes its share of the computing time. */
import { ChangeJob } from "../../../../../protocol/job";
import { LIMITS } from "../../../../../protocol/limits";
import { grid } from "../../../../../server/grid-api";
import { NoQuery } from "../../../../../server/http/parameters";
import { parseJobId, parseQuery } from "../../../../../server/http/query";
import { readBody } from "../../../../../server/http/read-body";
import { wantsXml } from "../../../../../server/job-xml/read-job-xml";
import { route } from "../../../../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route<{ id: string }>({
  async GET(request, { params }) {
    parseQuery(request, NoQuery);
    const id = parseJobId((await params).id);
    if (wantsXml(request)) {
      const headers = { "content-type": "application/xml; charset=utf-8", vary: "accept" };
      return new Response(await grid().exportJob(id), { headers });
    }
    return Response.json(await grid().getJob(id), { headers: { vary: "accept" } });
  },

  async PATCH(request, { params }) {
    parseQuery(request, NoQuery);
    const id = parseJobId((await params).id);
    const changes = await readBody(request, ChangeJob, { name: "changeBytes", bytes: LIMITS.changeBytes });
    return Response.json(await grid().changeJob(id, changes));
  },
});
