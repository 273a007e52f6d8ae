/**
 * The submitter's own classes, by the names that both ends know them under.
 *
 * An instance travels as its own enumerable fields and comes back as an object of the class with these fields; its constructor
 * is not called. A class that keeps anything elsewhere, such as in `#private` fields, says itself how it travels.
 */

export interface Class {
  readonly prototype: object;
  readonly name: string;
}

/** Static functions that a class may have, both or neither. */
export interface Hooks {
  /** @returns What travels of an instance: anything that can be carried, but not the instance itself. */
  encode(instance: unknown): unknown;
  decode(encoded: unknown): unknown;
}

/** `{ Point }`: what a program exports as `classes`, and what a client is given. */
export type Classes = Readonly<Record<string, Class>>;

export interface KnownClass {
  readonly name: string;
  readonly prototype: object;
  readonly hooks: Hooks | null;
}

export interface Registry {
  named(name: string): KnownClass | undefined;
  /** The class that the object is an instance of; not of one that extends it. */
  of(instance: object): KnownClass | undefined;
}

/** Errors of the language, which are carried without being registered. */
export const ERRORS: Readonly<Record<string, new () => Error>> = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  AggregateError: class extends AggregateError {
    constructor() {
      super([]);
      Object.setPrototypeOf(this, AggregateError.prototype);
    }
  },
};

/** What an object of these has inside cannot be given to one that is made without its constructor. */
const BUILT_IN = [
  Map,
  Set,
  WeakMap,
  WeakSet,
  Date,
  RegExp,
  Promise,
  Array,
  ArrayBuffer,
  DataView,
  Function,
].map(({ prototype }) => prototype as object);
const TYPED_ARRAY = Object.getPrototypeOf(Uint8Array.prototype) as object;

/** @throws {TypeError} If something in it is no class that can be carried. */
export function openRegistry(classes: unknown): Registry {
  if (!isObject(classes)) {
    throw new TypeError(`classes must be an object of classes, such as { Point }; got ${typeof classes}`);
  }
  const byName = new Map(Object.entries(classes).map(([name, value]) => [name, knownClass(name, value)]));
  const byPrototype = new Map([...byName.values()].map((known) => [known.prototype, known]));
  return {
    named: (name) => byName.get(name),
    of: (instance) => byPrototype.get(Object.getPrototypeOf(instance) as object),
  };
}

function knownClass(name: string, value: unknown): KnownClass {
  if (!isClass(value)) throw new TypeError(`classes.${name} must be a class; got ${typeof value}`);
  if (Object.hasOwn(ERRORS, name)) {
    throw new TypeError(`classes.${name}: the language has an error of this name; choose another one`);
  }
  const { prototype } = value;
  const hooks = hooksOf(name, value);
  const inner = [...BUILT_IN, TYPED_ARRAY].find((builtIn) => builtIn.isPrototypeOf(prototype));
  if (inner && !hooks) {
    const rule = `extends ${String(inner.constructor.name)}, so it must have static encode(instance) and decode(encoded)`;
    throw new TypeError(`classes.${name} ${rule}`);
  }
  return { name, prototype, hooks };
}

function hooksOf(name: string, value: Class): Hooks | null {
  const encode: unknown = Reflect.get(value, "encode");
  const decode: unknown = Reflect.get(value, "decode");
  if (encode === undefined && decode === undefined) return null;
  if (isFunction(encode) && isFunction(decode)) {
    return {
      encode: (instance) => encode.call(value, instance),
      decode: (encoded) => decode.call(value, encoded),
    };
  }
  throw new TypeError(
    `classes.${name} must have both static encode(instance) and decode(encoded), or neither`,
  );
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
const isFunction = (value: unknown): value is (...values: unknown[]) => unknown =>
  typeof value === "function";

function isClass(value: unknown): value is Class {
  return isFunction(value) && isObject(value.prototype);
}
