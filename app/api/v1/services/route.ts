/** GET /api/v1/services: the services that run. */
import { grid } from "../../../../server/grid-api";
import { NoQuery } from "../../../../server/http/parameters";
import { parseQuery } from "../../../../server/http/query";
import { route } from "../../../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route({
  GET(request) {
    parseQuery(request, NoQuery);
    return Response.json(grid().services.list());
  },
});
