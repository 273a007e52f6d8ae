/** The operations on the registry of programs, for the API's document. */
import * as z from "zod";
import {
  InjectProgram,
  ProgramPage,
  ProgramVersionList,
  ProgramView,
  RollBackProgram,
  Started,
  StartProgram,
  UpdateProgram,
} from "../../../protocol/program";
import {
  IdempotencyKey,
  ListProgramsQuery,
  OutputQuery,
  ProgramPathParameter,
  ResultQuery,
} from "../parameters";
import { jsonAnswer, problems, textAnswer, type Paths } from "./answers";
import * as jobExamples from "./examples";
import * as examples from "./program-examples";

const tags = ["programs"];
const requestParams = { path: ProgramPathParameter };
const Location = z.object({ location: z.string().meta({ description: "Path of what was made." }) });

const programAnswer = (description: string) => jsonAnswer(description, ProgramView, examples.program);
const bodyProblems = ["malformed-json", "too-large", "unsupported-media-type"] as const;

function body(schema: z.ZodType, example: unknown) {
  return { required: true, content: { "application/json": { schema, example } } };
}

export const programPaths: Paths = {
  "/api/v1/programs": {
    post: {
      tags,
      operationId: "injectProgram",
      summary: "Keep a program under a path",
      description:
        "As its version 1; checked as a submission's is, and not started. Durable when it is answered.",
      requestBody: body(InjectProgram, examples.injection),
      responses: {
        "201": { ...programAnswer("It is kept."), headers: Location },
        ...problems(
          "invalid-input",
          "program-invalid",
          "program-exists",
          "disk-full",
          "overloaded",
          ...bodyProblems,
        ),
      },
    },
    get: {
      tags,
      operationId: "listPrograms",
      summary: "List programs, by path",
      requestParams: { query: ListProgramsQuery },
      responses: {
        "200": jsonAnswer("One page of programs.", ProgramPage, examples.programPage),
        ...problems("invalid-input", "overloaded"),
      },
    },
  },
  "/api/v1/programs/{id}": {
    get: {
      tags,
      operationId: "getProgram",
      summary: "What is kept under a path",
      requestParams,
      responses: {
        "200": programAnswer("The program."),
        ...problems("invalid-input", "program-not-found", "overloaded"),
      },
    },
    delete: {
      tags,
      operationId: "deleteProgram",
      summary: "Forget a program, with its versions",
      description: "Refused while something of it runs. Its jobs, and their results, stay.",
      requestParams,
      responses: {
        "204": { description: "It is forgotten." },
        ...problems("invalid-input", "program-not-found", "wrong-order", "overloaded"),
      },
    },
  },
  "/api/v1/programs/{id}/versions": {
    get: {
      tags,
      operationId: "listProgramVersions",
      summary: "What the program was, newest first",
      requestParams,
      responses: {
        "200": jsonAnswer("The versions.", ProgramVersionList, examples.versionList),
        ...problems("invalid-input", "program-not-found", "overloaded"),
      },
    },
  },
  "/api/v1/programs/{id}/start": {
    post: {
      tags,
      operationId: "startProgram",
      summary: "Start a program",
      description:
        "A batch program becomes a job, over the input that is given or over the dataset beside the program's path. " +
        "A service is put into volunteers, and the answer says which of its instances are up.",
      requestParams: {
        ...requestParams,
        header: z.object({ "idempotency-key": IdempotencyKey.optional() }),
      },
      requestBody: body(StartProgram, examples.start),
      responses: {
        "201": { ...jsonAnswer("It is started.", Started, examples.started), headers: Location },
        ...problems(
          "invalid-input",
          "program-not-found",
          "wrong-order",
          "idempotency-conflict",
          "disk-full",
          "overloaded",
          ...bodyProblems,
        ),
      },
    },
  },
  "/api/v1/programs/{id}/stop": {
    post: {
      tags,
      operationId: "stopProgram",
      summary: "End what runs of a program",
      description: "Jobs are cancelled; a service answers what it was asked, and ends.",
      requestParams,
      responses: {
        "200": programAnswer("It is stopped."),
        ...problems("invalid-input", "program-not-found", "wrong-order", "disk-full", "overloaded"),
      },
    },
  },
  "/api/v1/programs/{id}/update": {
    post: {
      tags,
      operationId: "updateProgram",
      summary: "Make a new version of a program",
      description: "Work that runs ends on the version it began with; new work starts on the new one.",
      requestParams,
      requestBody: body(UpdateProgram, { program: examples.injection.program }),
      responses: {
        "200": programAnswer("The new version is the current one."),
        ...problems(
          "invalid-input",
          "program-not-found",
          "program-invalid",
          "disk-full",
          "overloaded",
          ...bodyProblems,
        ),
      },
    },
  },
  "/api/v1/programs/{id}/rollback": {
    post: {
      tags,
      operationId: "rollBackProgram",
      summary: "Make an earlier version the current one again",
      requestParams,
      requestBody: body(RollBackProgram, { version: 1 }),
      responses: {
        "200": programAnswer("New work starts on that version."),
        ...problems(
          "invalid-input",
          "program-not-found",
          "wrong-order",
          "disk-full",
          "overloaded",
          ...bodyProblems,
        ),
      },
    },
  },
  "/api/v1/programs/{id}/result": {
    get: {
      tags,
      operationId: "readProgramResult",
      summary: "The result of the program's job that was started last",
      requestParams: { ...requestParams, query: ResultQuery },
      responses: {
        "200": textAnswer("The records.", { "application/x-ndjson": jobExamples.ndjson }),
        ...problems(
          "invalid-input",
          "program-not-found",
          "wrong-order",
          "job-not-finished",
          "job-ended",
          "overloaded",
        ),
      },
    },
  },
  "/api/v1/programs/{id}/output": {
    get: {
      tags,
      operationId: "readProgramOutput",
      summary: "What the program's job that was started last has written",
      requestParams: { ...requestParams, query: OutputQuery },
      responses: {
        "200": outputAnswer(),
        ...problems("invalid-input", "program-not-found", "wrong-order", "overloaded"),
      },
    },
  },
};

/** The lines that tasks have written: `console.log`, standard output, `context.log`. */
export function outputAnswer() {
  return {
    ...textAnswer("The lines so far, each with its task and volunteer.", {
      "application/x-ndjson": examples.outputLines,
      "text/plain": "begun\n",
    }),
    headers: z.object({
      "tabgrid-output-cut": z.enum(["0", "1"]).meta({
        description: "1 when more was written than is kept (outputBytes).",
      }),
    }),
  };
}
