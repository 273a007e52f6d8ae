/** Everything under /api that no other route serves: 404 as a problem, whatever the method. */
import { GridError } from "../../../protocol/problems";
import { route } from "../../../server/http/route";

export const dynamic = "force-dynamic";

const nothingHere = (request: Request): never => {
  const { pathname } = new URL(request.url);
  throw new GridError(
    "not-found",
    `There is nothing at ${pathname}; /api/v1/openapi.json says what there is`,
  );
};

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route<{ path?: string[] }>({
  GET: nothingHere,
  POST: nothingHere,
  PUT: nothingHere,
  PATCH: nothingHere,
  DELETE: nothingHere,
});
