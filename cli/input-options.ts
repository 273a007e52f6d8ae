/** What a job works on: a file or standard input, numbers, or items named one by one. */
import { Option, type Command } from "commander";
import { text as readAll } from "node:stream/consumers";
import { LIMITS } from "../protocol/limits";
import type { Submission } from "../sdk/submit";
import { UsageError } from "./failures";
import { parseJson, readTextFile } from "./read-files";
import type { Terminal } from "./terminal";

type Input = Submission["input"];

const INPUT_FORMATS = ["lines", "jsonl", "items"] as const;

export interface InputOptions {
  readonly input?: string;
  readonly inputFormat?: (typeof INPUT_FORMATS)[number];
  readonly range?: string;
  readonly items?: string[];
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
    .option("--items <item...>", "the items themselves; JSON where it is JSON, otherwise text");
}

/** @throws {UsageError} If none, several, or an unreadable one is given. */
export async function readInput(options: InputOptions, { stdin }: Terminal): Promise<Input> {
  const { input, range, items, inputFormat } = options;
  const given = [input, range, items].filter((source) => source !== undefined);
  if (given.length > 1) throw new UsageError("give one of --input, --range and --items, not several");
  if (range !== undefined) return { range: parseRange(range) };
  if (items !== undefined) return { items: items.map(parseItem) };
  if (input === undefined && stdin.isTTY)
    throw new UsageError("no input: give --input FILE, --range or --items, or pipe lines in");
  const isStandard = input === undefined || input === "-";
  const text = isStandard ? await readAll(stdin) : await readTextFile(input);
  return textInput(
    text,
    inputFormat ?? formatOf(isStandard ? "" : input),
    isStandard ? "standard input" : input,
  );
}

function textInput(text: string, format: (typeof INPUT_FORMATS)[number], where: string): Input {
  if (text.length > LIMITS.submitBytes) {
    throw new UsageError(
      `${where} is too large for a submission: at most ${LIMITS.submitBytes / 2 ** 20} MiB, it has ${(text.length / 2 ** 20).toFixed(1)}`,
    );
  }
  if (format !== "items") return { text, format };
  const items = parseJson(text, where);
  if (Array.isArray(items)) return { items };
  throw new UsageError(`${where} must be a list in JSON, because its records are items; got ${typeof items}`);
}

function formatOf(file: string): (typeof INPUT_FORMATS)[number] {
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

function parseItem(text: string) {
  try {
    return parseJson(text, "--items");
  } catch {
    // `--items red green` are meant as text.
    return text;
  }
}
