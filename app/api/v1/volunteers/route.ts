/** GET /api/v1/volunteers: who gives computing time, and what came of it. */
import { grid } from "../../../../server/grid-api";
import { NoQuery } from "../../../../server/http/parameters";
import { parseQuery } from "../../../../server/http/query";
import { route } from "../../../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route({
  GET(request) {
    parseQuery(request, NoQuery);
    return Response.json(grid().listVolunteers());
  },
});
