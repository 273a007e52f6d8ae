/** GET /api/v1/jobs/{id}/output: what the job's tasks have written, also long after. */
import { answerOutput } from "../../../../../../server/http/output-answer";
import { parseJobId } from "../../../../../../server/http/query";
import { route } from "../../../../../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route<{ id: string }>({
  async GET(request, { params }) {
    return answerOutput(request, parseJobId((await params).id));
  },
});
