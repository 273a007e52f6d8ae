/** POST /api/v1/jobs submits a job; GET lists them. */
import { SubmitJob } from "../../../../protocol/job";
import { LIMITS } from "../../../../protocol/limits";
import { grid } from "../../../../server/grid-api";
import { ListJobsQuery, NoQuery } from "../../../../server/http/parameters";
import { idempotencyKeyOf, parseQuery } from "../../../../server/http/query";
import { isXml, readBody } from "../../../../server/http/read-body";
import { readJobXml } from "../../../../server/job-xml/read-job-xml";
import { route } from "../../../../server/http/route";

export const dynamic = "force-dynamic";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = route({
  async POST(request) {
    parseQuery(request, NoQuery);
    const key = idempotencyKeyOf(request);
    const submission = isXml(request)
      ? await readJobXml(request)
      : await readBody(request, SubmitJob, { name: "submitBytes", bytes: LIMITS.submitBytes });
    const { job, created } = await grid().submitJob(submission, key);
    return Response.json(job, {
      status: created ? 201 : 200,
      headers: { location: `/api/v1/jobs/${job.id}` },
    });
  },

  async GET(request) {
    const { state = null, cursor = null, limit } = parseQuery(request, ListJobsQuery);
    return Response.json(await grid().listJobs({ state, cursor, limit }));
  },
});
