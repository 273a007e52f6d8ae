/** `map`: one result for each line or item, in the order they came, while they still come. */
import { Option, type Command } from "commander";
import type { JobView } from "../../protocol/views";
import { mapProgram } from "../../sdk/map";
import { readMapFile } from "../../sdk/node/program-file";
import { logLine, plain } from "../follow";
import { addInputOptions, openInput, type InputOptions } from "../input-options";
import { addJobOptions, readJobOptions, type JobOptionFlags } from "../job-options";
import { addRuntimeOption, type ProgramOptions } from "../program-options";
import { openProgress } from "../progress";
import { readConfig } from "../read-files";
import { gridOf, write, type CommonOptions, type Terminal } from "../terminal";

const FORMATS = ["values", "ndjson"] as const;

interface MapFlags extends CommonOptions, InputOptions, JobOptionFlags, ProgramOptions {
  readonly name?: string;
  readonly config?: string;
  readonly format: (typeof FORMATS)[number];
  readonly logs?: boolean;
}

export function addMapCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command("map")
    .argument("<program>", "a module whose default export is called with each item; or a program with map")
    .description("one result for each line, in order, as they come; Ctrl+C cancels")
    .option("-n, --name <name>", "what the jobs are called; by default as the program's file")
    .option("-c, --config <json>", "what programs get as context.config: JSON, or @file.json")
    .addOption(
      new Option("--format <format>", 'values alone, text as it is; or {"index","value"} lines')
        .choices(FORMATS)
        .default("values"),
    )
    .option("--logs", "print what tasks log on stderr");
  addRuntimeOption(command);
  addInputOptions(command);
  addJobOptions(command)
    .action(async (file: string, _flags, action: Command) =>
      runMap(file, action.optsWithGlobals<MapFlags>(), terminal),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ cat lines.txt | tabgrid map ./f.js > out.txt      with f.js: export default (line) => line.length;
  $ tail -f access.log | tabgrid map ./parse.ts       results come as lines do
  $ tabgrid map ./is-prime.js --range 1000000 --quorum 1 | grep -c true

Lines go in jobs of some thousand, up to four at once; a slow source in smaller ones.`,
    );
}

async function runMap(file: string, flags: MapFlags, terminal: Terminal): Promise<void> {
  const { client } = gridOf(terminal, flags);
  const { stderr, stdout, signal } = terminal;
  const config = await readConfig(flags.config);
  const program = await readMapFile(file, flags.runtime && { runtime: flags.runtime });
  const items = await openInput(flags, terminal);
  const progress = openProgress(terminal, flags);
  const onLog = (log: Parameters<typeof logLine>[0]) =>
    progress.around(() => void stderr.write(logLine(log, flags.json ?? false)));
  const results = mapProgram(client, items, () => Promise.resolve({ program, config }), {
    name: flags.name ?? file,
    options: readJobOptions(flags),
    signal,
    onProgress: (job: JobView) => progress.show(job),
    ...(flags.logs && { onLog }),
  });
  try {
    for await (const [index, value] of results.entries())
      await write(
        stdout,
        flags.format === "values" ? `${plain(value)}\n` : `${JSON.stringify({ index, value })}\n`,
      );
  } finally {
    progress.close();
  }
}
