/** What a job works on: a file or standard input, numbers, or items named one by one. */
import { Option, type Command } from "commander";
import { open } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { text as readAll } from "node:stream/consumers";
import type { Json } from "../protocol/json";
import { LIMITS } from "../protocol/limits";
import type { Items } from "../sdk/map";
import { range } from "../sdk/range";
import type { Submission } from "../sdk/submit";
import { UsageError } from "./failures";
import { parseJson, readTextFile, unreadable } from "./read-files";
import type { Terminal } from "./terminal";

type Input = Submission["input"];

const INPUT_FORMATS = ["lines", "jsonl", "items"] as const;

export interface InputOptions {
  readonly input?: string;
  readonly inputFormat?: (typeof INPUT_FORMATS)[number];
  readonly range?: string;
  readonly items?: string[];
  readonly dataset?: string;
  readonly inputUrl?: string;
  readonly columns?: string[];
}

export function addInputOptions(command: Command): Command {
  return command
    .optionsGroup("Input:")
    .option("-i, --input <file>", "a file, or - for standard input, which is the default when it is a pipe")
    .addOption(
      new Option(
        "--input-format <format>",
        "a record is a line, the JSON of a line, or an item of a list in JSON; by default as the file's name says",
      ).choices(INPUT_FORMATS),
    )
    .option("--range <range>", "numbers: end, start:end or start:end:step; end is not included")
    .option("--items <item...>", "the items themselves; JSON where it is JSON, otherwise text")
    .option(
      "--dataset <path>",
      "a dataset on the grid, such as /ada/words, or /ada/words@2 for a version of it",
    )
    .option("--input-url <address>", "what the grid fetches from there, at a host that its operator allows")
    .option(
      "--columns <name...>",
      "of a dataset or an address that is Parquet: the columns to read; all by default",
    );
}

type TextFormat = (typeof INPUT_FORMATS)[number];

type Source =
  | { type: "range"; range: { start: number; end: number; step: number } }
  | { type: "items"; items: Json[] }
  | { type: "dataset"; dataset: string; version: number | null; columns: string[] | null }
  | { type: "address"; url: string; format: TextFormat | null; columns: string[] | null }
  /** `file` is null for standard input. */
  | { type: "text"; file: string | null; format: TextFormat };

/** @throws {UsageError} If none, or several, are given. */
function sourceOf(options: InputOptions, { stdin }: Terminal): Source {
  const { input, range, items, dataset, inputUrl: url, inputFormat, columns = null } = options;
  const given = [input, range, items, dataset, url].filter((source) => source !== undefined);
  if (given.length > 1)
    throw new UsageError("give one of --input, --range, --items, --dataset and --input-url, not several");
  if (columns !== null && url === undefined && dataset === undefined)
    throw new UsageError("--columns chooses columns of --dataset or --input-url");
  if (url !== undefined) return { type: "address", url, format: inputFormat ?? null, columns };
  if (dataset !== undefined) return { type: "dataset", ...parseDataset(dataset), columns };
  if (range !== undefined) return { type: "range", range: parseRange(range) };
  if (items !== undefined) return { type: "items", items: items.map(parseItem) };
  if (input === undefined && stdin.isTTY)
    throw new UsageError(
      "no input: give --input FILE, --range, --items, --dataset or --input-url, or pipe lines in",
    );
  const file = input === undefined || input === "-" ? null : input;
  return { type: "text", file, format: inputFormat ?? formatOf(file ?? "") };
}

/** All of it, for one job. @throws {UsageError} If none, several, or an unreadable one is given. */
export async function readInput(options: InputOptions, terminal: Terminal): Promise<Input> {
  const source = sourceOf(options, terminal);
  if (source.type === "range") return { range: source.range };
  if (source.type === "items") return { items: source.items };
  if (source.type === "dataset") {
    const { dataset, version, columns } = source;
    return { dataset, ...(version !== null && { version }), ...(columns && { columns }) } as Input;
  }
  if (source.type === "address") {
    const { url, format, columns } = source;
    if (format === "items") throw new UsageError("--input-url has lines or jsonl; items are sent along");
    return { url, ...(format !== null && { format }), ...(columns && { columns }) };
  }
  const { file, format } = source;
  const text = file === null ? await readAll(terminal.stdin) : await readTextFile(file);
  return textInput(text, format, file ?? STDIN);
}

/** Record by record, as they come. @throws {UsageError} As `readInput`; the text's own errors when they are reached. */
export async function openInput(options: InputOptions, terminal: Terminal): Promise<Items<unknown>> {
  const source = sourceOf(options, terminal);
  if (source.type === "range") return range(source.range.start, source.range.end, source.range.step);
  if (source.type === "items") return source.items;
  if (source.type === "dataset" || source.type === "address")
    throw new UsageError("--dataset and --input-url are for run, submit and program start");
  const { file, format } = source;
  if (format === "items") {
    const text = file === null ? await readAll(terminal.stdin) : await readTextFile(file);
    return itemsIn(text, file ?? STDIN);
  }
  const stream = file === null ? terminal.stdin : await openFile(file);
  return format === "lines" ? linesIn(stream) : valuesIn(linesIn(stream), file ?? STDIN);
}

const STDIN = "standard input";

async function openFile(file: string): Promise<Readable> {
  try {
    return (await open(file)).createReadStream();
  } catch (error) {
    throw unreadable(file, error);
  }
}

function linesIn(stream: Readable): AsyncIterable<string> {
  return createInterface({ input: stream, crlfDelay: Infinity });
}

async function* valuesIn(lines: AsyncIterable<string>, where: string): AsyncGenerator<Json> {
  let number = 0;
  for await (const line of lines) yield parseJson(line, `${where}, line ${++number},`);
}

function textInput(text: string, format: TextFormat, where: string): Input {
  if (text.length > LIMITS.submitBytes) {
    throw new UsageError(
      `${where} is too large for a submission: at most ${LIMITS.submitBytes / 2 ** 20} MiB, it has ${(text.length / 2 ** 20).toFixed(1)}`,
    );
  }
  return format === "items" ? { items: itemsIn(text, where) } : { text, format };
}

function itemsIn(text: string, where: string): Json[] {
  const items = parseJson(text, where);
  if (Array.isArray(items)) return items;
  throw new UsageError(`${where} must be a list in JSON, because its records are items; got ${typeof items}`);
}

function formatOf(file: string): TextFormat {
  if (/\.(jsonl|ndjson)$/i.test(file)) return "jsonl";
  return /\.json$/i.test(file) ? "items" : "lines";
}

/** @throws {UsageError} */
export function parseRange(text: string): { start: number; end: number; step: number } {
  const numbers = text
    .split(":")
    .map((part) => (part.trim() === "" ? NaN : Number(part.replaceAll("_", ""))));
  const isGood = numbers.length <= 3 && numbers.every(Number.isFinite);
  const [first = 0, second, step = 1] = numbers;
  if (!isGood) throw new UsageError(`--range must be end, start:end or start:end:step; got ${text}`);
  return second === undefined ? { start: 0, end: first, step } : { start: first, end: second, step };
}

/** `/ada/words@2`. The rest is the coordinator's to check. */
function parseDataset(text: string): { dataset: string; version: number | null } {
  const [, dataset = text, version] = /^(.*)@(\d+)$/.exec(text) ?? [];
  return { dataset, version: version === undefined ? null : Number(version) };
}

function parseItem(text: string) {
  try {
    return parseJson(text, "--items");
  } catch {
    // `--items red green` are meant as text.
    return text;
  }
}
