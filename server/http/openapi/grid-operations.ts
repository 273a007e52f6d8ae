/** The operations on volunteers and on the grid as a whole, for the API's document. */
import * as z from "zod";
import { VolunteerId } from "../../../protocol/ids";
import { GridStatus, VolunteerPage } from "../../../protocol/views";
import { jsonAnswer, problems, textAnswer, type Paths } from "./answers";
import * as examples from "./examples";

const Ok = z.object({ ok: z.literal(true) });
const Session = z.object({ volunteerId: VolunteerId });
const SetCookie = z.object({
  "set-cookie": z
    .string()
    .optional()
    .meta({ description: "`tabgrid_volunteer`, for a browser without one." }),
});

export const gridPaths: Paths = {
  "/api/v1/volunteers": {
    get: {
      tags: ["volunteers"],
      operationId: "listVolunteers",
      summary: "Who gives computing time, and what came of it",
      responses: {
        "200": jsonAnswer("The volunteers.", VolunteerPage, examples.volunteerPage),
        ...problems("invalid-input", "overloaded"),
      },
    },
  },
  "/api/v1/volunteers/session": {
    post: {
      tags: ["volunteers"],
      operationId: "openVolunteerSession",
      summary: "Make this browser a volunteer",
      description: "Sets a cookie that its scripts cannot read, unless there is one already.",
      responses: {
        "200": { ...jsonAnswer("Its public id.", Session, examples.session), headers: SetCookie },
        ...problems("invalid-input"),
      },
    },
  },
  "/api/v1/status": {
    get: {
      tags: ["grid"],
      operationId: "getStatus",
      summary: "The whole grid in a few numbers",
      responses: {
        "200": jsonAnswer("The numbers now.", GridStatus, examples.status),
        ...problems("invalid-input", "overloaded"),
      },
    },
  },
  "/api/v1/events": {
    get: {
      tags: ["grid"],
      operationId: "watchGrid",
      summary: "Follow the grid",
      description:
        "Server-sent events: `status` (a GridStatus), `job` (a JobView) and `volunteers` (a list of VolunteerView). " +
        "A slow reader gets the newest of each only.",
      responses: {
        "200": textAnswer("Events, without end.", { "text/event-stream": examples.gridEvents }),
        ...problems("invalid-input", "overloaded"),
      },
    },
  },
  "/api/v1/openapi.json": {
    get: {
      tags: ["grid"],
      operationId: "getOpenApi",
      summary: "This document",
      responses: {
        "200": jsonAnswer("OpenAPI 3.1.", z.looseObject({ openapi: z.string() }), { openapi: "3.1.0" }),
        ...problems("invalid-input"),
      },
    },
  },
  "/healthz": {
    get: {
      tags: ["grid"],
      operationId: "getHealth",
      summary: "Whether the process answers",
      responses: { "200": jsonAnswer("It does.", Ok, { ok: true }), ...problems() },
    },
  },
  "/readyz": {
    get: {
      tags: ["grid"],
      operationId: "getReadiness",
      summary: "Whether the grid can take work",
      responses: { "200": jsonAnswer("It can.", Ok, { ok: true }), ...problems("overloaded") },
    },
  },
};
