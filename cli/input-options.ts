/** What a job works on: a file or standard input, numbers, items named one by one, or what the grid has or fetches. */
import { Option, type Command } from "commander";
import { open } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { text as readAll } from "node:stream/consumers";
import { JobId } from "../protocol/ids";
import type { Json } from "../protocol/json";
import { LIMITS } from "../protocol/limits";
import type { Items } from "../sdk/map";
import { range } from "../sdk/range";
import type { Submission } from "../sdk/submit";
import { UsageError } from "./failures";
import { parseJson, readJson, readTextFile, unreadable } from "./read-files";
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
  readonly result?: string;
  readonly sweep?: string;
  readonly columns?: string[];
}

/** Of each, the option's name. Only one may be given. */
const SOURCES = {
  input: "--input",
  range: "--range",
  items: "--items",
  dataset: "--dataset",
  inputUrl: "--input-url",
  result: "--result",
  sweep: "--sweep",
} as const satisfies Partial<Record<keyof InputOptions, string>>;
const SOURCE_KEYS = Object.keys(SOURCES) as readonly (keyof typeof SOURCES)[];
const SOURCE_NAMES = Object.values(SOURCES)
  .join(", ")
  .replace(/, (?=[^,]*$)/, " and ");

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
    .option("--result <job>", "the result of a completed job: every record has key and value")
    .option(
      "--sweep <json>",
      'every combination of values, such as {"a": ["x", "y"], "b": {"end": 3}}, or @file.json',
    )
    .option(
      "--columns <name...>",
      "of a dataset or an address that is Parquet: the columns to read; all by default",
    );
}

type TextFormat = (typeof INPUT_FORMATS)[number];

/** Whether any but standard input is named. */
export function namesInput(options: InputOptions): boolean {
  return SOURCE_KEYS.some((key) => options[key] !== undefined);
}

type Source =
  | { type: "range"; range: { start: number; end: number; step: number } }
  | { type: "items"; items: Json[] }
  | { type: "dataset"; dataset: string; version: number | null; columns: string[] | null }
  | { type: "address"; url: string; format: TextFormat | null; columns: string[] | null }
  | { type: "result"; job: JobId }
  /** What is not read yet: JSON, or the name of a file behind an @. */
  | { type: "sweep"; json: string }
  /** `file` is null for standard input. */
  | { type: "text"; file: string | null; format: TextFormat };

/** @throws {UsageError} If none, or several, are given. */
function sourceOf(options: InputOptions, { stdin }: Terminal): Source {
  const { input, range, items, dataset, inputUrl: url, inputFormat, columns = null } = options;
  const given = SOURCE_KEYS.filter((key) => options[key] !== undefined);
  if (given.length > 1) throw new UsageError(`give one of ${SOURCE_NAMES}, not several`);
  if (columns !== null && url === undefined && dataset === undefined)
    throw new UsageError("--columns chooses columns of --dataset or --input-url");
  if (url !== undefined) return { type: "address", url, format: inputFormat ?? null, columns };
  if (dataset !== undefined) return { type: "dataset", ...parseDataset(dataset), columns };
  if (range !== undefined) return { type: "range", range: parseRange(range) };
  if (items !== undefined) return { type: "items", items: items.map(parseItem) };
  if (options.result !== undefined) return { type: "result", job: parseJob(options.result) };
  if (options.sweep !== undefined) return { type: "sweep", json: options.sweep };
  if (input === undefined && stdin.isTTY)
    throw new UsageError(`no input: give one of ${SOURCE_NAMES}, or pipe lines in`);
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
  if (source.type === "result") return { result: source.job };
  // Names and values are the coordinator's to check.
  if (source.type === "sweep") return { sweep: await readJson(source.json, "--sweep") } as Input;
  const { file, format } = source;
  const text = file === null ? await readAll(terminal.stdin) : await readTextFile(file);
  return textInput(text, format, file ?? STDIN);
}

/** Record by record, as they come. @throws {UsageError} As `readInput`; the text's own errors when they are reached. */
export async function openInput(options: InputOptions, terminal: Terminal): Promise<Items<unknown>> {
  const source = sourceOf(options, terminal);
  if (source.type === "range") return range(source.range.start, source.range.end, source.range.step);
  if (source.type === "items") return source.items;
  if (source.type !== "text")
    throw new UsageError(
      "--dataset, --input-url, --result and --sweep are for run, submit and program start",
    );
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

/** @throws {UsageError} */
function parseJob(text: string): JobId {
  const { data } = JobId.safeParse(text);
  if (data) return data;
  throw new UsageError(`--result must be a job's id, such as job_0123456789abcdef; got ${text}`);
}

function parseItem(text: string) {
  try {
    return parseJson(text, "--items");
  } catch {
    // `--items red green` are meant as text.
    return text;
  }
}
