/** Programs that the grid keeps: inject, start, result, stop, update, roll back; and services, which answer requests. */
import { Option, type Command } from "commander";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ProgramView } from "../../protocol/program";
import type { ServiceView } from "../../protocol/service";
import type { ProgramStart } from "../../sdk/programs";
import { UsageError } from "../failures";
import { addInputOptions, namesInput, readInput, type InputOptions } from "../input-options";
import { addProgramOptions, readProgram, type ProgramOptions } from "../program-options";
import { addJobOptions, readJobOptions, type JobOptionFlags } from "../job-options";
import { readConfig, readTextFile } from "../read-files";
import { gridOf, writeJson, writeLine, type CommonOptions, type Terminal } from "../terminal";

type KeptFlags = CommonOptions & ProgramOptions & JobOptionFlags & { readonly config?: string };
type StartFlags = CommonOptions &
  InputOptions &
  JobOptionFlags & {
    readonly config?: string;
    readonly instances?: number;
    readonly as?: string;
    readonly at?: number;
  };

const configOption = () =>
  new Option("-c, --config <json>", "what it gets as context.config: JSON, or @file.json");

/** The program, and what its starts begin with unless they say otherwise. */
const addKeptOptions = (command: Command) =>
  addJobOptions(addProgramOptions(command.addOption(configOption())));

/** What was said of options and config, and nothing that was not. */
async function readKept(flags: JobOptionFlags & { readonly config?: string }) {
  // Members that were not given are not in it, so none is undefined.
  const options = readJobOptions(flags) as NonNullable<ProgramStart["options"]>;
  return {
    ...(Object.keys(options).length > 0 && { options }),
    ...(flags.config !== undefined && { config: await readConfig(flags.config) }),
  };
}

export function addProgramCommands(program: Command, terminal: Terminal): void {
  const programs = program
    .command("program")
    .alias("programs")
    .description("programs that are kept under a path, in versions");
  const grid = (flags: CommonOptions) => gridOf(terminal, flags).programs;
  const { stdout, signal } = terminal;

  async function show(flags: CommonOptions, found: ProgramView): Promise<void> {
    if (flags.json) return writeJson(stdout, found);
    await writeLine(stdout, programText(found));
  }

  addKeptOptions(
    programs
      .command("inject")
      .argument("<path>", "such as /ada/primes")
      .argument("[file]", "the program")
      .description("keep a program under a path, to be started")
      .option("--service", "it stays in volunteers and answers requests"),
  ).action(async (path: string, file: string | undefined, _flags, command: Command) => {
    const flags = command.optsWithGlobals<KeptFlags & { service?: boolean }>();
    const { program: code } = await readProgram(file, flags);
    const kind = flags.service ? "service" : "batch";
    const kept = await readKept(flags);
    await show(flags, await grid(flags).inject({ path, kind, program: code, ...kept }, { signal }));
  });

  addKeptOptions(
    programs
      .command("update")
      .argument("<path>", "its path or id")
      .argument("[file]", "the program")
      .description("make a new version, which new work starts on"),
  ).action(async (path: string, file: string | undefined, _flags, command: Command) => {
    const flags = command.optsWithGlobals<KeptFlags>();
    const { program: code } = await readProgram(file, flags);
    await show(
      flags,
      await grid(flags).update(path, { program: code, ...(await readKept(flags)) }, { signal }),
    );
  });

  const start = programs
    .command("start")
    .argument("<path>", "its path or id")
    .description("start it: over an input, or over the dataset beside its path; prints the job's id")
    .option("--instances <n>", "of a service: volunteers that are to run it", Number)
    .option("--as <name>", "of a service: what it is asked under")
    .option("--at <version>", "another version than the current one", Number)
    .addOption(configOption());
  addJobOptions(addInputOptions(start)).action(async (path: string, _flags, command: Command) => {
    const flags = command.optsWithGlobals<StartFlags>();
    const { instances, as: name, at: version, json } = flags;
    const asked = {
      ...(await readKept(flags)),
      ...(version !== undefined && { version }),
      ...(instances !== undefined && { instances }),
      ...(name !== undefined && { name }),
    };
    if ((await grid(flags).get(path, { signal })).kind === "service") {
      return showService(terminal, flags, await grid(flags).startService(path, asked, { signal }));
    }
    const over = namesInput(flags) ? { input: await readInput(flags, terminal) } : {};
    const job = await grid(flags).start(path, { ...asked, ...over }, { signal });
    if (json) return writeJson(stdout, await job.view({ signal }));
    await writeLine(stdout, job.id);
  });

  programs
    .command("list", { isDefault: true })
    .description("list programs, by path")
    .action(async (_flags, command: Command) => {
      const flags = command.optsWithGlobals<CommonOptions>();
      for await (const found of grid(flags).list({ signal })) await show(flags, found);
    });

  programs
    .command("versions")
    .argument("<path>", "its path or id")
    .description("what it was, newest first")
    .action(async (path: string, _flags, command: Command) => {
      const flags = command.optsWithGlobals<CommonOptions>();
      for (const found of await grid(flags).versions(path, { signal })) {
        const when = new Date(found.createdAt).toISOString();
        const line = `version ${found.version}  ${when}  ${found.runtime}  ${found.bytes} bytes${found.isCurrent ? "  current" : ""}`;
        await (flags.json ? writeJson(stdout, found) : writeLine(stdout, line));
      }
    });

  programs
    .command("rollback")
    .argument("<path>", "its path or id")
    .description("make an earlier version the current one again")
    .option("--to <version>", "the one before the current one when left out", Number)
    .action(async (path: string, _flags, command: Command) => {
      const flags = command.optsWithGlobals<CommonOptions & { to?: number }>();
      await show(flags, await grid(flags).rollBack(path, flags.to, { signal }));
    });

  programs
    .command("stop")
    .argument("<path>", "its path or id")
    .description("end what runs of it")
    .action(async (path: string, _flags, command: Command) => {
      const flags = command.optsWithGlobals<CommonOptions>();
      await show(flags, await grid(flags).stop(path, { signal }));
    });

  programs
    .command("delete")
    .argument("<path>", "its path or id")
    .description("forget it, with its versions")
    .action(async (path: string, _flags, command: Command) => {
      await grid(command.optsWithGlobals<CommonOptions>()).remove(path, { signal });
    });

  for (const [name, description] of [
    ["result", "the result of its job that was started last, as lines of JSON"],
    ["output", "what the tasks of that job have written"],
  ] as const) {
    programs
      .command(name)
      .argument("<path>", "its path or id")
      .description(description)
      .option("--follow", "wait while the job runs")
      .action(async (path: string, _flags, command: Command) => {
        const flags = command.optsWithGlobals<CommonOptions & { follow?: boolean }>();
        const query = { follow: flags.follow ?? false, signal };
        await copyBody(await grid(flags)[name](path, query), terminal);
      });
  }
}

