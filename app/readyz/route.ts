/** GET /readyz: 200 while the grid can take work, otherwise 503 and why it cannot. */
import { GridError } from "../../protocol/problems";
import { grid } from "../../server/grid-api";
import { route } from "../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route({
  async GET() {
    const reason = await grid().whyNotReady();
    if (reason !== null) throw new GridError("overloaded", reason, { retryAfterMs: 1000 });
    return Response.json({ ok: true });
  },
});
