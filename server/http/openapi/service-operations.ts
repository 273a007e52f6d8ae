/** The operations on services, for the API's document. */
import * as z from "zod";
import { InstanceId, ChangeService, ServiceList, ServiceName, ServiceView } from "../../../protocol/service";
import { ServicePath } from "../parameters";
import { bytes, jsonAnswer, problems, type Paths } from "./answers";
import * as examples from "./service-examples";

const tags = ["services"];

const RequestPath = z.object({
  name: ServiceName,
  path: z.string().meta({ description: "Anything, with slashes too: it is handed to the program." }),
});
const RequestHeaders = z.object({
  "tabgrid-quorum": z.int().min(1).max(9).optional().meta({
    description: "Instances that must give the same answer, instead of the service's own `quorum`.",
  }),
});
const ResponseHeaders = z.object({
  "tabgrid-instance": InstanceId.meta({ description: "The instance whose answer it is." }),
  "tabgrid-version": z.int().meta({ description: "The version of the program that it runs." }),
  "tabgrid-attempts": z.int().meta({ description: "Instances that were asked." }),
});

const answers = {
  "200": {
    description: "What the program answered. Its status is from 200 to 299 or from 400 to 599.",
    content: { ...bytes, "application/json": { schema: z.unknown() }, "text/plain": { schema: z.string() } },
    headers: ResponseHeaders,
  },
  ...problems(
    "invalid-input",
    "service-not-found",
    "too-large",
    "service-failed",
    "service-disagrees",
    "service-timeout",
    "overloaded",
  ),
};

export const servicePaths: Paths = {
  "/api/v1/services": {
    get: {
      tags,
      operationId: "listServices",
      summary: "The services that run",
      responses: {
        "200": jsonAnswer("The services.", ServiceList, examples.serviceList),
        ...problems("invalid-input", "overloaded"),
      },
    },
  },
  "/api/v1/services/{name}": {
    get: {
      tags,
      operationId: "getService",
      summary: "A service's instances, their health and latency, what went wrong, what they wrote",
      requestParams: { path: ServicePath },
      responses: {
        "200": jsonAnswer("The service.", ServiceView, examples.service),
        ...problems("invalid-input", "service-not-found", "overloaded"),
      },
    },
    patch: {
      tags,
      operationId: "changeService",
      summary: "Change how many volunteers run a service",
      description:
        "Durable when it is answered. Instances come as volunteers have room, and go when they have answered.",
      requestParams: { path: ServicePath },
      requestBody: {
        required: true,
        content: { "application/json": { schema: ChangeService, example: { instances: 3 } } },
      },
      responses: {
        "200": jsonAnswer("The service.", ServiceView, examples.service),
        ...problems(
          "invalid-input",
          "malformed-json",
          "service-not-found",
          "too-large",
          "unsupported-media-type",
          "disk-full",
          "overloaded",
        ),
      },
    },
  },
  "/api/v1/services/{name}/{path}": {
    get: {
      tags,
      operationId: "getFromService",
      summary: "Ask a service",
      requestParams: { path: RequestPath, header: RequestHeaders },
      responses: answers,
    },
    post: {
      tags,
      operationId: "postToService",
      summary: "Ask a service, with a body",
      description:
        "The body is handed to the program as it is. An instance that goes away in the middle is replaced by another: the program may see a request twice, the asker gets one answer.",
      requestParams: { path: RequestPath, header: RequestHeaders },
      requestBody: { content: { ...bytes, "application/json": { schema: z.unknown() } } },
      responses: answers,
    },
  },
};
