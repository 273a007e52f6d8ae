/** Makes whole objects of what `encode.ts` writes. What it is given may come from anybody. */
import { unflatten, type ParseOperations } from "devalue";
import { ERRORS, type Hooks, type KnownClass, type Registry } from "./classes";
import { unreachable } from "../unreachable";
import { CLASS, ENCODED, isTooDeep, unescaped } from "./encode";

/** @throws {SyntaxError} If it is no such form, or holds a class that is not registered. */
export function decodeObjects(flat: unknown, registry: Registry): unknown {
  return hydrated(flat, (name, isEncoded) => {
    const known = registry.named(name);
    if (!known) {
      throw new SyntaxError(
        `it holds an instance of the class ${JSON.stringify(name)}, which is not registered`,
      );
    }
    if (isEncoded === (known.hooks !== null)) return known;
    throw new SyntaxError(
      `the class ${JSON.stringify(name)} must have static encode and decode at both ends, or at none`,
    );
  });
}

/**
 * Whether it is such a form, found without making anything of the submitter's classes.
 * @returns The names of the classes it holds instances of.
 * @throws {SyntaxError} If it is not.
 */
export function checkObjects(flat: unknown): Set<string> {
  const names = new Set<string>();
  hydrated(flat, (name, isEncoded) => {
    names.add(name);
    return { name, prototype: Object.prototype, hooks: isEncoded ? NO_HOOKS : null };
  });
  return names;
}

const NO_HOOKS: Hooks = { encode: () => null, decode: () => ({}) };

/** @param isEncoded Whether an instance of it is there as the class itself encoded it. */
export type ClassNamed = (name: string, isEncoded: boolean) => KnownClass;

/** @throws {SyntaxError} If it is not what the codec writes. */
export function hydrated(flat: unknown, classNamed: ClassNamed): unknown {
  if (typeof flat !== "number" && !Array.isArray(flat)) throw new SyntaxError("it must be a list");
  if (Array.isArray(flat) && !flat.every(hasCleanBytes)) throw new SyntaxError("bytes must be Base64");
  try {
    // The library adds to the list.
    const copy = Array.isArray(flat) ? [...(flat as unknown[])] : flat;
    const value: unknown = unflatten(copy, undefined, { operations: operationsWith(classNamed) });
    return opened(value);
  } catch (error) {
    if (isTooDeep(error)) throw new SyntaxError("it is nested too deeply", { cause: error });
    if (error instanceof SyntaxError || !(error instanceof Error)) throw error;
    throw new SyntaxError(`it is not what the codec writes: ${error.message}`, { cause: error });
  }
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Node.js reads anything as Base64; browsers do not. */
function hasCleanBytes(entry: unknown): boolean {
  if (!Array.isArray(entry) || entry[0] !== "ArrayBuffer") return true;
  return typeof entry[1] === "string" && BASE64.test(entry[1]);
}

/**
 * Stands for an object until its class is known: it is the first member. What is made within a cycle is there by
 * then; only what a class makes itself is not.
 */
class Shell {
  state: { type: "new" } | { type: "encoded"; known: KnownClass } | { type: "made"; value: object } = {
    type: "new",
  };
}

function operationsWith(classNamed: ClassNamed): Partial<ParseOperations> {
  return {
    createNullPrototypeObject: () => new Shell(),
    set(target: object, key: string | number, value: unknown) {
      if (target instanceof Shell) setIn(target, String(key), value, classNamed);
      else define(target, key, opened(value));
    },
    addValue: (set: Set<unknown>, value: unknown) => void set.add(opened(value)),
    addEntry: (map: Map<unknown, unknown>, key: unknown, value: unknown) =>
      void map.set(opened(key), opened(value)),
    fromStringValue(tag: string, text: string) {
      if (tag === "URL") return new URL(text);
      if (tag === "URLSearchParams") return new URLSearchParams(text);
      throw new SyntaxError(`${tag} is not carried: not every browser knows it`);
    },
  };
}

function setIn(shell: Shell, key: string, value: unknown, classNamed: ClassNamed): void {
  const { state } = shell;
  switch (state.type) {
    case "new":
      shell.state = begun(key, value, classNamed);
      return;
    case "encoded": {
      const { name, hooks } = state.known;
      if (key !== "value" || !hooks)
        throw new SyntaxError(`an encoded instance of ${name} must have a value`);
      shell.state = { type: "made", value: madeBy(name, hooks.decode(opened(value))) };
      return;
    }
    case "made":
      define(state.value, unescaped(key), opened(value));
      return;
    default:
      return unreachable(state);
  }
}

function begun(key: string, name: unknown, classNamed: ClassNamed): Shell["state"] {
  if (key !== CLASS && key !== ENCODED)
    throw new SyntaxError(`an object with a class must begin with ${CLASS}`);
  if (name === undefined) return { type: "made", value: Object.create(null) as object };
  if (typeof name !== "string") throw new SyntaxError(`${key} must be the name of a class`);
  if (key === ENCODED) return { type: "encoded", known: classNamed(name, true) };
  const LanguageError = Object.hasOwn(ERRORS, name) ? ERRORS[name] : undefined;
  if (LanguageError) return { type: "made", value: bareError(new LanguageError()) };
  const { prototype } = classNamed(name, false);
  if (!(prototype instanceof Error)) return { type: "made", value: Object.create(prototype) as object };
  return { type: "made", value: Object.setPrototypeOf(bareError(new Error()), prototype) as object };
}

/** It has what it is given, and nothing of the place where it is made. */
function bareError(error: Error): Error {
  for (const name of Object.getOwnPropertyNames(error)) Reflect.deleteProperty(error, name);
  return error;
}

function madeBy(name: string, value: unknown): object {
  if (typeof value === "object" && value !== null) return value;
  throw new SyntaxError(`decode of the class ${name} must return an instance; got ${typeof value}`);
}

function opened(value: unknown): unknown {
  if (!(value instanceof Shell)) return value;
  if (value.state.type === "made") return value.state.value;
  throw new SyntaxError("what a class encodes itself must not hold the instance again");
}

const NOT_ENUMERABLE = ["message", "stack", "cause", "errors"];

/** Not by assignment: there may be a setter of that name. */
function define(target: object, key: string | number, value: unknown): void {
  const enumerable = !(target instanceof Error && NOT_ENUMERABLE.includes(String(key)));
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true });
}
