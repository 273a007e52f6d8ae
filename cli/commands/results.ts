/** `result` and `logs`: what a job has brought, as it comes in. */
import type { Command } from "commander";
import { logLine, printResult, type PrintOptions } from "../follow";
import { findJob } from "../find-job";
import { write, type CommonOptions, type Terminal } from "../terminal";
import { outdatedText } from "./jobs";
import { resultFormat } from "./submit";

export function addResultCommands(program: Command, terminal: Terminal): void {
  program
    .command("result")
    .argument("<job>", "its id")
    .description("print a job's result; one that runs is followed to its end")
    .addOption(resultFormat())
    .action(async (id: string, _flags, command: Command) => {
      const flags = command.optsWithGlobals<CommonOptions & PrintOptions>();
      const job = findJob(terminal, flags, id);
      await printResult(job, terminal, flags);
      const outdated = outdatedText(await job.view(terminal));
      if (outdated) await write(terminal.stderr, `tabgrid: ${id} is ${outdated}\n`);
    })
    .addHelpText("after", "\nExample:\n  $ tabgrid result job_… --format tsv | sort | head");

  program
    .command("logs")
    .argument("<job>", "its id")
    .description("print what a job's tasks log, the last lines first, until it ends")
    .action(async (id: string, _flags, command: Command) => {
      const flags = command.optsWithGlobals<CommonOptions>();
      for await (const log of findJob(terminal, flags, id).logs(terminal))
        await write(terminal.stdout, logLine(log, flags.json ?? false));
    });
}
