/** The operations on pipelines, for the API's document. */
import * as z from "zod";
import { PipelinePage, PipelineView, SubmitPipeline } from "../../../protocol/pipeline";
import { IdempotencyKey, PageQuery, PipelinePath } from "../parameters";
import { jsonAnswer, problems, textAnswer, type Paths } from "./answers";
import * as examples from "./pipeline-examples";

const tags = ["pipelines"];
const requestParams = { path: PipelinePath };
const shown = jsonAnswer("The pipeline.", PipelineView, examples.pipeline);
const changed = {
  "200": shown,
  ...problems("invalid-input", "pipeline-not-found", "pipeline-ended", "overloaded"),
};

export const pipelinePaths: Paths = {
  "/api/v1/pipelines": {
    post: {
      tags,
      operationId: "submitPipeline",
      summary: "Submit a pipeline: jobs that follow one another",
      description:
        "Durable when it is answered: from then on it runs by itself. Sent again with the same Idempotency-Key, it gives the same pipeline.",
      requestParams: { header: z.object({ "idempotency-key": IdempotencyKey.optional() }) },
      requestBody: {
        required: true,
        content: { "application/json": { schema: SubmitPipeline, example: examples.submission } },
      },
      responses: {
        "201": jsonAnswer("The pipeline has begun.", PipelineView, examples.pipeline),
        "200": jsonAnswer("This Idempotency-Key made the pipeline before.", PipelineView, examples.pipeline),
        ...problems(
          "invalid-input",
          "malformed-json",
          "program-invalid",
          "program-not-found",
          "idempotency-conflict",
          "wrong-order",
          "too-large",
          "unsupported-media-type",
          "disk-full",
          "overloaded",
        ),
      },
    },
    get: {
      tags,
      operationId: "listPipelines",
      summary: "List pipelines, newest first",
      description: "Of each step only the newest iteration.",
      requestParams: { query: PageQuery },
      responses: {
        "200": jsonAnswer("One page of pipelines.", PipelinePage, examples.pipelinePage),
        ...problems("invalid-input", "overloaded"),
      },
    },
  },
  "/api/v1/pipelines/{id}": {
    get: {
      tags,
      operationId: "getPipeline",
      summary: "Its steps, their iterations and jobs, and what the condition saw",
      requestParams,
      responses: { "200": shown, ...problems("invalid-input", "pipeline-not-found", "overloaded") },
    },
    delete: {
      tags,
      operationId: "deletePipeline",
      summary: "Forget a pipeline that has ended; its jobs stay",
      requestParams,
      responses: {
        "204": { description: "It is forgotten." },
        ...problems("invalid-input", "pipeline-not-found", "wrong-order", "overloaded"),
      },
    },
  },
  "/api/v1/pipelines/{id}/events": {
    get: {
      tags,
      operationId: "watchPipeline",
      summary: "Server-sent events: `pipeline` with every change, then `end`",
      requestParams,
      responses: {
        "200": textAnswer("Events; the data of `pipeline` is a PipelineView.", {
          "text/event-stream": `event: pipeline\ndata: ${JSON.stringify(examples.pipeline)}\n\nevent: end\ndata: {}\n\n`,
        }),
        ...problems("invalid-input", "pipeline-not-found", "overloaded"),
      },
    },
  },
  "/api/v1/pipelines/{id}/cancel": {
    post: {
      tags,
      operationId: "cancelPipeline",
      summary: "End a pipeline, with its jobs",
      requestParams,
      responses: changed,
    },
  },
  "/api/v1/pipelines/{id}/pause": {
    post: {
      tags,
      operationId: "pausePipeline",
      summary: "Start nothing more of a pipeline; jobs under way go on to their end",
      requestParams,
      responses: changed,
    },
  },
  "/api/v1/pipelines/{id}/resume": {
    post: {
      tags,
      operationId: "resumePipeline",
      summary: "Go on with a pipeline that was paused",
      requestParams,
      responses: changed,
    },
  },
};
