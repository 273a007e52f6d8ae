/** `job export` and `job import`: jobs as job.xml, Hadoop's configuration file. */
import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { JobView } from "../../protocol/views";
import { UsageError } from "../failures";
import { findJob } from "../find-job";
import { readTextFile } from "../read-files";
import { gridOf, write, writeJson, writeLine, type CommonOptions, type Terminal } from "../terminal";

interface ExportFlags extends CommonOptions {
  readonly output?: string;
}

/** What does not travel in the files that a Hadoop writes. */
interface ImportFlags extends CommonOptions {
  readonly mapper?: string;
  readonly combiner?: string;
  readonly reducer?: string;
  readonly input?: string;
}

export function addJobFileCommands(program: Command, terminal: Terminal): void {
  const job = program.command("job").description("jobs as job.xml, Hadoop's configuration file");

  job
    .command("export")
    .argument("<job>", "its id")
    .description("write a job with its program, input, options and config as job.xml")
    .option("-o, --output <file>", "in place of standard output")
    .action(async (id: string, _flags, command: Command) => {
      const flags = command.optsWithGlobals<ExportFlags>();
      const { id: jobId } = findJob(terminal, flags, id);
      const request = { path: `/api/v1/jobs/${jobId}`, headers: { accept: "application/xml" } };
      const answer = await gridOf(terminal, flags).client.open({ ...request, signal: terminal.signal });
      const xml = await answer.text();
      if (flags.output === undefined) await write(terminal.stdout, xml);
      else await writeFile(flags.output, xml);
    });

  job
    .command("import")
    .argument("<file>", "a job.xml: of `job export`, of Hadoop, or your own")
    .description("submit a job.xml, print the job's id, and go on without it")
    .option("--mapper <file>", "the mapper of Hadoop Streaming: scripts do not travel in Hadoop's files")
    .option("--combiner <file>", "the combiner")
    .option("--reducer <file>", "the reducer")
    .option("--input <file>", "lines of text, in place of the dataset that the file names")
    .action(async (file: string, _flags, command: Command) => {
      const flags = command.optsWithGlobals<ImportFlags>();
      const xml = withProperties(file, await readTextFile(file), await propertiesOf(flags));
      const { client, url } = gridOf(terminal, flags);
      const headers = { "content-type": "application/xml" };
      const request = { method: "POST", path: "/api/v1/jobs", headers, body: () => xml } as const;
      const view = await client.json({ ...request, signal: terminal.signal }, JobView);
      if (flags.json) await writeJson(terminal.stdout, view);
      else await writeLine(terminal.stdout, view.id);
      if (!flags.quiet) await writeLine(terminal.stderr, `${url}/jobs/${view.id}`);
    })
    .addHelpText(
      "after",
      `
Examples:
  $ tabgrid job export job_… > job.xml && tabgrid job import job.xml
  $ tabgrid job import job.xml --mapper map.py --reducer reduce.py --input access.log`,
    );
}

async function propertiesOf({ mapper, combiner, reducer, input }: ImportFlags): Promise<string[]> {
  const scripts = Object.entries({ mapper, combiner, reducer });
  const properties = scripts.map(async ([role, file]) => {
    if (file === undefined) return [];
    const language = /\.[cm]?js$/.test(file) ? "js" : "python";
    return [property(role, base64Of(await readTextFile(file))), property(`${role}.language`, language)];
  });
  const text = input === undefined ? null : await readTextFile(input);
  const own = text === null ? [] : [property("input", base64Of(JSON.stringify({ text })))];
  return [...(await Promise.all(properties)).flat(), ...own];
}

const base64Of = (text: string) => Buffer.from(text).toString("base64");

const property = (name: string, value: string) =>
  `<property><name>tabgrid.${name}</name><value>${value}</value></property>`;

/** Later properties take the place of earlier ones. */
function withProperties(file: string, xml: string, properties: readonly string[]): string {
  if (properties.length === 0) return xml;
  const end = xml.lastIndexOf("</configuration>");
  if (end === -1) throw new UsageError(`${file} is no job.xml: it has no </configuration>`);
  return `${xml.slice(0, end)}${properties.join("\n")}\n${xml.slice(end)}`;
}
