/** The operations on blocks, for the API's document. */
import * as z from "zod";
import { BlockPath } from "../parameters";
import { bytes, problems, type Paths } from "./answers";

const tags = ["blocks"];
const requestParams = { path: BlockPath };
const Caching = z.object({
  etag: z.string().meta({ description: "The digest, in quotes." }),
  "cache-control": z.string().meta({ description: "public, max-age=31536000, immutable" }),
});

export const blockPaths: Paths = {
  "/api/v1/blocks/{digest}": {
    get: {
      tags,
      operationId: "readBlock",
      summary: "The bytes with this SHA-256",
      requestParams,
      responses: {
        "200": { description: "The block.", content: bytes, headers: Caching },
        "304": { description: "The block that `If-None-Match` names is still the same.", headers: Caching },
        ...problems("invalid-input", "block-not-found"),
      },
    },
    put: {
      tags,
      operationId: "writeBlock",
      summary: "Store bytes under their SHA-256",
      description: "For volunteers: needs the cookie `tabgrid_volunteer`.",
      requestParams,
      requestBody: { required: true, content: bytes },
      responses: {
        "201": { description: "Stored." },
        "200": { description: "It was there already." },
        ...problems("invalid-input", "too-large", "digest-mismatch", "disk-full", "overloaded"),
      },
    },
  },
};
