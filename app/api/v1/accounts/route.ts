/** POST /api/v1/accounts: a new account, to link one's browsers and machines by. */
import { grid } from "../../../../server/grid-api";
import { NoQuery } from "../../../../server/http/parameters";
import { parseQuery } from "../../../../server/http/query";
import { route } from "../../../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route({
  async POST(request) {
    parseQuery(request, NoQuery);
    const headers = { location: "/api/v1/accounts/me" };
    return Response.json(await grid().accounts.create(), { status: 201, headers });
  },
});
