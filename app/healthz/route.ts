/** GET /healthz: the process answers. Says nothing about whether the grid can take work: that is /readyz. */
import { route } from "../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route({
  GET: () => Response.json({ ok: true }),
});
