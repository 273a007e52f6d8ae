/** The operations on jobs, for the API's document. */
import { JobStatistics } from "../../../protocol/statistics";
import * as z from "zod";
import { ChangeJob, SubmitJob } from "../../../protocol/job";
import { DatasetVersionView } from "../../../protocol/dataset";
import { KeepResult } from "../../../protocol/pipeline";
import { dataset } from "./dataset-examples";
import { JobPage, JobView, TaskErrorPage, TaskPage } from "../../../protocol/views";
import {
  IdempotencyKey,
  JobPath,
  ListErrorsQuery,
  ListJobsQuery,
  ListTasksQuery,
  OutputQuery,
  ResultQuery,
} from "../parameters";
import { outputAnswer } from "./program-operations";
import { jsonAnswer, problems, textAnswer, type Paths } from "./answers";
import * as examples from "./examples";

const tags = ["jobs"];
const requestParams = { path: JobPath };
const Location = z.object({ location: z.string().meta({ description: "Path of the job." }) });

/** Of an input that is fetched from an address. */
const FETCH_PROBLEMS = [
  ...(["url-imports-off", "url-scheme-refused", "url-credentials-refused", "url-host-refused"] as const),
  ...(["url-address-refused", "url-redirect-refused", "url-too-large", "url-too-slow"] as const),
  ...(["url-bad-answer", "url-unreachable", "data-invalid"] as const),
];

