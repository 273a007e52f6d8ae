/** `dataset put | import | get | list | versions | delete`: data that is uploaded once and read by many jobs. */
import { Option, type Command } from "commander";
import { createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { DatasetPath, type DatasetVersionView, type DatasetView } from "../../protocol/dataset";
import { DATASET_FORMATS, type DatasetFormatName } from "../../protocol/format";
import type { ImportTerms } from "../../sdk/import";
import type { UploadTerms } from "../../sdk/upload";
import { UsageError } from "../failures";
import { openUploadBar } from "../progress";
import { unreadable } from "../read-files";
import { gridOf, writeJson, writeLine, type CommonOptions, type Terminal } from "../terminal";

interface PutFlags extends CommonOptions {
  readonly format?: DatasetFormatName;
  readonly delimiter?: string;
  readonly quoteCharacter?: string;
  readonly header: boolean;
  readonly recordBytes?: number;
  readonly blockBytes?: number;
  readonly copies?: number;
  readonly gzip?: boolean;
  readonly sha256?: string;
}

interface WhichFlags extends CommonOptions {
  readonly at?: number;
  readonly output?: string;
}

export function addDatasetCommands(program: Command, terminal: Terminal): void {
  const datasets = program
    .command("dataset")
    .alias("datasets")
    .description("data that is uploaded once and read by many jobs");
  const grid = (flags: CommonOptions) => gridOf(terminal, flags).datasets;
  const { stdout, signal } = terminal;

  addPutOptions(datasets.command("put")).action(
    async (path: string, file: string | undefined, _flags, command: Command) => {
      const flags = command.optsWithGlobals<PutFlags>();
      const isPiped = file === undefined || file === "-";
      if (file === undefined && terminal.stdin.isTTY)
        throw new UsageError("no data: give a file, or pipe it in");
      if (!isPiped) await refuseUnreadable(file);
      const bar = openUploadBar(terminal, flags);
      try {
        const data = isPiped ? (terminal.stdin as AsyncIterable<Uint8Array>) : file;
        const terms = termsOf(flags, isPiped ? "" : file);
        const dataset = await grid(flags).put(checked(path), data, {
          ...terms,
          signal,
          onProgress: bar.show,
        });
        bar.close();
        if (flags.json) return await writeJson(stdout, dataset);
        await writeLine(stdout, versionText(dataset.latest));
      } finally {
        bar.close();
      }
    },
  );

  addFormatOptions(
    datasets
      .command("import")
      .argument("<path>", "such as /ada/words")
      .argument("<address>", "http or https, at a host that the operator of the grid allows")
      .description("have the grid fetch the next version of a dataset"),
  ).action(async (path: string, address: string, _flags, command: Command) => {
    const flags = command.optsWithGlobals<PutFlags>();
    const bar = openUploadBar(terminal, flags);
    try {
      const terms = importTermsOf(flags, address);
      const found = await grid(flags).import(checked(path), address, {
        ...terms,
        signal,
        onProgress: bar.show,
      });
      bar.close();
      await (flags.json ? writeJson(stdout, found) : writeLine(stdout, versionText(found)));
    } finally {
      bar.close();
    }
  });

  datasets
    .command("get")
    .argument("<path>", "such as /ada/words")
    .description("print its bytes")
    .addOption(versionOption())
    .option("-o, --output <file>", "in place of standard output")
    .action(async (path: string, _flags, command: Command) => {
      const flags = command.optsWithGlobals<WhichFlags>();
      const bytes = Readable.from(grid(flags).read(checked(path), { ...whichOf(flags), signal }), {
        objectMode: false,
      });
      if (flags.output === undefined) await pipeline(bytes, stdout, { end: false });
      else await pipeline(bytes, createWriteStream(flags.output));
    });

  datasets
    .command("list", { isDefault: true })
    .alias("ls")
    .argument("[prefix]", "only those whose path begins so, such as /ada/")
    .description("list datasets, by path")
    .action(async (prefix: string | undefined, _flags, command: Command) => {
      const flags = command.optsWithGlobals<CommonOptions>();
      const query = { signal, ...(prefix !== undefined && { prefix }) };
      for await (const found of grid(flags).list(query)) {
        await (flags.json ? writeJson(stdout, found) : writeLine(stdout, datasetText(found)));
      }
    });

  datasets
    .command("versions")
    .argument("<path>", "such as /ada/words")
    .description("its versions, newest first")
    .action(async (path: string, _flags, command: Command) => {
      const flags = command.optsWithGlobals<CommonOptions>();
      for await (const found of grid(flags).versions(checked(path), { signal })) {
        await (flags.json ? writeJson(stdout, found) : writeLine(stdout, versionText(found)));
      }
    });

  datasets
    .command("delete")
    .alias("rm")
    .argument("<path>", "such as /ada/words")
    .description("delete it, or one version of it; jobs that read it go on")
    .addOption(versionOption())
    .action(async (path: string, _flags, command: Command) => {
      const flags = command.optsWithGlobals<WhichFlags>();
      await grid(flags).remove(checked(path), { ...whichOf(flags), signal });
    });
}

const versionOption = () =>
  new Option("--at <version>", "another version than the latest").argParser((text: string) => {
    const version = Number(text);
    if (Number.isSafeInteger(version) && version >= 1) return version;
    throw new UsageError(`--at must be a whole number from 1; got ${JSON.stringify(text)}`);
  });

const whichOf = ({ at }: { readonly at?: number }) => (at === undefined ? {} : { version: at });

function addPutOptions(command: Command): Command {
  return addFormatOptions(
    command
      .argument("<path>", "such as /ada/words")
      .argument("[file]", "the data; - for standard input, which is the default when it is a pipe")
      .description("upload the next version of a dataset; goes on where a connection broke"),
  ).addHelpText(
    "after",
    `
Examples:
  $ tabgrid dataset put /ada/words book.txt
  $ zcat log.gz | tabgrid dataset put /ada/log -
  $ tar -c pictures | tabgrid dataset put /ada/pictures - --format files
  $ tabgrid run words.js --dataset /ada/words`,
  );
}

function addFormatOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--format <format>", "by default as the file's name says, or lines").choices(
        DATASET_FORMATS,
      ),
    )
    .option("--delimiter <character>", "of csv (default: a comma)")
    .option("--quote-character <character>", 'of csv (default: "; none for none)')
    .option("--no-header", "of csv: the first row is a record")
    .option("--record-bytes <n>", "of bytes: the size of each record", Number)
    .option("--block-bytes <n>", "a block ends with the first record that ends there", Number)
    .option("--copies <n>", "volunteers that should hold each block", Number)
    .option("--gzip", "the data is gzip, to be unpacked; the default for names that end in .gz")
    .option("--sha256 <hex>", "what the SHA-256 of the data must be");
}

