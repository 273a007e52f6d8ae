/** POST /api/v1/programs injects a program under a path; GET lists what there is. */
import { InjectProgram } from "../../../../protocol/program";
import { LIMITS } from "../../../../protocol/limits";
import { grid } from "../../../../server/grid-api";
import { ListProgramsQuery, NoQuery } from "../../../../server/http/parameters";
import { parseQuery } from "../../../../server/http/query";
import { readBody } from "../../../../server/http/read-body";
import { route } from "../../../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route({
  async POST(request) {
    parseQuery(request, NoQuery);
    const injected = await readBody(request, InjectProgram, {
      name: "submitBytes",
      bytes: LIMITS.submitBytes,
    });
    const program = await grid().programs.inject(injected);
    const headers = { location: `/api/v1/programs/${program.id}` };
    return Response.json(program, { status: 201, headers });
  },

  async GET(request) {
    const { kind = null, under = null, cursor = null, limit } = parseQuery(request, ListProgramsQuery);
    return Response.json(await grid().programs.list({ kind, under, cursor, limit }));
  },
});
