/** POST /api/v1/volunteers/session: gives a browser the cookie that makes it a volunteer, and its public id. */
import { NoQuery } from "../../../../../server/http/parameters";
import { parseQuery } from "../../../../../server/http/query";
import { route } from "../../../../../server/http/route";
import {
  newVolunteerToken,
  volunteerCookie,
  volunteerIdFromCookies,
  volunteerIdOf,
} from "../../../../../server/volunteer-token";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route({
  POST(request) {
    parseQuery(request, NoQuery);
    const known = volunteerIdFromCookies(request.headers.get("cookie"));
    if (known) return Response.json({ volunteerId: known });
    const token = newVolunteerToken();
    return Response.json(
      { volunteerId: volunteerIdOf(token) },
      { headers: { "set-cookie": volunteerCookie(token, cameByHttps(request)) } },
    );
  },
});

/** A proxy in front of us ends https and says so in a header. */
function cameByHttps(request: Request): boolean {
  const forwarded = request.headers.get("x-forwarded-proto")?.split(",", 1)[0]?.trim();
  return forwarded === "https" || new URL(request.url).protocol === "https:";
}
