/**
 * A pipeline as it is being written in the form: its JSON as typed, and the files that stand beside it.
 *
 * As on a disk, a step's program may be `{"file": "rank.js"}` and its input `{"file": "links.txt"}`. What else is wrong with
 * a pipeline is the coordinator's to say.
 */
import * as z from "zod";
import { jsonFaultAt } from "../../protocol/json-fault";
import { DraftError } from "./draft-error";
import { placeAt, type Place } from "./json-place";

export interface DraftFile {
  name: string;
  text: string;
}

export interface PipelineDraft {
  json: string;
  files: readonly DraftFile[];
}

export const EMPTY_PIPELINE: PipelineDraft = {
  json: `{
  "name": "two steps",
  "steps": [
    {
      "name": "lengths",
      "program": { "source": "export const map = (line, { emit }) => emit(line.length, 1); export const reduce = (length, ones) => ones.length;" },
      "input": { "text": "every line\\nis one record\\n" },
      "options": { "quorum": 1 }
    },
    {
      "name": "total",
      "program": { "source": "export const map = ({ value }, { emit }) => emit(\\"lines\\", value); export const reduce = (key, counts) => counts.reduce((sum, count) => sum + count, 0);" },
      "input": { "step": "lengths" },
      "options": { "quorum": 1 }
    }
  ]
}
`,
  files: [],
};

/** Text that is no JSON. */
export class JsonError extends Error {
  override readonly name = "JsonError";
  readonly place: Place;

  constructor(message: string, place: Place) {
    super(message);
    this.place = place;
  }
}

const InFile = z.looseObject({ file: z.string() });
const Steps = z.looseObject({ steps: z.array(z.looseObject({})) });

const RUNTIMES: Readonly<Record<string, object>> = {
  js: {},
  mjs: {},
  ts: { runtime: "ts" },
  py: { runtime: "python" },
};

/**
 * The submission, with the files' contents in it.
 * @throws {JsonError} @throws {DraftError} For a file that is not there, or is no program.
 */
export function pipelineFrom({ json, files }: PipelineDraft): unknown {
  const pipeline = parseJson(json);
  const { data } = Steps.safeParse(pipeline);
  if (!data) return pipeline;
  const steps = data.steps.map((step, at) => {
    const program = InFile.safeParse(step.program).data;
    const input = InFile.safeParse(step.input).data;
    return {
      ...step,
      ...(program && { program: programIn(program, `steps.${at}.program`, files) }),
      ...(input && { input: textIn(input, `steps.${at}.input`, files) }),
    };
  });
  return { ...data, steps };
}

/** Names of the files that a pipeline's steps name; none when it is no pipeline. */
export function filesNamedIn(json: string): string[] {
  try {
    const { steps } = Steps.parse(JSON.parse(json));
    const named = steps.flatMap(({ program, input }) => [program, input]);
    return [...new Set(named.flatMap((part) => InFile.safeParse(part).data?.file ?? []))];
  } catch {
    return [];
  }
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    const place = placeAt(json, jsonFaultAt(json));
    const { line, column } = place;
    throw new JsonError(`This is no JSON from line ${line}, column ${column}, on.`, place);
  }
}

type InFile = z.output<typeof InFile>;

function programIn({ file, ...rest }: InFile, field: string, files: PipelineDraft["files"]): object {
  const others = Object.keys(rest);
  if (others.length > 0)
    throw new DraftError(field, `must have nothing beside file; got ${others.join(", ")}`);
  const source = contentOf(file, field, files);
  const runtime = RUNTIMES[file.split(".").at(-1)?.toLowerCase() ?? ""];
  if (!runtime) throw new DraftError(`${field}.file`, `must end in .js, .mjs, .ts or .py; got ${file}`);
  return { ...runtime, source };
}

function textIn({ file, ...rest }: InFile, field: string, files: PipelineDraft["files"]): object {
  return { ...rest, text: contentOf(file, field, files) };
}

function contentOf(name: string, field: string, files: PipelineDraft["files"]): string {
  const found = files.find((file) => file.name === name);
  if (found) return found.text;
  const names = files.map((file) => file.name).join(", ") || "there are none yet";
  throw new DraftError(
    `${field}.file`,
    `must be one of the files beside the pipeline (${names}); got ${name}`,
  );
}
