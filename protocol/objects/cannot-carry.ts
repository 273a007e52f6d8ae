/** Says of a value why it cannot travel, in words that its owner can act on. */

/** A value that cannot be carried; the message begins with its path. */
export class CannotCarry extends TypeError {
  override readonly name = "CannotCarry";
  /** `config.model.layers[2].activate` */
  readonly path: string;

  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`${path}: ${reason}`, options);
    this.path = path;
  }
}

export function reasonOf(value: unknown): string {
  switch (typeof value) {
    case "function":
      return "a function cannot be carried";
    case "symbol":
      return "a symbol cannot be carried";
    case "object":
      return value === null ? "null is carried" : reasonOfObject(value);
    default:
      return `a ${typeof value} cannot be carried here`;
  }
}

function reasonOfObject(value: object): string {
  if ("then" in value && typeof value.then === "function")
    return "a promise cannot be carried: await it first";
  if (Object.hasOwn(value, "__proto__")) return "a member named __proto__ cannot be carried";
  const name = classNameOf(value);
  if (isPlain(value)) {
    return hasSymbolKeys(value)
      ? "an object with symbols as keys cannot be carried"
      : `a ${tagOf(value)} cannot be carried`;
  }
  if (isHostObject(value, name)) return `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name} cannot be carried`;
  const named = name === "" ? "a class without a name" : `the class ${name}`;
  return `an instance of ${named}, which is not registered, cannot be carried: add it to classes`;
}

export const tagOf = (value: object) => Object.prototype.toString.call(value).slice(8, -1);

/** Whether it is an object without a class, of whatever realm. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

export function hasSymbolKeys(value: object): boolean {
  return Object.getOwnPropertySymbols(value).some((symbol) =>
    Object.prototype.propertyIsEnumerable.call(value, symbol),
  );
}

export function classNameOf(value: object): string {
  const prototype = Object.getPrototypeOf(value) as object | null;
  const constructor: unknown = prototype && Reflect.get(prototype, "constructor");
  return typeof constructor === "function" ? constructor.name : "";
}

/** Of a class that the language or the browser has: WeakMap, HTMLDivElement. */
function isHostObject(value: object, name: string): boolean {
  const own: unknown = Reflect.get(globalThis, name);
  return typeof own === "function" && value instanceof own;
}
