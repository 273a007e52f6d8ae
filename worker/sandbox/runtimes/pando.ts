/** Runs modules written for Pando, a tool that maps a function over lines in browsers: `(x, callback)` under a name with a version. */
import { isFunction, mapEach, type Program } from "../program";

const EXPORT = "/pando/1.0.0";

/** @throws {TypeError} If the module does not export such a function. */
export function readPando(module: object): Program {
  const exported = propertyOf(propertyOf(module, "default"), EXPORT);
  if (!isFunction(exported)) {
    const rule = `A Pando module must export a function (x, callback) under the name '${EXPORT}'`;
    throw new TypeError(`${rule}; got ${typeof exported}`);
  }
  const map = (record: unknown) =>
    new Promise((resolve, reject) => {
      exported(textOf(record), (error: unknown, value: unknown) => {
        if (error) reject(asError(error));
        else resolve(value);
      });
    });
  const classes = propertyOf(propertyOf(module, "default"), "classes") ?? {};
  return { map: (records, context) => mapEach(map, records, context), combine: null, reduce: null, classes };
}

/** Pando hands over text: what comes from a list or a range is written as it would be on its command line. */
const textOf = (record: unknown) => (typeof record === "string" ? record : JSON.stringify(record));

/** Callbacks are often given a text. */
const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)));

function propertyOf(value: unknown, name: string): unknown {
  if ((typeof value !== "object" && !isFunction(value)) || value === null) return undefined;
  return Reflect.get(value, name);
}
