/** GET /api/v1/programs/{id}/output: what its job that was started last has written. */
import { grid } from "../../../../../../server/grid-api";
import { answerOutput } from "../../../../../../server/http/output-answer";
import { parseProgramName } from "../../../../../../server/http/query";
import { route } from "../../../../../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route<{ id: string }>({
  async GET(request, { params }) {
    return answerOutput(request, await grid().programs.lastJob(parseProgramName((await params).id)));
  },
});
