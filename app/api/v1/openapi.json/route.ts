/** GET /api/v1/openapi.json: this API, described (OpenAPI 3.1). */
import { openApiDocument } from "../../../../server/http/openapi/document";
import { NoQuery } from "../../../../server/http/parameters";
import { parseQuery } from "../../../../server/http/query";
import { route } from "../../../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route({
  GET(request) {
    parseQuery(request, NoQuery);
    return Response.json(openApiDocument());
  },
});
