/**
 * Finds what a Python program defines at its top level, without running it.
 *
 * There is no Python in the coordinator: what is wrong with the syntax is told by the first tab that loads it.
 */
import { GridError } from "../protocol/problems";
import type { ProgramShape } from "./program";

/** @throws {GridError} `program-invalid` when there is no `map`. */
export function checkPython(source: string): Pick<ProgramShape, "hasReduce" | "hasCombine" | "hasSplit"> {
  const names = namesWith(source, "map", "A program");
  return {
    hasReduce: names.has("reduce"),
    hasCombine: names.has("combine"),
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
  throw new GridError(
    "program-invalid",
    `${rule}; this one defines ${list.length === 0 ? "nothing" : list.join(", ")}`,
    { line: 1, column: 1 },
  );
}

/** Functions, and variables that are given a value; not what is imported: `functools` has a `reduce`. */
function topLevelNames(source: string): Set<string> {
  const code = source.replaceAll(/"""[\s\S]*?"""|'''[\s\S]*?'''/g, '""');
  const definitions = code.matchAll(/^(?:(?:async\s+)?def\s+(\w+)\s*[([]|(\w+)\s*(?::[^=\n]+)?=(?!=))/gm);
  return new Set([...definitions].map(([, defined, assigned]) => defined ?? assigned ?? ""));
}
