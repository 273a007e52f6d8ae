/** The API, described (OpenAPI 3.1), from the schemas that also check it. */
import { createDocument } from "zod-openapi";
import { SubmitJob } from "../../../protocol/job";
import { DatasetView } from "../../../protocol/dataset";
import { PipelineView, SubmitPipeline } from "../../../protocol/pipeline";
import { Problem } from "../../../protocol/problems";
import { AccountView } from "../../../protocol/account";
import { GridStatus, JobView, LogLine, TaskView, VolunteerView } from "../../../protocol/views";
import { accountPaths } from "./account-operations";
import { blockPaths } from "./block-operations";
import { datasetPaths } from "./dataset-operations";
import { gridPaths } from "./grid-operations";
import { importPaths } from "./import-operations";
import { jobPaths } from "./job-operations";
import { pipelinePaths } from "./pipeline-operations";
import { servicePaths } from "./service-operations";
import { programPaths } from "./program-operations";

let document: ReturnType<typeof createDocument> | undefined;

/** Made once, when first asked for. */
export function openApiDocument(): ReturnType<typeof createDocument> {
  document ??= createDocument({
    openapi: "3.1.0",
    info: {
      title: "Tabgrid",
      version: "1",
      description: "Submit jobs to a grid of browser tabs. Errors are problem details (RFC 9457).",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    // Wherever this document came from.
    servers: [{ url: "/" }],
    tags: [
      { name: "jobs" },
      { name: "pipelines" },
      { name: "datasets" },
      { name: "programs" },
      { name: "services" },
      { name: "volunteers" },
      { name: "accounts" },
      { name: "blocks" },
      { name: "grid" },
    ],
    paths: {
      ...jobPaths,
      ...pipelinePaths,
      ...datasetPaths,
      ...importPaths,
      ...programPaths,
      ...servicePaths,
      ...accountPaths,
      ...gridPaths,
      ...blockPaths,
    },
    components: {
      securitySchemes: {
        accountKey: {
          type: "http",
          scheme: "bearer",
          description: "The key that `POST /api/v1/accounts` gave.",
        },
      },
      schemas: {
        SubmitJob,
        JobView,
        TaskView,
        SubmitPipeline,
        PipelineView,
        DatasetView,
        VolunteerView,
        AccountView,
        GridStatus,
        LogLine,
        Problem,
      },
    },
  });
  return document;
}
