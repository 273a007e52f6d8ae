/** POST /api/v1/programs/{id}/start: a job of a batch program, or the instances of a service. */
import { LIMITS } from "../../../../../../protocol/limits";
import { StartProgram } from "../../../../../../protocol/program";
import { grid } from "../../../../../../server/grid-api";
import { NoQuery } from "../../../../../../server/http/parameters";
import { idempotencyKeyOf, parseProgramName, parseQuery } from "../../../../../../server/http/query";
import { readBody } from "../../../../../../server/http/read-body";
import { route } from "../../../../../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route<{ id: string }>({
  async POST(request, { params }) {
    parseQuery(request, NoQuery);
    const name = parseProgramName((await params).id);
    const key = idempotencyKeyOf(request);
    const asked = await readBody(request, StartProgram, { name: "submitBytes", bytes: LIMITS.submitBytes });
    const started = await grid().programs.start(name, asked, key);
    const location =
      started.kind === "batch"
        ? `/api/v1/jobs/${started.job.id}`
        : `/api/v1/services/${started.service.name}`;
    return Response.json(started, { status: 201, headers: { location } });
  },
});
