import { describe, expect, it } from "vitest";
import { AccountView, Membership, NewAccount } from "../../../protocol/account";
import { SubmitJob } from "../../../protocol/job";
import {
  GridStatus,
  JobPage,
  JobView,
  TaskErrorPage,
  TaskPage,
  VolunteerPage,
} from "../../../protocol/views";
import {
  BlockPage,
  DatasetPage,
  DatasetView,
  VersionPage,
  BeginUpload,
  UploadList,
  UploadView,
} from "../../../protocol/dataset";
import { BLOCK_METHODS } from "../../../server/blocks/block-routes";
import { DATASET_OPERATIONS } from "../../../server/datasets/dataset-routes";
import { UPLOAD_OPERATIONS } from "../../../server/datasets/upload-routes";
import { IMPORT_OPERATIONS } from "../../../server/sources/import-routes";
import { openApiDocument } from "../../../server/http/openapi/document";
import {
  beginUpload,
  blockPage,
  dataset,
  datasetPage,
  upload,
  uploadList,
  versionPage,
} from "../../../server/http/openapi/dataset-examples";
import * as examples from "../../../server/http/openapi/examples";
import {
  InjectProgram,
  ProgramPage,
  ProgramVersionList,
  Started,
  StartProgram,
} from "../../../protocol/program";
import { PipelinePage, SubmitPipeline } from "../../../protocol/pipeline";
import * as pipelineExamples from "../../../server/http/openapi/pipeline-examples";
import { ServiceList } from "../../../protocol/service";
import { SERVICE_METHODS } from "../../../protocol/service-call";
import * as serviceExamples from "../../../server/http/openapi/service-examples";
import * as programExamples from "../../../server/http/openapi/program-examples";
import { call, findRoutes } from "./handlers";

const HTTP_METHODS = ["get", "put", "post", "delete", "patch"];

/** `GET /api/v1/jobs`, … of what the routes answer; HEAD and OPTIONS come with the others. */
async function servedOperations(): Promise<string[]> {
  const routes = await Promise.all(
    (await findRoutes()).map(async ({ path }) => {
      const allow = (await call("OPTIONS", path)).headers.get("allow") ?? "";
      return allow.split(", ").map((method) => `${method} ${path}`);
    }),
  );
  const blocks = BLOCK_METHODS.map((method) => `${method} /api/v1/blocks/{digest}`);
  const services = SERVICE_METHODS.map((method) => `${method} /api/v1/services/{name}/{path}`);
  const datasets = Object.entries({
    ...DATASET_OPERATIONS,
    ...UPLOAD_OPERATIONS,
    ...IMPORT_OPERATIONS,
  }).flatMap(([path, methods]) => methods.map((method) => `${method} ${path}`));
  return [...routes.flat(), ...blocks, ...datasets, ...services]
    .filter((operation) => !/^(HEAD|OPTIONS) /.test(operation))
    .sort();
}

function describedOperations(): string[] {
  const paths = Object.entries(openApiDocument().paths ?? {});
  return paths
    .flatMap(([path, item]) =>
      HTTP_METHODS.filter((method) => method in item).map((method) => `${method.toUpperCase()} ${path}`),
    )
    .sort();
}

describe("the API's document", () => {
  it("[OA1] describes every operation that is served, and no other", async () => {
    expect(describedOperations()).toEqual(await servedOperations());
  });

  it("[OA2] is served as OpenAPI 3.1", async () => {
    expect(await (await call("GET", "/api/v1/openapi.json")).json()).toMatchObject({
      openapi: "3.1.0",
      paths: { "/api/v1/jobs": { post: { operationId: "submitJob" } } },
    });
  });

  it("[OA3] resolves every reference it makes, and names every operation once", () => {
    const text = JSON.stringify(openApiDocument());
    const schemas = Object.keys(openApiDocument().components?.schemas ?? {});
    for (const [, name] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g))
      expect(schemas).toContain(name);
    const ids = [...text.matchAll(/"operationId":"(\w+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("[OA6] gives every schema a name that says what it is", () => {
    const schemas = Object.keys(openApiDocument().components?.schemas ?? {});
    expect(schemas).toContain("Json");
    expect(schemas.filter((name) => !/^[A-Z][A-Za-z]+$/.test(name))).toEqual([]);
  });

  it("[OA4] says of every operation how it fails", () => {
    for (const item of Object.values(openApiDocument().paths ?? {})) {
      for (const method of HTTP_METHODS) {
        const operation = item[method as "get"];
        if (operation)
          expect(JSON.stringify(operation.responses?.["500"])).toContain("application/problem+json");
      }
    }
  });

  it("[OA5] shows examples that its own schemas accept, those of answers with every member", () => {
    SubmitJob.parse(examples.submission);
    SubmitPipeline.parse(pipelineExamples.submission);
    expect(PipelinePage.parse(pipelineExamples.pipelinePage)).toEqual(pipelineExamples.pipelinePage);
    InjectProgram.parse(programExamples.injection);
    StartProgram.parse(programExamples.start);
    expect(ServiceList.parse(serviceExamples.serviceList)).toEqual(serviceExamples.serviceList);
    expect(ProgramPage.parse(programExamples.programPage)).toEqual(programExamples.programPage);
    expect(ProgramVersionList.parse(programExamples.versionList)).toEqual(programExamples.versionList);
    expect(Started.parse(programExamples.started)).toEqual(programExamples.started);
    // Equal, so that nothing is left to a default: an answer has it all.
    expect(JobView.parse(examples.job)).toEqual(examples.job);
    expect(JobPage.parse(examples.jobPage)).toEqual(examples.jobPage);
    expect(TaskPage.parse(examples.taskPage)).toEqual(examples.taskPage);
    expect(TaskErrorPage.parse(examples.taskErrorPage)).toEqual(examples.taskErrorPage);
    expect(VolunteerPage.parse(examples.volunteerPage)).toEqual(examples.volunteerPage);
    expect(NewAccount.parse(examples.newAccount)).toEqual(examples.newAccount);
    expect(AccountView.parse(examples.account)).toEqual(examples.account);
    expect(Membership.parse(examples.membership)).toEqual(examples.membership);
    expect(GridStatus.parse(examples.status)).toEqual(examples.status);
    expect(DatasetView.parse(dataset)).toEqual(dataset);
    expect(DatasetPage.parse(datasetPage)).toEqual(datasetPage);
    expect(VersionPage.parse(versionPage)).toEqual(versionPage);
    expect(BlockPage.parse(blockPage)).toEqual(blockPage);
    BeginUpload.parse(beginUpload);
    expect(UploadView.parse(upload)).toEqual(upload);
    expect(UploadList.parse(uploadList)).toEqual(uploadList);
  });
});
