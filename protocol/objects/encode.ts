/**
 * Whole objects as JSON: what devalue makes of them, with three things of our own.
 *
 * Members are visited in the order of their names, so that equal values have equal forms; maps and sets keep their own order,
 * which is part of what they are. Instances of classes, errors, and objects without a prototype are written as devalue
 * writes the last of these, with the class as the first member: unlike what its reducers give, such an object can be
 * part of a cycle. A view of a part of a buffer is carried with that part only.
 */
import { stringify, type StringifyOperations } from "devalue";
import type { Json } from "../json";
import { CannotCarry, classNameOf, hasSymbolKeys, isPlain, reasonOf, tagOf } from "./cannot-carry";
import { ERRORS, type KnownClass, type Registry } from "./classes";

/** The first member of what is written with a class. Its value is undefined for an object without a prototype. */
export const CLASS = "$class";
/** The same, of a class that says itself how its instances travel; what it says follows. */
export const ENCODED = "$encoded";

export interface EncodeOptions {
  readonly registry: Registry;
  /** What the value is called in errors. */
  readonly name: string;
  /** What travels of an error's stack; by default all of it. */
  readonly stackOf?: (error: Error) => string;
}

/** @throws {CannotCarry} With the path of what cannot be carried. */
export function encodeObjects(value: unknown, options: EncodeOptions): Json {
  try {
    const flat: Json = JSON.parse(stringify(value, undefined, { operations: operationsFor(options) }));
    return flat;
  } catch (error) {
    throw explained(error, options.name);
  }
}

function explained(error: unknown, name: string): unknown {
  if (isRefusal(error))
    return new CannotCarry(`${name}${error.path}`, reasonOf(error.value), { cause: error });
  if (!isTooDeep(error)) return error;
  return new CannotCarry(name, "it is nested too deeply to be carried", { cause: error });
}

function isRefusal(error: unknown): error is Error & { path: string; value: unknown } {
  return error instanceof Error && error.name === "DevalueError" && "path" in error && "value" in error;
}

/** The stack has ended: `RangeError` in Chromium and Safari, `InternalError` in Firefox. */
export const isTooDeep = (error: unknown) =>
  error instanceof Error && /call stack|too much recursion/i.test(error.message);

/** An object that is written with its class: the names of what is written, and how to get it. */
interface Shaped {
  readonly keys: string[];
  readonly read: (key: string) => unknown;
}

function operationsFor({ registry, stackOf }: EncodeOptions): Partial<StringifyOperations> {
  const readers = new Map<object, Shaped["read"]>();
  return {
    isThenable: (value: object) => !registry.of(value) && "then" in value && typeof value.then === "function",
    tagOf: (value: object) => (registry.of(value) ? "Instance" : carriedTag(value)),
    shapeOf(value: object) {
      const shaped = shapedOf(value);
      if (!shaped && !isCarriedPlain(value)) return { kind: "not-plain" };
      if (hasSymbolKeys(value)) return { kind: "symbol-keys" };
      if (!shaped) return { kind: "plain", keys: Object.keys(value).sort() };
      readers.set(value, shaped.read);
      return { kind: "null-proto", keys: shaped.keys };
    },
    get(value: object, key: string | number): unknown {
      const read = readers.get(value);
      return read ? read(String(key)) : Reflect.get(value, key);
    },
    viewInfo: ownBytes,
  };

  function shapedOf(value: object): Shaped | null {
    const known = registry.of(value);
    if (known?.hooks) return encodedShape(value, known, known.hooks.encode);
    if (value instanceof Error) {
      const name = known?.name ?? errorName(value);
      return name === null ? null : fieldsShape(value, name, namesInError(value), stackOf);
    }
    if (known) return fieldsShape(value, known.name, Object.keys(value));
    if (Object.getPrototypeOf(value) !== null || !isCarriedPlain(value)) return null;
    return fieldsShape(value, undefined, Object.keys(value));
  }
}

function encodedShape(value: object, { name }: KnownClass, encode: (value: unknown) => unknown): Shaped {
  return { keys: [ENCODED, "value"], read: (key) => (key === ENCODED ? name : encode(value)) };
}

function fieldsShape(
  value: object,
  className: string | undefined,
  names: readonly string[],
  stackOf?: (error: Error) => string,
): Shaped {
  return {
    keys: [CLASS, ...names.map(escaped).sort()],
    read(key) {
      if (key === CLASS) return className;
      const name = unescaped(key);
      if (name === "stack" && stackOf && value instanceof Error) return stackOf(value);
      return Reflect.get(value, name);
    },
  };
}

/** So that a field may have the name of one of ours. */
const escaped = (name: string) => (name.startsWith("$") ? `$${name}` : name);
export const unescaped = (key: string) => (key.startsWith("$") ? key.slice(1) : key);

/** Of an error of the language itself; null for one of a class that extends it. */
function errorName(value: Error): string | null {
  const name = classNameOf(value);
  return Object.hasOwn(ERRORS, name) && tagOf(value) === "Error" ? name : null;
}

/** What an error has that is not enumerable, and all it has that is. */
function namesInError(value: Error): string[] {
  const own = ["message", "stack", "cause", "errors", "name"].filter((name) => Object.hasOwn(value, name));
  return [...new Set([...own, ...Object.keys(value)])];
}

const PLAIN_TAGS = ["Object", "Arguments"];

/** `Math` and its like have the prototype of plain objects. */
const isCarriedPlain = (value: object) => isPlain(value) && PLAIN_TAGS.includes(tagOf(value));

/** Objects of a class that extends a built-in one are not taken for one of these, nor what merely says that it is one. */
function carriedTag(value: object): string {
  const tag = tagOf(value);
  const name = classNameOf(value);
  return tag === name || (tag === "Uint8Array" && name === "Buffer") ? tag : "Object";
}

function ownBytes(view: ArrayBufferView & { readonly length?: number }) {
  const { byteOffset, byteLength, buffer } = view;
  const isWhole = byteLength === buffer.byteLength && buffer instanceof ArrayBuffer;
  const own = isWhole ? buffer : Uint8Array.from(new Uint8Array(buffer, byteOffset, byteLength)).buffer;
  return { buffer: own, byteOffset: 0, byteLength, length: view.length ?? 0, bufferByteLength: byteLength };
}
