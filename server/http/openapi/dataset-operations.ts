/** The operations on datasets, for the API's document. */
import * as z from "zod";
import {
  BeginUpload,
  BlockPage,
  DatasetPage,
  DatasetView,
  UploadList,
  UploadQuery,
  UploadView,
  VersionPage,
} from "../../../protocol/dataset";
import { BlocksQuery, ListDatasetsQuery, VersionQuery } from "../../datasets/dataset-routes";
import { PageQuery } from "../parameters";
import { bytes, jsonAnswer, problems, type Paths } from "./answers";
import {
  beginUpload,
  blockPage,
  dataset,
  datasetPage,
  upload,
  uploadList,
  versionPage,
} from "./dataset-examples";

const tags = ["datasets"];
const path = z.object({
  user: z.string().meta({ description: "The first part of the dataset's path /user/name." }),
  name: z.string().meta({ description: "The second part." }),
});

const uploadPath = z.object({ id: z.string().meta({ description: "As `Location` has it." }) });

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
          "disk-full",
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
  "/api/v1/uploads": {
    get: {
      tags,
      operationId: "listUploads",
      summary: "Uploads that were begun and have not ended",
      responses: { "200": jsonAnswer("All of them.", UploadList, uploadList), ...problems() },
    },
    post: {
      tags,
      operationId: "beginUpload",
      summary: "Begin an upload that may break off and go on",
      requestBody: {
        required: true,
        content: { "application/json": { schema: BeginUpload, example: beginUpload } },
      },
      responses: {
        "201": jsonAnswer("Begun; `Location` is where its bytes go.", UploadView, upload),
        ...problems(
          "invalid-input",
          "malformed-json",
          "too-large",
          "unsupported-media-type",
          "quota-exceeded",
          "disk-full",
          "overloaded",
        ),
      },
    },
  },
  "/api/v1/uploads/{id}": {
    get: {
      tags,
      operationId: "getUpload",
      summary: "How far an upload is",
      description: "The headers `Upload-Offset` and `Upload-Length` say it too, also to HEAD.",
      requestParams: { path: uploadPath },
      responses: { "200": jsonAnswer("The upload.", UploadView, upload), ...problems("upload-not-found") },
    },
    patch: {
      tags,
      operationId: "appendUpload",
      summary: "Send the next bytes",
      description:
        "Of a body that breaks off, what came is kept: ask for the offset and go on from there. An upload that nobody goes on with ends after a day.",
      requestParams: {
        path: uploadPath,
        header: z.object({
          "upload-offset": z
            .string()
            .meta({ description: "Where the body goes on; must be where the upload is." }),
          "upload-complete": z
            .enum(["?0", "?1"])
            .optional()
            .meta({ description: "?1 when these are the last bytes." }),
          "repr-digest": z
            .string()
            .optional()
            .meta({ description: "With the last bytes: SHA-256 of all that was sent." }),
        }),
      },
      requestBody: { required: true, content: bytes },
      responses: {
        "200": jsonAnswer("The bytes came.", UploadView, upload),
        "201": jsonAnswer("They were the last: the version is stored.", DatasetView, dataset),
        ...problems(
          "invalid-input",
          "upload-not-found",
          "upload-conflict",
          "data-invalid",
          "digest-mismatch",
          "quota-exceeded",
          "disk-full",
          "overloaded",
        ),
      },
    },
    delete: {
      tags,
      operationId: "giveUpUpload",
      summary: "Give an upload up",
      requestParams: { path: uploadPath },
      responses: {
        "204": { description: "Nothing of it is left." },
        ...problems("upload-not-found", "upload-conflict"),
      },
    },
  },
};
