/**
 * Reads a program without running it: whether it can be loaded, and what it exports.
 *
 * Runs when a job is submitted, so that what cannot work is refused at once, with
 * its place, instead of failing in a thousand tabs. The coordinator never runs
 * user code; what cannot be seen in the text is left to the volunteers.
 */
import type { Node, Program } from "acorn";
import { AGGREGATE_ALONE, readAggregate } from "../protocol/aggregate";
import { LIMITS } from "../protocol/limits";
import { GridError } from "../protocol/problems";
import {
  exportsOf,
  isSeenNotToBeFunction,
  literalIn,
  namesWrittenIn,
  type Exported,
} from "./program-exports";
import { findImport } from "./program-imports";
import { parseModule } from "./program-parser";

export interface ProgramShape {
  hasSplit: boolean;
  hasCombine: boolean;
  hasReduce: boolean;
  /** What `classes` names, written out as an object; none without that export, null when it cannot be seen. */
  classNames: readonly string[] | null;
}

/** Functions a program may export; `map` it must. */
const FUNCTIONS = ["split", "map", "combine", "reduce"];

/**
 * @param source An ES module with everything it needs inside: imports are refused.
 * @throws {GridError} `program-invalid` with line and column, both from 1; `too-large`.
 */
export function checkProgram(source: string): ProgramShape {
  const exported = readExports(source, FUNCTIONS);
  if (!exported.has("map")) throw missing("A program must export a function named `map`", exported);
  const aggregate = exported.get("aggregate");
  if (aggregate) checkAggregate(aggregate, exported);
  return {
    hasSplit: exported.has("split"),
    hasCombine: exported.has("combine") || aggregate !== undefined,
    hasReduce: exported.has("reduce") || aggregate !== undefined,
    classNames: classNamesIn(exported.get("classes")),
  };
}

/**
 * The same for a program that answers requests: it exports `handle`, and perhaps `start`.
 * @throws {GridError} `program-invalid` with line and column, both from 1; `too-large`.
 */
export function checkService(source: string): Pick<ProgramShape, "classNames"> {
  const exported = readExports(source, ["handle", "start"]);
  if (!exported.has("handle")) throw missing("A service must export a function named `handle`", exported);
  return { classNames: classNamesIn(exported.get("classes")) };
}

/** @returns What a module exports by name, when it can be loaded, and those that are to be functions may be. */
function readExports(source: string, functions: readonly string[]): ReadonlyMap<string, Exported> {
  const byteCount = Buffer.byteLength(source);
  if (byteCount > LIMITS.programBytes) {
    throw new GridError(
      "too-large",
      `A program may have ${LIMITS.programBytes} bytes (programBytes); got ${byteCount}`,
    );
  }
  const program = parseProgram(source);
  refuseImports(program);

  const exported = exportsOf(program);
  for (const { name, node, value } of exported) {
    if (functions.includes(name) && value && isSeenNotToBeFunction(value)) {
      throw invalid(`\`${name}\` must be a function`, node);
    }
  }
  return new Map(exported.map((each) => [each.name, each]));
}

/** What is written out is checked here; anything else is left to the volunteers. */
function checkAggregate({ node, value }: Exported, exported: ReadonlyMap<string, Exported>): void {
  if (exported.has("combine") || exported.has("reduce")) throw invalid(AGGREGATE_ALONE, node);
  const written = value && literalIn(value);
  if (!written) return;
  try {
    readAggregate(written.value);
  } catch (error) {
    throw error instanceof TypeError ? invalid(error.message, node) : error;
  }
}

function classNamesIn(classes: Exported | undefined): readonly string[] | null {
  if (!classes) return [];
  return classes.value && namesWrittenIn(classes.value);
}

function parseProgram(source: string): Program {
  try {
    return parseModule(source);
  } catch (error) {
    if (!isSyntaxError(error)) throw error;
    const { line, column } = error.loc;
    const message = error.message.replace(/ \(\d+:\d+\)$/, "");
    throw new GridError("program-invalid", message, { line, column: column + 1 }, { cause: error });
  }
}

function isSyntaxError(error: unknown): error is SyntaxError & { loc: { line: number; column: number } } {
  return error instanceof SyntaxError && "loc" in error;
}

function refuseImports(program: Program): void {
  const found = findImport(program);
  if (!found) return;
  const what = found.specifier === null ? "a module" : `"${found.specifier}"`;
  throw invalid(
    `The program imports ${what}, but volunteers get this one file: bundle it with what it needs first ` +
      "(for example: npx esbuild program.js --bundle --format=esm)",
    found.node,
  );
}

function missing(rule: string, exported: ReadonlyMap<string, Exported>): GridError {
  const list = [...exported.keys()].slice(0, 10).map((name) => `\`${name}\``);
  const seen = `this one exports ${list.length === 0 ? "nothing" : list.join(", ")}`;
  return new GridError("program-invalid", `${rule}; ${seen}`, { line: 1, column: 1 });
}

function invalid(message: string, node: Node): GridError {
  const start = node.loc?.start;
  return new GridError(
    "program-invalid",
    message,
    start ? { line: start.line, column: start.column + 1 } : {},
  );
}
