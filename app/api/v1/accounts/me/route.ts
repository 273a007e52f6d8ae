/** GET /api/v1/accounts/me: the account of the key that comes along. */
import { grid } from "../../../../../server/grid-api";
import { NoQuery } from "../../../../../server/http/parameters";
import { accountKey, parseQuery } from "../../../../../server/http/query";
import { route } from "../../../../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route({
  async GET(request) {
    parseQuery(request, NoQuery);
    return Response.json(await grid().accounts.view(accountKey(request)));
  },
});
