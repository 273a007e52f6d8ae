/**
 * Finds what a Python program defines at its top level, without running it.
 *
 * There is no Python in the coordinator: what is wrong with the syntax is told by the first tab that loads it.
 */
import { AGGREGATE_ALONE, readAggregate } from "../protocol/aggregate";
import { GridError } from "../protocol/problems";
import type { ProgramShape } from "./program";

/** @throws {GridError} `program-invalid` when there is no `map`. */
export function checkPython(source: string): Pick<ProgramShape, "hasReduce" | "hasCombine" | "hasSplit"> {
  const names = namesWith(source, "map", "A program");
  const aggregates = hasAggregate(source);
  if (aggregates && (names.has("reduce") || names.has("combine"))) throw invalid(AGGREGATE_ALONE);
  return {
    hasReduce: names.has("reduce") || aggregates,
    hasCombine: names.has("combine") || aggregates,
    hasSplit: names.has("split"),
  };
}

/** @throws {GridError} `program-invalid` when there is no `handle`. */
export function checkPythonService(source: string): void {
  namesWith(source, "handle", "A service");
}

/** The names at the top level, one of which must be there. */
function namesWith(source: string, wanted: string, what: string): ReadonlySet<string> {
  const names = topLevelNames(source);
  if (names.has(wanted)) return names;
  const list = [...names].slice(0, 10).map((name) => `\`${name}\``);
  const rule = `${what} must define a function named \`${wanted}\` at its top level`;
  throw invalid(`${rule}; this one defines ${list.length === 0 ? "nothing" : list.join(", ")}`);
}

function invalid(message: string): GridError {
  return new GridError("program-invalid", message, { line: 1, column: 1 });
}

/** Whether the program has one: it must be written out, because nothing is run here. @throws {GridError} If it is none. */
function hasAggregate(source: string): boolean {
  const [, written] = /^aggregate\s*(?::[^=\n]+)?=(?!=)[ \t]*([^#\n]*)/m.exec(withoutLongTexts(source)) ?? [];
  if (written === undefined) return false;
  try {
    readAggregate(valueIn(written.trim()));
    return true;
  } catch (error) {
    throw error instanceof TypeError ? invalid(error.message) : error;
  }
}

/** Texts and dictionaries of Python that are as simple look like JSON, but for their quotes. */
function valueIn(written: string): unknown {
  try {
    return JSON.parse(written.replaceAll("'", '"'));
  } catch {
    return written;
  }
}

/** Functions, and variables that are given a value; not what is imported: `functools` has a `reduce`. */
function topLevelNames(source: string): Set<string> {
  const definitions = withoutLongTexts(source).matchAll(
    /^(?:(?:async\s+)?def\s+(\w+)\s*[([]|(\w+)\s*(?::[^=\n]+)?=(?!=))/gm,
  );
  return new Set([...definitions].map(([, defined, assigned]) => defined ?? assigned ?? ""));
}

const withoutLongTexts = (source: string) => source.replaceAll(/"""[\s\S]*?"""|'''[\s\S]*?'''/g, '""');
