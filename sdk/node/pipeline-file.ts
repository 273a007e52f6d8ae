/** A pipeline in a file: as the REST API takes it, but that programs and texts may be files beside it. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { TextFormat } from "../../protocol/format";
import { Json } from "../../protocol/json";
import { describeIssues } from "../../protocol/problems";
import type { PipelineSubmission } from "../pipelines";
import { readProgramFile } from "./program-file";
import { ProgramFileError } from "./program-file-error";

const ProgramInFile = z.strictObject({ file: z.string() });
const TextInFile = z.strictObject({ file: z.string(), format: TextFormat.optional() });

/** What is looked at here; the coordinator checks the rest. */
export const PipelineFile = z.looseObject({
  steps: z.array(
    z.looseObject({
      name: z.string(),
      program: z.union([ProgramInFile, z.record(z.string(), Json)]),
      input: z.union([TextInFile, z.record(z.string(), Json)]),
    }),
  ),
});

/**
 * @returns The submission, with the files' contents in it.
 * @throws {ProgramFileError} If the file, or one that it names, cannot be read, or is no pipeline.
 */
export async function readPipelineFile(file: string): Promise<PipelineSubmission> {
  const parsed = PipelineFile.safeParse(await readJson(file));
  if (!parsed.success) throw new ProgramFileError(`${file}: ${describeIssues(parsed.error, undefined)}`);
  for (const [at, { program }] of parsed.data.steps.entries()) {
    if (!isFile(program) || Object.keys(program).length === 1) continue;
    const found = Object.keys(program).join(", ");
    throw new ProgramFileError(`${file}: steps.${at}.program: must have nothing beside file; got ${found}`);
  }
  const beside = (name: string) => path.resolve(path.dirname(file), name);
  const steps = parsed.data.steps.map(async (step) => ({
    ...step,
    program: isFile(step.program) ? await readProgramFile(beside(step.program.file)) : step.program,
    input: isFile(step.input) ? await textOf(step.input, beside) : step.input,
  }));
  // What else is in it the coordinator checks, and says what is wrong.
  return { ...parsed.data, steps: await Promise.all(steps) } as unknown as PipelineSubmission;
}

const isFile = <T extends object>(value: T): value is Extract<T, { file: string }> =>
  "file" in value && typeof value.file === "string";

async function textOf({ file, ...rest }: z.output<typeof TextInFile>, beside: (name: string) => string) {
  return { ...rest, text: await readText(beside(file)) };
}

async function readJson(file: string): Promise<unknown> {
  const text = await readText(file);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProgramFileError(
      `${file} must be JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw ProgramFileError.unreadable(file, error);
  }
}
