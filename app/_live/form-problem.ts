/** Finds out which field of the form a refusal is about. */
import { ApiProblem, messageOf } from "./api";
import { DraftError } from "./draft-error";

export interface FormProblem {
  /** By the field's place in a submission, like `options.quorum`. */
  fields: ReadonlyMap<string, string>;
  /** In the program's source; `line` and `column` count from 1. */
  program: { message: string; line: number | null; column: number | null } | null;
  /** What belongs to no field. */
  message: string | null;
}

/** Places that a message about a deeper one belongs to, when there is no field for that. */
const FIELDS = [
  "name",
  "path",
  "options.quorum",
  "options.maxErrorRate",
  "options.reducers",
  "options.order",
  "options.chunkBytes",
  "options.chunkSize",
  "options.onError",
  "options.compare",
  "options.sameEngine",
  "options.onCorrection",
  "options.taskTimeoutMs",
  "options.maxErrors",
  "options.maxCopies",
  "options.maxVolunteers",
  "options.maxInFlight",
  "options.requires.slots",
  "options.requires.memoryGb",
  "options.requires.engine",
  "options.requires.wasm",
  "options.requires",
  "options.priority",
  "options.weight",
  "input.dataset",
  "input.result",
  "input.sweep",
  "input.url",
  "input.format",
  "input.columns",
  "input.range.start",
  "input.range.end",
  "input.range.step",
  "input.items",
  "input.text",
  "input",
  "config",
];

export function placeProblem(error: unknown): FormProblem {
  if (error instanceof DraftError)
    return { fields: new Map([[error.field, error.message]]), program: null, message: null };
  if (!(error instanceof ApiProblem)) return { fields: new Map(), program: null, message: messageOf(error) };
  const { type, line, column } = error.problem;
  if (type.endsWith("/program-invalid") || error.message.startsWith("program")) {
    const program = { message: error.message, line: line ?? null, column: column ?? null };
    return { fields: new Map(), program, message: null };
  }
  if (type.startsWith("/problems/url-"))
    return { fields: new Map([["input.url", error.message]]), program: null, message: null };
  // Of all that a submission names, only its input is another job.
  if (type.startsWith("/problems/job-"))
    return { fields: new Map([["input.result", error.message]]), program: null, message: null };
  const fields = type.endsWith("/invalid-input") ? placed(error.message) : new Map<string, string>();
  return { fields, program: null, message: fields.size > 0 ? null : error.message };
}

/** Reads `options.quorum: must be …; got 0; config: …`, which is how the API tells what a schema refused. */
function placed(detail: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const part of detail.split(/; (?!got )/)) {
    const [path = "", ...words] = part.split(": ");
    const field = FIELDS.find((name) => path === name || path.startsWith(`${name}.`));
    if (field && words.length > 0) fields.set(field, words.join(": "));
  }
  return fields;
}
