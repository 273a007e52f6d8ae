/** What a submitter gets to read when a program throws. */
import { LIMITS } from "../../protocol/limits";
import { namedFrames } from "./runtimes/source-frames";

export interface ThrownText {
  readonly message: string;
  /** Only the program's own frames, as `program.js:line:column`, or as its source map names them. */
  readonly stack: string;
}

export function describeThrown(thrown: unknown): ThrownText {
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : `Thrown: ${textOf(thrown)}`;
  return {
    message: cap(message, LIMITS.errorMessageChars),
    stack: thrown instanceof Error ? stackOf(thrown) : "",
  };
}

/** The program's own frames of an error's stack, which are the same in every tab with the same engine. */
export function stackOf(error: Error): string {
  return cap(programFrames(String(error.stack ?? "")), LIMITS.errorStackChars);
}

/** The harness is a data: URL many kilobytes long; in threads of Node it is a file, called by others. */
const NOT_OF_THE_PROGRAM = /data:text\/javascript|\/slot-thread\.mjs|\(?node:/;

function programFrames(stack: string): string {
  const lines = stack.split("\n").filter((line) => !NOT_OF_THE_PROGRAM.test(line));
  return namedFrames(lines.join("\n"));
}

/** Programs throw anything, also what cannot be shown. */
function textOf(value: unknown): string {
  try {
    return typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  } catch {
    return "a value without text";
  }
}

export function cap(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars - 1)}…`;
}
