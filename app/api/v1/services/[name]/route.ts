/** GET /api/v1/services/{name}: its instances, how they are, what they wrote; PATCH changes how many there are. */
import { LIMITS } from "../../../../../protocol/limits";
import { ChangeService } from "../../../../../protocol/service";
import { grid } from "../../../../../server/grid-api";
import { NoQuery } from "../../../../../server/http/parameters";
import { parseQuery, parseServiceName } from "../../../../../server/http/query";
import { readBody } from "../../../../../server/http/read-body";
import { route } from "../../../../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route<{ name: string }>({
  async GET(request, { params }) {
    parseQuery(request, NoQuery);
    return Response.json(grid().services.get(parseServiceName((await params).name)));
  },

  async PATCH(request, { params }) {
    parseQuery(request, NoQuery);
    const name = parseServiceName((await params).name);
    const changes = await readBody(request, ChangeService, {
      name: "changeBytes",
      bytes: LIMITS.changeBytes,
    });
    return Response.json(await grid().services.change(name, changes));
  },
});