export function addServiceCommands(program: Command, terminal: Terminal): void {
  const services = program
    .command("service")
    .alias("services")
    .description("programs that stay and answer requests");
  const grid = (flags: CommonOptions) => gridOf(terminal, flags).services;
  const { signal } = terminal;

  services
    .command("list", { isDefault: true })
    .description("list the services that run")
    .action(async (_flags, command: Command) => {
      const flags = command.optsWithGlobals<CommonOptions>();
      for (const service of await grid(flags).list({ signal })) await showService(terminal, flags, service);
    });

  services
    .command("show")
    .argument("<name>", "as in /api/v1/services/{name}")
    .description("its instances, how they are, what went wrong")
    .action(async (name: string, _flags, command: Command) => {
      const flags = command.optsWithGlobals<CommonOptions>();
      await showService(terminal, flags, await grid(flags).get(name, { signal }));
    });

  services
    .command("scale")
    .argument("<name>", "as in /api/v1/services/{name}")
    .argument("<instances>", "volunteers that are to run it", Number)
    .description("change how many volunteers run it")
    .action(async (name: string, instances: number, _flags, command: Command) => {
      const flags = command.optsWithGlobals<CommonOptions>();
      await showService(terminal, flags, await grid(flags).scale(name, instances, { signal }));
    });

  services
    .command("ask")
    .argument("<name>", "as in /api/v1/services/{name}")
    .argument("[path]", "path and query below it", "/")
    .description("ask it, and print its answer")
    .option("--data <text>", "a body, to POST it; @file for that of a file")
    .option("--quorum <n>", "instances that must give the same answer", Number)
    .action(async (name: string, path: string, _flags, command: Command) => {
      const flags = command.optsWithGlobals<CommonOptions & { data?: string; quorum?: number }>();
      const { data, quorum } = flags;
      if (quorum !== undefined && !Number.isInteger(quorum))
        throw new UsageError("--quorum must be a whole number");
      const body = data?.startsWith("@") ? await readTextFile(data.slice(1)) : data;
      const init = { ...(body !== undefined && { body }), ...(quorum !== undefined && { quorum }), signal };
      await copyBody(await grid(flags).ask(name, path, init), terminal);
    });
}

async function copyBody({ body }: Response, { stdout }: Terminal): Promise<void> {
  if (body) await pipeline(Readable.fromWeb(body as never), stdout, { end: false });
}

async function showService({ stdout }: Terminal, flags: CommonOptions, service: ServiceView): Promise<void> {
  if (flags.json) return writeJson(stdout, service);
  await writeLine(stdout, serviceText(service));
}

function programText({
  path,
  id,
  kind,
  version,
  runtime,
  runningJobs,
  service,
  lastJob,
}: ProgramView): string {
  const runs = service ? `serves as ${service}` : runningJobs > 0 ? `${runningJobs} running` : "";
  return `${path}  ${kind}  version ${version}  ${runtime}  ${id}  ${runs || (lastJob ?? "")}`.trimEnd();
}

function serviceText({
  name,
  state,
  ready,
  wanted,
  version,
  instances,
  errors,
  waiting,
  latency,
}: ServiceView): string {
  const figures = latency ? `  p50 ${latency.p50.toFixed(0)} ms, p95 ${latency.p95.toFixed(0)} ms` : "";
  return [
    `${name}  ${state}  ${ready} of ${wanted} up  version ${version}${figures}`,
    ...instances.map(
      (each) => `    ${each.volunteerId}  ${each.state}  version ${each.version}  ${each.answered} answers`,
    ),
    ...(waiting ? [`  ${waiting}`] : []),
    ...errors.slice(-1).map(({ volunteerId, message }) => `  last error, of ${volunteerId}: ${message}`),
  ].join("\n");
}
