/** Options of a job, by name. Their ranges are checked by the coordinator, which says what it takes. */
import { Option, type Command } from "commander";
import type { Submission } from "../sdk/submit";
import { UsageError } from "./failures";
import { parseJson } from "./read-files";

type JobOptions = NonNullable<Submission["options"]>;

export interface JobOptionFlags {
  readonly quorum?: number;
  readonly copies?: number;
  readonly maxErrorRate?: number;
  readonly compare?: JobOptions["compare"];
  readonly sameEngine?: boolean;
  readonly reducers?: number;
  readonly chunkBytes?: number;
  readonly chunkSize?: number;
  readonly maxErrors?: number;
  readonly maxCopies?: number;
  readonly timeout?: number;
  readonly onError?: "fail" | "skip" | "collect";
  readonly onCorrection?: "recompute" | "mark";
  readonly priority?: number;
  readonly weight?: number;
  readonly maxVolunteers?: number;
  readonly maxInFlight?: number;
  readonly requires?: JobOptions["requires"];
  readonly tag?: string[];
  readonly option?: string[];
}

export function addJobOptions(command: Command): Command {
  const numbers: [flag: string, description: string][] = [
    ["--quorum <n>", "volunteers that must return the same output (default: 2; 1 validates nothing)"],
    ["--copies <n>", "copies that are given out at first (default: the quorum)"],
    ["--max-error-rate <share>", "instead: wrong outputs that may be accepted, such as 0.0001"],
    ["--reducers <n>", "partitions of a result that is reduced (default: 4)"],
    ["--chunk-bytes <bytes>", "text of one task (default: 262144)"],
    ["--chunk-size <n>", "items or numbers of one task (default: 1)"],
    ["--max-errors <n>", "copies of a task that may fail before it is given up (default: 3)"],
    ["--max-copies <n>", "answers to a task that may disagree before it is given up (default: 10)"],
    ["--timeout <ms>", "how long one task may run (default: 300000)"],
    ["--priority <n>", "-10 to 10; each step doubles the job's share (default: 0)"],
    ["--weight <n>", "1 to 100: the share beside jobs of the same priority (default: 1)"],
    ["--max-volunteers <n>", "volunteers that may work on it at once"],
    ["--max-in-flight <n>", "copies of its tasks that may be out at once"],
  ];
  command.optionsGroup("Job:");
  for (const [flag, description] of numbers)
    command.addOption(new Option(flag, description).argParser(numberOf(flag)));
  return command
    .option("--same-engine", "compare only outputs of JavaScript engines that compute alike")
    .addOption(
      new Option("--compare <json>", "how outputs are compared: exact, or as in docs/PROGRAMS.md").argParser(
        (text: string) => (text === "exact" ? text : parseJson(text, "--compare")),
      ),
    )
    .addOption(
      new Option("--on-error <what>", "what a task that fails does to the job (default: fail)").choices([
        "fail",
        "skip",
        "collect",
      ]),
    )
    .addOption(
      new Option(
        "--on-correction <what>",
        "what becomes of the completed job when a result that it read is corrected (default: recompute)",
      ).choices(["recompute", "mark"]),
    )
    .addOption(
      new Option("--requires <json>", 'what a volunteer must have, such as {"slots":4}').argParser(
        (text: string) => parseJson(text, "--requires"),
      ),
    )
    .option("--tag <tag...>", "tags a volunteer must have")
    .option("-O, --option <name=value...>", "any other option of the API, its value as JSON or text");
}

function numberOf(flag: string) {
  return (text: string): number => {
    const value = Number(text.replaceAll("_", ""));
    if (text.trim() !== "" && Number.isFinite(value)) return value;
    throw new UsageError(`${flag.split(" ")[0]} must be a number; got ${JSON.stringify(text)}`);
  };
}

/** @throws {UsageError} */
export function readJobOptions(flags: JobOptionFlags): JobOptions {
  const { timeout, tag, requires } = flags;
  const named = [
    ...["quorum", "copies", "maxErrorRate", "compare", "sameEngine", "reducers", "chunkBytes", "chunkSize"],
    ...["maxErrors", "maxCopies", "onError", "onCorrection", "priority", "weight"],
    ...["maxVolunteers", "maxInFlight"],
  ];
  const given = Object.entries(flags).filter(([name, value]) => named.includes(name) && value !== undefined);
  const others = (flags.option ?? []).map(parseOption);
  return {
    ...Object.fromEntries([...given, ...others]),
    ...(timeout !== undefined && { taskTimeoutMs: timeout }),
    ...((requires || tag) && { requires: { ...requires, ...(tag && { tags: tag }) } }),
  };
}

function parseOption(text: string): [name: string, value: unknown] {
  const [, name, value] = /^(\w+)=([\s\S]*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new UsageError(`--option must be name=value; got ${JSON.stringify(text)}`);
  try {
    return [name, parseJson(value, name)];
  } catch {
    return [name, value];
  }
}
