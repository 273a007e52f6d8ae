/** GET /api/v1/programs/{id}/result: that of its job that was started last. */
import { grid } from "../../../../../../server/grid-api";
import { parseProgramName } from "../../../../../../server/http/query";
import { answerResult } from "../../../../../../server/http/result-answer";
import { route } from "../../../../../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route<{ id: string }>({
  async GET(request, { params }) {
    return answerResult(request, await grid().programs.lastJob(parseProgramName((await params).id)));
  },
});
