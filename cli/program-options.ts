/** Which program: a file of some language, or the scripts of Hadoop Streaming. */
import { Option, type Command } from "commander";
import type { ProgramInput } from "../sdk/submit";
import { UsageError } from "./failures";
import { PROGRAM_RUNTIMES, readProgramFile, readScript } from "../sdk/node/program-file";

export interface ProgramOptions {
  readonly runtime?: (typeof PROGRAM_RUNTIMES)[number];
  readonly mapper?: string;
  readonly combiner?: string;
  readonly reducer?: string;
  readonly define?: string[];
  readonly mapArgs?: string[];
  readonly combineArgs?: string[];
  readonly reduceArgs?: string[];
}

export function addRuntimeOption(command: Command): Command {
  return command
    .optionsGroup("Program:")
    .addOption(
      new Option("--runtime <runtime>", "what the program is, when its name does not say").choices(
        PROGRAM_RUNTIMES,
      ),
    );
}

export function addProgramOptions(command: Command): Command {
  return addRuntimeOption(command)
    .option("--mapper <file>", "a mapper of Hadoop Streaming, .py or .js, in place of a program")
    .option("--combiner <file>", "its combiner")
    .option("--reducer <file>", "its reducer")
    .option("-D, --define <name=value...>", "properties that Hadoop would be given")
    .option("--map-args <argument...>", "what a WASI command is called with to map")
    .option("--combine-args <argument...>", "to combine, when it does")
    .option("--reduce-args <argument...>", "to reduce, when it does");
}

export interface NamedProgram {
  readonly program: ProgramInput;
  /** What the job is called if nobody says otherwise. */
  readonly name: string;
}

/** @throws {UsageError} If the command line does not say which; what is wrong with the file is a `ProgramFileError`. */
export async function readProgram(file: string | undefined, options: ProgramOptions): Promise<NamedProgram> {
  const { mapper, runtime, mapArgs, combineArgs, reduceArgs } = options;
  if (file !== undefined && mapper !== undefined)
    throw new UsageError("give a program or --mapper, not both");
  if (mapper !== undefined) return { program: await readStreaming(mapper, options), name: mapper };
  if (file === undefined) throw new UsageError("no program: give its file, or --mapper");
  const program = await readProgramFile(file, {
    ...(runtime && { runtime }),
    ...(mapArgs && { map: mapArgs }),
    ...(combineArgs && { combine: combineArgs }),
    ...(reduceArgs && { reduce: reduceArgs }),
  });
  return { program, name: file };
}

async function readStreaming(mapper: string, options: ProgramOptions): Promise<ProgramInput> {
  const { combiner, reducer, define = [] } = options;
  return {
    runtime: "streaming",
    mapper: await readScript(mapper),
    ...(combiner !== undefined && { combiner: await readScript(combiner) }),
    ...(reducer !== undefined && { reducer: await readScript(reducer) }),
    properties: Object.fromEntries(define.map(parseProperty)),
  };
}

function parseProperty(text: string): [name: string, value: string] {
  const [, name, value] = /^([^=]+)=([\s\S]*)$/.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return [name, value];
  throw new UsageError(`-D must be name=value; got ${JSON.stringify(text)}`);
}
