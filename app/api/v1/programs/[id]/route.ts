/** GET /api/v1/programs/{id}: what is kept under a path; DELETE forgets it, once nothing of it runs. */
import { grid } from "../../../../../server/grid-api";
import { NoQuery } from "../../../../../server/http/parameters";
import { parseProgramName, parseQuery } from "../../../../../server/http/query";
import { route } from "../../../../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route<{ id: string }>({
  async GET(request, { params }) {
    parseQuery(request, NoQuery);
    return Response.json(await grid().programs.get(parseProgramName((await params).id)));
  },

  async DELETE(request, { params }) {
    parseQuery(request, NoQuery);
    await grid().programs.remove(parseProgramName((await params).id));
    return new Response(null, { status: 204 });
  },
});
