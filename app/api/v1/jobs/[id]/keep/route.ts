/** POST /api/v1/jobs/{id}/keep: makes the job's result a version of a dataset. */
import { LIMITS } from "../../../../../../protocol/limits";
import { KeepResult } from "../../../../../../protocol/pipeline";
import { grid } from "../../../../../../server/grid-api";
import { NoQuery } from "../../../../../../server/http/parameters";
import { parseJobId, parseQuery } from "../../../../../../server/http/query";
import { readBody } from "../../../../../../server/http/read-body";
import { route } from "../../../../../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route<{ id: string }>({
  async POST(request, { params }) {
    parseQuery(request, NoQuery);
    const id = parseJobId((await params).id);
    const { dataset } = await readBody(request, KeepResult, {
      name: "changeBytes",
      bytes: LIMITS.changeBytes,
    });
    const kept = await grid().keepResult(id, dataset);
    const headers = { location: `/api/v1/datasets${dataset}?version=${kept.version}` };
    return Response.json(kept, { status: 201, headers });
  },
});
