/** The operations on datasets, for the API's document. */
import * as z from "zod";
import { BlockPage, DatasetPage, DatasetView, UploadQuery, VersionPage } from "../../../protocol/dataset";
import { BlocksQuery, ListDatasetsQuery, VersionQuery } from "../../datasets/dataset-routes";
import { PageQuery } from "../parameters";
import { bytes, jsonAnswer, problems, type Paths } from "./answers";
import { blockPage, dataset, datasetPage, versionPage } from "./dataset-examples";

const tags = ["datasets"];
const path = z.object({
  user: z.string().meta({ description: "The first part of the dataset's path /user/name." }),
  name: z.string().meta({ description: "The second part." }),
});

const UploadHeaders = z.object({
  "content-encoding": z.enum(["gzip", "identity"]).optional().meta({
    description: "gzip is unpacked on the way in. Text that begins as gzip does is unpacked without it, too.",
  }),
  "repr-digest": z.string().optional().meta({
    description:
      "`sha-256=:…:` of the bytes as sent, in Base64 (RFC 9530); others are refused. `Content-Digest` and `Digest` are understood, too.",
  }),
});

const broken = problems("invalid-input", "dataset-not-found");

export const datasetPaths: Paths = {
  "/api/v1/datasets": {
    get: {
      tags,
      operationId: "listDatasets",
      summary: "Datasets, in the order of their paths",
      requestParams: { query: ListDatasetsQuery },
      responses: {
        "200": jsonAnswer("One page.", DatasetPage, datasetPage),
        ...problems("invalid-input"),
      },
    },
  },
  "/api/v1/datasets/{user}/{name}": {
    get: {
      tags,
      operationId: "getDataset",
      summary: "A dataset with its latest version, or the one that is asked for",
      requestParams: { path, query: VersionQuery },
      responses: { "200": jsonAnswer("The dataset.", DatasetView, dataset), ...broken },
    },
    put: {
      tags,
      operationId: "putDataset",
      summary: "Upload the next version, of any size",
      description:
        "The body is stored in blocks that end where records end, each under its SHA-256; what is there already is not stored again. " +
        "The version is there when all of it is; of what was refused or broke off, nothing is kept.",
      requestParams: { path, query: UploadQuery, header: UploadHeaders },
      requestBody: { required: true, content: bytes },
      responses: {
        "201": jsonAnswer("Stored.", DatasetView, dataset),
        ...problems(
          "invalid-input",
          "data-invalid",
          "digest-mismatch",
          "unsupported-media-type",
          "quota-exceeded",
          "overloaded",
        ),
      },
    },
    delete: {
      tags,
      operationId: "deleteDataset",
      summary: "Delete a version, or all of them",
      description:
        "Blocks are freed that no other version has and no job reads. Numbers are not given again.",
      requestParams: { path, query: VersionQuery },
      responses: { "204": { description: "Deleted." }, ...broken },
    },
  },
  "/api/v1/datasets/{user}/{name}/versions": {
    get: {
      tags,
      operationId: "listVersions",
      summary: "The versions, newest first",
      requestParams: { path, query: PageQuery },
      responses: { "200": jsonAnswer("One page.", VersionPage, versionPage), ...broken },
    },
  },
  "/api/v1/datasets/{user}/{name}/blocks": {
    get: {
      tags,
      operationId: "listBlocks",
      summary: "The blocks of a version, with how many volunteers hold each",
      requestParams: { path, query: BlocksQuery },
      responses: { "200": jsonAnswer("One page.", BlockPage, blockPage), ...broken },
    },
  },
  "/api/v1/datasets/{user}/{name}/content": {
    get: {
      tags,
      operationId: "readDataset",
      summary: "The bytes of a version",
      description: "`Range` asks for a part, `If-None-Match` for what has changed.",
      requestParams: { path, query: VersionQuery },
      responses: {
        "200": { description: "All of it.", content: bytes },
        "206": { description: "The part that was asked for.", content: bytes },
        "304": { description: "It is still the same." },
        ...problems("invalid-input", "dataset-not-found", "range-not-satisfiable"),
      },
    },
  },
};
