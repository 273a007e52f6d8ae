/** POST /api/v1/programs/{id}/rollback: an earlier version becomes the current one again. */
import { LIMITS } from "../../../../../../protocol/limits";
import { RollBackProgram } from "../../../../../../protocol/program";
import { grid } from "../../../../../../server/grid-api";
import { NoQuery } from "../../../../../../server/http/parameters";
import { parseProgramName, parseQuery } from "../../../../../../server/http/query";
import { readBody } from "../../../../../../server/http/read-body";
import { route } from "../../../../../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route<{ id: string }>({
  async POST(request, { params }) {
    parseQuery(request, NoQuery);
    const name = parseProgramName((await params).id);
    const asked = await readBody(request, RollBackProgram, {
      name: "submitBytes",
      bytes: LIMITS.submitBytes,
    });
    return Response.json(await grid().programs.rollBack(name, asked));
  },
});