/** What the flags say; the rest is for address and host to tell. */
function importTermsOf(flags: PutFlags, address: string): ImportTerms {
  const { pathname } = URL.canParse(address) ? new URL(address) : { pathname: "" };
  const { format, gzip: _guessed, ...terms } = termsOf(flags, pathname);
  const saysFormat =
    [flags.format, flags.delimiter, flags.quoteCharacter, flags.recordBytes].some(
      (flag) => flag !== undefined,
    ) || !flags.header;
  return {
    ...terms,
    ...(saysFormat && { format }),
    ...(flags.gzip !== undefined && { gzip: flags.gzip }),
  };
}

/** What the flags say of the data, and otherwise its name. */
function termsOf(flags: PutFlags, file: string): UploadTerms {
  const { delimiter, quoteCharacter: quote, header, recordBytes, blockBytes, copies, sha256 } = flags;
  const name = file.toLowerCase().replace(/\.gz$/, "");
  const type = flags.format ?? formatOf(name);
  const format = {
    type,
    ...(type === "csv" && !header && { header }),
    ...(delimiter !== undefined && { delimiter }),
    ...(quote !== undefined && { quote: quote === "none" ? null : quote }),
    ...(recordBytes !== undefined && { recordBytes }),
  };
  return {
    // Its parts are checked by the coordinator, which says what they may be.
    format: format as UploadTerms["format"],
    gzip: flags.gzip ?? file.toLowerCase().endsWith(".gz"),
    ...(sha256 !== undefined && { sha256: sha256 as UploadTerms["sha256"] }),
    ...(blockBytes !== undefined && { blockBytes }),
    ...(copies !== undefined && { copies }),
  };
}

function formatOf(name: string): DatasetFormatName {
  if (/\.(jsonl|ndjson)$/.test(name)) return "jsonl";
  if (/\.tar$/.test(name)) return "files";
  if (name.endsWith(".parquet")) return "parquet";
  return name.endsWith(".csv") ? "csv" : "lines";
}

function checked(path: string): DatasetPath {
  const parsed = DatasetPath.safeParse(path);
  if (parsed.success) return parsed.data;
  throw new UsageError(`a dataset's path looks like /user/name; got ${JSON.stringify(path)}`);
}

async function refuseUnreadable(file: string): Promise<void> {
  try {
    await (await open(file)).close();
  } catch (error) {
    throw unreadable(file, error);
  }
}

function datasetText({ path, versions, latest }: DatasetView): string {
  return `${path}  ${counted(versions, "version")}  ${figuresOf(latest)}`;
}

const versionText = (view: DatasetVersionView) =>
  `${view.path}  version ${view.version}  ${figuresOf(view)}  ${new Date(view.createdAt).toISOString()}`;

const figuresOf = ({ format, bytes, records, blocks }: DatasetVersionView) =>
  [format.type, counted(bytes, "byte"), counted(records, "record"), counted(blocks, "block")].join("  ");

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;
