/** The operations on imports, for the API's document. */
import * as z from "zod";
import { BeginImport, ImportList, ImportView } from "../../../protocol/import";
import { jsonAnswer, problems, type Paths } from "./answers";
import { beginImport, importList, runningImport } from "./dataset-examples";

const tags = ["datasets"];
const path = z.object({
  user: z.string().meta({ description: "The first part of the dataset's path /user/name." }),
  name: z.string().meta({ description: "The second part." }),
});
const importPath = z.object({ id: z.string().meta({ description: "As `Location` has it." }) });

export const importPaths: Paths = {
  "/api/v1/datasets/{user}/{name}/import": {
    post: {
      tags,
      operationId: "importDataset",
      summary: "Fetch the next version from an address",
      description:
        "Only from hosts that the operator allows. Answers when the host has answered with what can be taken; the rest comes by itself, over connections that break and restarts of the coordinator.",
      requestParams: { path },
      requestBody: {
        required: true,
        content: { "application/json": { schema: BeginImport, example: beginImport } },
      },
      responses: {
        "202": jsonAnswer("On its way; `Location` says how far.", ImportView, runningImport),
        ...problems(
          ...(["invalid-input", "malformed-json", "too-large", "unsupported-media-type"] as const),
          ...(["url-imports-off", "url-scheme-refused", "url-credentials-refused"] as const),
          ...(["url-host-refused", "url-address-refused", "url-redirect-refused"] as const),
          ...(["url-too-large", "url-too-slow", "url-bad-answer", "url-unreachable"] as const),
          ...(["quota-exceeded", "disk-full", "overloaded"] as const),
        ),
      },
    },
  },
  "/api/v1/imports": {
    get: {
      tags,
      operationId: "listImports",
      summary: "The newest imports, and whence they are allowed",
      responses: { "200": jsonAnswer("At most 100.", ImportList, importList), ...problems() },
    },
  },
  "/api/v1/imports/{id}": {
    get: {
      tags,
      operationId: "getImport",
      summary: "How far an import is, or how it ended",
      requestParams: { path: importPath },
      responses: {
        "200": jsonAnswer("The import.", ImportView, runningImport),
        ...problems("import-not-found"),
      },
    },
    delete: {
      tags,
      operationId: "removeImport",
      summary: "End an import, of which nothing is kept; or forget one that has ended",
      requestParams: { path: importPath },
      responses: {
        "204": { description: "Gone. A version that it became stays." },
        ...problems("import-not-found"),
      },
    },
  },
};
