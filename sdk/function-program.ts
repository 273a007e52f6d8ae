/** Makes a module of functions that were written inside of another program. */
import { readAggregate, type Aggregate } from "../protocol/aggregate";
import type { Classes } from "../protocol/objects/classes";
import { classDeclarations } from "./class-source";
import { closureParts, sourceOf, type Closure } from "./function-source";

export interface FunctionProgram {
  readonly split?: unknown;
  readonly map: unknown;
  readonly combine?: unknown;
  readonly reduce?: unknown;
  /** In place of combine and reduce. */
  readonly aggregate?: Aggregate;
  /** Go along by their source, so that instances come and go, and functions can make them. */
  readonly classes?: Classes;
}

export interface ModuleParts {
  readonly source: string;
  /** What of the closure travels as `config.with`; null when there is nothing. */
  readonly values: Closure | null;
}

/** Compilers keep the names of functions by a helper, which is not there where the function runs. */
const HELPERS = "const __name = (value) => value;";

const PARAMETERS = {
  split: "input, context",
  map: "record, context",
  combine: "key, values, context",
  reduce: "key, values, context",
};

/**
 * `map`, and whatever else is there, as exports.
 * @throws {TypeError} If one of them is no function with a source, or there is no such aggregate.
 */
export function moduleOfFunctions(program: FunctionProgram, closure: Closure = {}): ModuleParts {
  const { declarations, assignment, values } = closureParts(closure);
  const exports = ["split", "map", "combine", "reduce"] as const;
  const lines = exports.flatMap((name) => {
    const fn = program[name];
    if (fn === undefined) return [];
    const source = sourceOf(fn, name, { mayYield: name === "split" });
    if (assignment === "") return [`export const ${name} = ${source};`];
    const parameters = PARAMETERS[name];
    return [
      `const __${name} = ${source};`,
      `export function ${name}(${parameters}) { ${assignment} return __${name}(${parameters}); }`,
    ];
  });
  if (program.aggregate !== undefined)
    lines.push(`export const aggregate = ${JSON.stringify(readAggregate(program.aggregate))};`);
  return {
    source: joined(HELPERS, classDeclarations(program.classes), declarations, ...lines),
    values: isEmpty(values) ? null : values,
  };
}

/**
 * A program whose result has one record for each item: what the function returns, and null for undefined.
 * The function is on the first line, so that errors name its own lines.
 */
export function moduleOfMap(fn: unknown, closure: Closure = {}, classes: Classes = {}): ModuleParts {
  const { declarations, assignment, values } = closureParts(closure);
  const source = joined(
    `const __map = ${sourceOf(fn, "fn")};`,
    HELPERS,
    classDeclarations(classes),
    declarations,
    `export function map(item, context) {
  ${assignment}
  const result = __map(item, context);
  if (typeof result?.then === "function") return result.then((value) => value ?? null);
  return result ?? null;
}`,
  );
  return { source, values: isEmpty(values) ? null : values };
}

const joined = (...parts: string[]) => `${parts.filter((part) => part !== "").join("\n")}\n`;
const isEmpty = (values: Closure) => Object.keys(values).length === 0;
