/** `submit` and `run`: a program from a file, an input from files or standard input, options by name. */
import { Option, type Command } from "commander";
import { addInputOptions, type InputOptions } from "../input-options";
import { addJobOptions, readJobOptions, type JobOptionFlags } from "../job-options";
import { addProgramOptions, readProgram, type ProgramOptions } from "../program-options";
import { readInput } from "../input-options";
import { readConfig } from "../read-files";
import { followJob, printResult } from "../follow";
import { gridOf, writeJson, writeLine, type CommonOptions, type Terminal } from "../terminal";
import type { Submission } from "../../sdk/submit";

export interface SubmitFlags extends CommonOptions, InputOptions, JobOptionFlags, ProgramOptions {
  readonly name?: string;
  readonly config?: string;
  readonly idempotencyKey?: string;
}

export function addSubmitCommands(program: Command, terminal: Terminal): void {
  const submit = program
    .command("submit")
    .argument("[program]", "the program's file: .js, .ts, .py, .wasm; none with --mapper")
    .description("submit a job, print its id, and go on without it");
  addSubmitOptions(submit)
    .action(async (file: string | undefined, _flags, command: Command) => {
      const flags = command.optsWithGlobals<SubmitFlags>();
      const grid = gridOf(terminal, flags);
      const submission = await readSubmission(file, flags, terminal);
      const job = await grid.submit(submission, submitOptions(flags, terminal));
      if (flags.json) await writeJson(terminal.stdout, await job.view(terminal));
      else await writeLine(terminal.stdout, job.id);
      if (!flags.quiet) await writeLine(terminal.stderr, `${grid.url}/jobs/${job.id}`);
    })
    .addHelpText(
      "after",
      `
Examples:
  $ tabgrid submit words.js --input book.txt --quorum 1
  $ tabgrid submit primes.wasm --range 0:1000000 --chunk-size 1000
  $ tabgrid submit --mapper map.py --reducer reduce.py -D mapreduce.job.reduces=2 --input access.log`,
    );

  const run = program
    .command("run")
    .argument("[program]", "the program's file: .js, .ts, .py, .wasm; none with --mapper")
    .description("submit a job, follow it, print its result; Ctrl+C cancels it");
  addSubmitOptions(run)
    .addOption(resultFormat())
    .option("--logs", "print what tasks log on stderr")
    .action(async (file: string | undefined, _flags, command: Command) => {
      const flags = command.optsWithGlobals<SubmitFlags & { format: ResultFormat; logs?: boolean }>();
      const grid = gridOf(terminal, flags);
      const submission = await readSubmission(file, flags, terminal);
      const job = await grid.submit(submission, submitOptions(flags, terminal));
      await followJob(job, terminal, flags, () => printResult(job, terminal, flags));
    })
    .addHelpText(
      "after",
      `
Examples:
  $ tabgrid run words.js --input book.txt > counts.ndjson
  $ cat book.txt | tabgrid run words.py --format tsv | sort -k2 -n | tail
  $ tabgrid run primes.ts --range 1000000 --config '{"base": 10}' --logs`,
    );
}

export const RESULT_FORMATS = ["ndjson", "values", "tsv", "json"] as const;
export type ResultFormat = (typeof RESULT_FORMATS)[number];

export function resultFormat(): Option {
  return new Option(
    "--format <format>",
    'how records are printed: {"key","value"} lines, values alone, lines of key, tab and value, or one JSON list',
  )
    .choices(RESULT_FORMATS)
    .default("ndjson");
}

function addSubmitOptions(command: Command): Command {
  command
    .option("-n, --name <name>", "what the job is called; by default as its program's file")
    .option("-c, --config <json>", "what programs get as context.config: JSON, or @file.json")
    .option("--idempotency-key <key>", "the same key with the same submission makes one job, however often");
  addProgramOptions(command);
  addInputOptions(command);
  return addJobOptions(command);
}

async function readSubmission(
  file: string | undefined,
  flags: SubmitFlags,
  terminal: Terminal,
): Promise<Submission> {
  const { program, name } = await readProgram(file, flags);
  const config = await readConfig(flags.config);
  const input = await readInput(flags, terminal);
  const options = readJobOptions(flags);
  return { name: flags.name ?? name, program, input, options, config };
}

function submitOptions({ idempotencyKey }: SubmitFlags, { signal }: Terminal) {
  return { signal, ...(idempotencyKey !== undefined && { idempotencyKey }) };
}
