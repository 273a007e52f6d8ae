/** `submit` and `run`: a program from a file, an input from files or standard input, options by name. */
import { Option, type Command } from "commander";
import { UsageError } from "../failures";
import { addInputOptions, type InputOptions } from "../input-options";
import { runLocal } from "../local/run-command";
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

interface RunFlags extends SubmitFlags {
  readonly format: ResultFormat;
  readonly logs?: boolean;
  readonly local?: boolean;
  readonly threads?: number;
}

function threadCountOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 1_024) return count;
  throw new UsageError(`--threads must be a whole number from 1 to 1024; got ${JSON.stringify(text)}`);
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
    .option("--local", "in threads of this process, without a grid: each task once, the same result")
    .addOption(
      new Option("--threads <n>", "with --local; by default as many as there are processors").argParser(
        threadCountOf,
      ),
    )
    .action(async (file: string | undefined, _flags, command: Command) => {
      const flags = command.optsWithGlobals<RunFlags>();
      const submission = await readSubmission(file, flags, terminal);
      if (flags.local) return runLocal(submission, terminal, flags);
      const grid = gridOf(terminal, flags);
      const job = await grid.submit(submission, submitOptions(flags, terminal));
      await followJob(job, terminal, flags, () => printResult(job, terminal, flags));
    })
    .addHelpText(
      "after",
      `
Examples:
  $ tabgrid run words.js --input book.txt > counts.ndjson
  $ cat book.txt | tabgrid run words.py --format tsv | sort -k2 -n | tail
  $ tabgrid run words.js --input sample.txt --local        try it without a grid
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