export const jobPaths: Paths = {
  "/api/v1/jobs": {
    post: {
      tags,
      operationId: "submitJob",
      summary: "Submit a job",
      description:
        "Durable when it is answered. Sent again with the same Idempotency-Key, it gives the same job. " +
        "A job.xml, Hadoop's configuration file, is taken as well.",
      requestParams: { header: z.object({ "idempotency-key": IdempotencyKey.optional() }) },
      requestBody: {
        required: true,
        content: {
          "application/json": { schema: SubmitJob, example: examples.submission },
          "application/xml": { schema: z.string(), example: examples.jobXml },
        },
      },
      responses: {
        "201": { ...jsonAnswer("The job is queued.", JobView, examples.job), headers: Location },
        "200": {
          ...jsonAnswer("This Idempotency-Key made the job before.", JobView, examples.job),
          headers: Location,
        },
        ...problems(
          "invalid-input",
          "malformed-json",
          "malformed-xml",
          "program-invalid",
          "job-not-found",
          "job-not-finished",
          "job-ended",
          "idempotency-conflict",
          "too-large",
          "unsupported-media-type",
          ...FETCH_PROBLEMS,
          "disk-full",
          "overloaded",
        ),
      },
    },
    get: {
      tags,
      operationId: "listJobs",
      summary: "List jobs, newest first",
      requestParams: { query: ListJobsQuery },
      responses: {
        "200": jsonAnswer("One page of jobs.", JobPage, examples.jobPage),
        ...problems("invalid-input", "overloaded"),
      },
    },
  },
  "/api/v1/jobs/{id}": {
    get: {
      tags,
      operationId: "getJob",
      summary: "State, stages, counts, and what the job waits for",
      description:
        "With `Accept: application/xml`, its submission as a job.xml, which can be submitted again.",
      requestParams,
      responses: {
        "200": {
          description: "The job.",
          content: {
            "application/json": { schema: JobView, example: examples.job },
            "application/xml": { schema: z.string(), example: examples.jobXml },
          },
        },
        ...problems("invalid-input", "job-not-found", "not-portable", "too-large", "overloaded"),
      },
    },
    patch: {
      tags,
      operationId: "changeJob",
      summary: "Change the share of the computing time that a job gets",
      description: "Acts from the next task that is handed out. Durable when it is answered.",
      requestParams,
      requestBody: {
        required: true,
        content: { "application/json": { schema: ChangeJob, example: { priority: 3 } } },
      },
      responses: {
        "200": jsonAnswer("The job, changed.", JobView, examples.job),
        ...problems(
          "invalid-input",
          "malformed-json",
          "job-not-found",
          "job-ended",
          "too-large",
          "unsupported-media-type",
          "disk-full",
          "overloaded",
        ),
      },
    },
  },
  "/api/v1/jobs/{id}/events": {
    get: {
      tags,
      operationId: "watchJob",
      summary: "Follow a job",
      description:
        "Server-sent events: `job` (a JobView) and `log` (a LogLine) while it runs, then `end`. " +
        "A slow reader gets the newest `job` only.",
      requestParams,
      responses: {
        "200": textAnswer("Events until the job has ended.", { "text/event-stream": examples.jobEvents }),
        ...problems("invalid-input", "job-not-found", "overloaded"),
      },
    },
  },
  "/api/v1/jobs/{id}/result": {
    get: {
      tags,
      operationId: "readResult",
      summary: "The result, one record a line",
      requestParams: { ...requestParams, query: ResultQuery },
      responses: {
        "200": {
          ...textAnswer("The records, in order, streamed. A connection cut before its end means an error.", {
            "application/x-ndjson": examples.ndjson,
            "text/csv": examples.csv,
            "text/tab-separated-values": examples.tsv,
          }),
          headers: z.object({
            "result-outdated": z.string().optional().meta({
              description: "`?1` when the job was made of a result that was corrected since.",
            }),
            link: z.string().optional().meta({
              description:
                '`</api/v1/jobs/…/result>; rel="successor-version"`: the result of the job that takes its place.',
            }),
          }),
        },
        ...problems(
          "invalid-input",
          "job-not-found",
          "job-not-finished",
          "job-ended",
          "result-changed",
          "overloaded",
        ),
      },
    },
  },
  "/api/v1/jobs/{id}/errors": {
    get: {
      tags,
      operationId: "listErrors",
      summary: "What tasks failed with that the job went on without",
      description: 'Of a job with `onError: "collect"`; in the order of its stages and tasks.',
      requestParams: { ...requestParams, query: ListErrorsQuery },
      responses: {
        "200": jsonAnswer("One page of errors.", TaskErrorPage, examples.taskErrorPage),
        ...problems("invalid-input", "job-not-found", "overloaded"),
      },
    },
  },
  "/api/v1/jobs/{id}/statistics": {
    get: {
      tags,
      operationId: "getStatistics",
      summary: "What the job's stages read, made and cost, and how evenly the work was shared",
      description:
        "Of what is accepted so far. `shuffle.heavy` names partitions that hold much more than the others, and says whether they were split.",
      requestParams,
      responses: {
        "200": jsonAnswer("The stages, in order.", JobStatistics, examples.jobStatistics),
        ...problems("invalid-input", "job-not-found", "overloaded"),
      },
    },
  },
  "/api/v1/jobs/{id}/output": {
    get: {
      tags,
      operationId: "readOutput",
      summary: "What the job's tasks have written",
      description:
        "Kept, like the result, until long after the job. While it runs: what there is so far. There is a line for every copy of a task; `format=text` has those of the first copy only.",
      requestParams: { path: JobPath, query: OutputQuery },
      responses: {
        "200": outputAnswer(),
        ...problems("invalid-input", "job-not-found", "overloaded"),
      },
    },
  },
  "/api/v1/jobs/{id}/tasks": {
    get: {
      tags,
      operationId: "listTasks",
      summary: "The audit trail: tasks, their copies, and how each was judged",
      description:
        "Volunteers may read it too. While the job runs, it gives no digest of a task that is not accepted yet; and of a job with `maxErrorRate`, tasks that somebody had are `sealed`: they may serve as checks. When the job has ended it has everything.",
      requestParams: { ...requestParams, query: ListTasksQuery },
      responses: {
        "200": jsonAnswer("One page of tasks.", TaskPage, examples.taskPage),
        ...problems("invalid-input", "job-not-found", "overloaded"),
      },
    },
  },
  "/api/v1/jobs/{id}/keep": {
    post: {
      tags,
      operationId: "keepJobResult",
      summary: "Keep a completed job's result as a version of a dataset",
      description:
        "The version lives on its own. Its records are objects with `key` and `value`. A result that the dataset has already is not kept twice.",
      requestParams,
      requestBody: {
        required: true,
        content: { "application/json": { schema: KeepResult, example: { dataset: dataset.path } } },
      },
      responses: {
        "201": jsonAnswer("The version.", DatasetVersionView, dataset.latest),
        ...problems(
          "invalid-input",
          "malformed-json",
          "job-not-found",
          "job-not-finished",
          "job-ended",
          "result-changed",
          "too-large",
          "unsupported-media-type",
          "quota-exceeded",
          "disk-full",
          "overloaded",
        ),
      },
    },
  },
  "/api/v1/jobs/{id}/again": {
    post: {
      tags,
      operationId: "runJobAgain",
      summary: "Run a job again whose input was corrected since",
      description:
        'What the grid does by itself, unless `options.onCorrection` is "mark", or it did and that failed. Of a job whose `basedOn` has an outdated input or dataset: a new job with the same program, options and config reads what that is now; its `repeats` names the job. Asked for again, it gives the job that was made first, unless that failed or is outdated too.',
      requestParams,
      responses: {
        "201": {
          ...jsonAnswer("The new job is queued.", JobView, { ...examples.job, ...examples.again }),
          headers: Location,
        },
        "200": {
          ...jsonAnswer("It runs again already, or has.", JobView, { ...examples.job, ...examples.again }),
          headers: Location,
        },
        ...problems(
          "invalid-input",
          "job-not-found",
          "not-outdated",
          "wrong-order",
          "result-changed",
          "disk-full",
          "overloaded",
        ),
      },
    },
  },
  "/api/v1/jobs/{id}/cancel": {
    post: {
      tags,
      operationId: "cancelJob",
      summary: "Cancel a job and take its work back from all volunteers",
      requestParams,
      responses: {
        "200": jsonAnswer("The job, cancelled.", JobView, { ...examples.job, state: "cancelled" }),
        ...problems("invalid-input", "job-not-found", "job-ended", "disk-full", "overloaded"),
      },
    },
  },
  "/api/v1/jobs/{id}/pause": {
    post: {
      tags,
      operationId: "pauseJob",
      summary: "Pause a job and take back what runs of it",
      description:
        "Volunteers stop at once. Answers that were on their way still count, so a job may end while it is " +
        "paused. Pausing a paused job changes nothing.",
      requestParams,
      responses: {
        "200": jsonAnswer("The job, paused.", JobView, {
          ...examples.job,
          state: "paused",
          waiting: examples.paused,
        }),
        ...problems("invalid-input", "job-not-found", "job-ended", "disk-full", "overloaded"),
      },
    },
  },
  "/api/v1/jobs/{id}/resume": {
    post: {
      tags,
      operationId: "resumeJob",
      summary: "Hand a paused job out again",
      description: "Resuming a job that is not paused changes nothing.",
      requestParams,
      responses: {
        "200": jsonAnswer("The job, resumed.", JobView, examples.job),
        ...problems("invalid-input", "job-not-found", "job-ended", "disk-full", "overloaded"),
      },
    },
  },
};
