/** Takes a refused pipeline apart: each problem with the field it is about, and where that stands. */
import * as z from "zod";
import { ApiProblem, messageOf } from "./api";
import { DraftError } from "./draft-error";
import { placeInJson, type Place } from "./json-place";
import { JsonError, type PipelineDraft } from "./pipeline-draft";

export interface PipelineProblem {
  /** Such as `steps.0.input.step`; null for what is about no field. */
  path: string | null;
  message: string;
  /** In the pipeline's JSON, or in the file named. */
  place: (Place & { file: string | null }) | null;
}

export function pipelineProblems(error: unknown, draft: PipelineDraft): PipelineProblem[] {
  if (error instanceof JsonError)
    return [{ path: null, message: error.message, place: { ...error.place, file: null } }];
  if (error instanceof DraftError) return [inJson(error.field, error.message, draft)];
  if (!(error instanceof ApiProblem)) return [{ path: null, message: messageOf(error), place: null }];
  const { line, column } = error.problem;
  const told = partsOf(error.message).map(({ path, message }) =>
    path === null ? { path, message, place: null } : inJson(path, message, draft),
  );
  const [first] = told;
  const file = first?.path && line !== undefined ? fileAt(first.path, draft) : null;
  if (!first || file === null || line === undefined) return told;
  return [{ ...first, place: { file, line, column: column ?? 1 } }];
}

/** The API tells several at once: `steps.0.name: must …; got …; steps.1.input: must …`. */
function partsOf(detail: string): { path: string | null; message: string }[] {
  return detail.split(/; (?=(?:steps|name|submitter|body)(?:\.[\w$-]+)*: )/).map((part) => {
    const [, path, message] = /^((?:steps|name|submitter)(?:\.[\w$-]+)*): ([^]*)$/.exec(part) ?? [];
    return path === undefined || message === undefined ? { path: null, message: part } : { path, message };
  });
}

function inJson(path: string, message: string, { json }: PipelineDraft): PipelineProblem {
  return { path, message, place: { ...placeInJson(json, path.split(".")), file: null } };
}

const Named = z.looseObject({ file: z.string() });

/** The file that the value at a path is taken from. */
function fileAt(path: string, { json }: PipelineDraft): string | null {
  let value: unknown = JSON.parse(json);
  for (const name of path.split(".")) {
    const inside = z.looseObject({}).or(z.array(z.unknown())).safeParse(value).data;
    value = inside && Object.entries(inside).find(([own]) => own === name)?.[1];
  }
  return Named.safeParse(value).data?.file ?? null;
}
