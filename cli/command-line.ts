/** The command line: its commands, and what becomes of what they throw. */
import { Command, CommanderError } from "commander";
import { addDatasetCommands } from "./commands/datasets";
import { addJobFileCommands } from "./commands/job-file";
import { addJobCommands } from "./commands/jobs";
import { addMapCommand } from "./commands/map";
import { addPipelineCommands } from "./commands/pipelines";
import { addProgramCommands, addServiceCommands } from "./commands/programs";
import { addResultCommands } from "./commands/results";
import { addSubmitCommands } from "./commands/submit";
import { addVolunteerCommand } from "./commands/volunteer";
import { EXIT, type ExitCode } from "./exit-codes";
import { failureOf, InterruptedError } from "./failures";
import { DEFAULT_URL, writeJson, writeLine, type Terminal } from "./terminal";

/** Each adds the commands of one subject. */
const SUBJECTS = [
  addSubmitCommands,
  addMapCommand,
  addResultCommands,
  addJobCommands,
  addProgramCommands,
  addServiceCommands,
  addDatasetCommands,
  addJobFileCommands,
  addPipelineCommands,
  addVolunteerCommand,
];

const EXAMPLES = `
Examples:
  $ tabgrid run words.js --input book.txt          submit, follow, print the result
  $ tabgrid submit primes.ts --range 1000000       submit and go on; prints the job's id
  $ tabgrid status job_…                           how far is it, and what does it wait for

Exit codes: 0 done, 1 the job failed or was cancelled, 2 wrong command line or file,
3 no coordinator answers, 4 the coordinator refused, 70 a bug, 130 interrupted.`;

/** @param parameters Without the names of program and script. */
export async function runCommandLine(parameters: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const program = commandLine(terminal);
  try {
    await program.parseAsync(parameters, { from: "user" });
    return EXIT.ok;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.ok : EXIT.usage;
    // Whatever was under way when Ctrl+C came failed because of it.
    const error: unknown = terminal.signal.aborted ? terminal.signal.reason : thrown;
    const { exitCode, text, json } = failureOf(error);
    const isQuiet = error instanceof InterruptedError && error.message === "";
    if (parameters.includes("--json")) await writeJson(terminal.stderr, json);
    else if (!isQuiet) await writeLine(terminal.stderr, `tabgrid: ${text}`);
    return exitCode;
  }
}

function commandLine(terminal: Terminal): Command {
  const program = new Command("tabgrid")
    .description("Submits jobs to a grid of browser tabs, follows them and fetches their results.")
    .version(terminal.version, "-V, --version", "print the version")
    .option("--url <address>", `the coordinator (default: $TABGRID_URL or ${DEFAULT_URL})`)
    .option("--json", "print JSON: results of commands on stdout, errors on stderr")
    .option("-q, --quiet", "no progress, no notes on stderr")
    .addHelpText("after", EXAMPLES)
    .showHelpAfterError("(try --help)")
    .configureHelp({ showGlobalOptions: true });
  for (const add of SUBJECTS) add(program, terminal);
  for (const command of withChildren(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
    });
  }
  return program;
}

/** The command and all commands below it. */
function withChildren(command: Command): Command[] {
  return [command, ...command.commands.flatMap((child) => withChildren(child as Command))];
}
