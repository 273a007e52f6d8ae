/** GET /api/v1/jobs/{id}/result: the records, streamed as NDJSON, CSV or plain lines, with ?follow=1 while they come in. */
import { parseJobId } from "../../../../../../server/http/query";
import { answerResult } from "../../../../../../server/http/result-answer";
import { route } from "../../../../../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route<{ id: string }>({
  async GET(request, { params }) {
    return answerResult(request, parseJobId((await params).id));
  },
});
