/** The functions of a program, once its module is imported. */
import type { Context } from "./context";

export interface Program {
  readonly map: (record: unknown, context: Context) => unknown;
  readonly combine: ((key: unknown, values: unknown[], context: Context) => unknown) | null;
  readonly reduce: ((key: unknown, values: unknown[], context: Context) => unknown) | null;
}

/** @throws {TypeError} If an export that the grid would call is no function, or `map` is missing. */
export function readProgram(module: object): Program {
  const map = functionNamed(module, "map");
  if (!map) throw new TypeError("The program must export a function named map");
  return { map, combine: functionNamed(module, "combine"), reduce: functionNamed(module, "reduce") };
}

type AnyFunction = (...values: unknown[]) => unknown;

function functionNamed(module: object, name: string): AnyFunction | null {
  const exported: unknown = Object.entries(module).find(([key]) => key === name)?.[1];
  if (exported === undefined) return null;
  if (!isFunction(exported)) {
    throw new TypeError(`The program's export ${name} must be a function; got ${typeof exported}`);
  }
  return exported;
}

const isFunction = (value: unknown): value is AnyFunction => typeof value === "function";
