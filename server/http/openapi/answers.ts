/** The parts that the operations of the API's document are made of. */
import * as z from "zod";
import type { createDocument } from "zod-openapi";
import { Problem, PROBLEMS, type ProblemCode } from "../../../protocol/problems";

export type Document = Parameters<typeof createDocument>[0];
export type Paths = NonNullable<Document["paths"]>;
type Responses = NonNullable<Paths[string]["get"]>["responses"];
type Answer = NonNullable<Responses["default"]>;

export function jsonAnswer(description: string, schema: z.ZodType, example: unknown): Answer {
  return { description, content: { "application/json": { schema, example } } };
}

/** @param examples By media type; the body is text of that type. */
export function textAnswer(description: string, examples: Readonly<Record<string, string>>): Answer {
  const content = Object.entries(examples).map(([type, example]) => [type, { schema: z.string(), example }]);
  return { description, content: Object.fromEntries(content) };
}

export const bytes = { "application/octet-stream": { schema: z.string().meta({ format: "binary" }) } };

/** An answer for every status that these problems have; every operation may also answer `internal`. */
export function problems(...codes: readonly ProblemCode[]): Responses {
  const all: readonly ProblemCode[] = [...codes, "internal"];
  const statuses = new Set(all.map((code) => PROBLEMS[code].status));
  return Object.fromEntries(
    [...statuses].map((status) => [
      status,
      problemAnswer(all.filter((code) => PROBLEMS[code].status === status)),
    ]),
  );
}

function problemAnswer(codes: readonly ProblemCode[]): Answer {
  const examples = Object.fromEntries(
    codes.map((code) => [code, { value: { type: `/problems/${code}`, ...PROBLEMS[code] } }]),
  );
  return {
    description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(" "),
    content: { "application/problem+json": { schema: Problem, examples } },
  };
}
