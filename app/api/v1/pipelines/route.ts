/** POST /api/v1/pipelines submits a pipeline; GET lists them. */
import { LIMITS } from "../../../../protocol/limits";
import { SubmitPipeline } from "../../../../protocol/pipeline";
import { grid } from "../../../../server/grid-api";
import { NoQuery, PageQuery } from "../../../../server/http/parameters";
import { idempotencyKeyOf, parsePipelineCursor, parseQuery } from "../../../../server/http/query";
import { readBody } from "../../../../server/http/read-body";
import { route } from "../../../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route({
  async POST(request) {
    parseQuery(request, NoQuery);
    const key = idempotencyKeyOf(request);
    const limit = { name: "submitBytes", bytes: LIMITS.submitBytes } as const;
    const submission = await readBody(request, SubmitPipeline, limit);
    const { pipeline, created } = await grid().pipelines.submit(submission, key);
    return Response.json(pipeline, {
      status: created ? 201 : 200,
      headers: { location: `/api/v1/pipelines/${pipeline.id}` },
    });
  },

  async GET(request) {
    const { cursor, limit } = parseQuery(request, PageQuery);
    const before = cursor === undefined ? null : parsePipelineCursor(cursor);
    return Response.json(await grid().pipelines.list({ before, limit }));
  },
});
