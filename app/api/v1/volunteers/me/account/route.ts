/** /api/v1/volunteers/me/account: which account the volunteer of this cookie belongs to; PUT joins one, DELETE leaves it. */
import type { VolunteerId } from "../../../../../../protocol/ids";
import { GridError } from "../../../../../../protocol/problems";
import { grid } from "../../../../../../server/grid-api";
import { NoQuery } from "../../../../../../server/http/parameters";
import { accountKey, parseQuery } from "../../../../../../server/http/query";
import { route } from "../../../../../../server/http/route";
import { volunteerIdFromCookies } from "../../../../../../server/volunteer-token";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route({
  GET(request) {
    parseQuery(request, NoQuery);
    return Response.json(grid().accounts.of(volunteerOf(request)));
  },
  async PUT(request) {
    parseQuery(request, NoQuery);
    return Response.json(await grid().accounts.join(volunteerOf(request), accountKey(request)));
  },
  async DELETE(request) {
    parseQuery(request, NoQuery);
    return Response.json(await grid().accounts.leave(volunteerOf(request)));
  },
});

function volunteerOf(request: Request): VolunteerId {
  const id = volunteerIdFromCookies(request.headers.get("cookie"));
  if (id) return id;
  throw new GridError(
    "invalid-input",
    "The request needs the cookie that POST /api/v1/volunteers/session sets; none came",
  );
}
