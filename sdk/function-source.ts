/**
 * Functions as text. They run elsewhere, so they take along what they say and nothing of what is around them: no
 * variables, no imports, no `this`.
 */

/** An expression whose value is the function. @param mayYield Whether it may be a generator. @throws {TypeError} If its text does not say what it does. */
export function sourceOf(fn: unknown, what: string, { mayYield = false } = {}): string {
  if (typeof fn !== "function") throw new TypeError(`${what} must be a function; got ${kindOf(fn)}`);
  const source = Function.prototype.toString.call(fn);
  if (/\{\s*\[native code\]\s*\}\s*$/.test(source)) {
    const named = fn.name.replace(/^bound /, "") || "fn";
    throw new TypeError(
      `${what} must be a function with a source: ${fn.name || "this one"} is built in or bound; write (item) => ${named}(item)`,
    );
  }
  if (/^class\b/.test(source)) throw new TypeError(`${what} must be a function; got the class ${fn.name}`);
  if (!mayYield && /^(async\s+)?(function\s*)?\*/.test(source))
    throw new TypeError(`${what} must be a function that returns its result; ${fn.name} is a generator`);
  if (/^(async\s+)?function\b/.test(source) || ARROW.test(source)) return `(${source})`;
  if (/^[gs]et\b/.test(source))
    throw new TypeError(`${what} must be a function; got the accessor ${fn.name}`);
  // A method, as in { map(item) { … } }, is only one inside an object.
  return `Object.values({ ${source} })[0]`;
}

const ARROW = /^(async\s*)?(\(|[\p{ID_Start}$_][\p{ID_Continue}$]*\s*=>)/u;

function kindOf(value: unknown): string {
  return value === null ? "null" : typeof value;
}

const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** What a function is given in place of the variables around it, by name. */
export type Closure = Readonly<Record<string, unknown>>;

export interface ClosureParts {
  /** Declarations for the top of the module. */
  readonly declarations: string;
  /** A statement that puts in the values; `context` is the program's. Empty when there are none. */
  readonly assignment: string;
  /** What travels in the config. */
  readonly values: Closure;
}

/**
 * Functions become declarations, by their source; anything else travels in the config.
 * @throws {TypeError} If a name cannot be one of a variable, or a function has no source.
 */
export function closureParts(closure: Closure): ClosureParts {
  const functions: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(closure)) {
    if (!NAME.test(name))
      throw new TypeError(`with: ${JSON.stringify(name)} cannot be the name of a variable`);
    if (typeof value === "function") functions.push(`const ${name} = ${sourceOf(value, `with.${name}`)};`);
    else values[name] = value;
  }
  const names = Object.keys(values);
  const list = names.join(", ");
  return {
    declarations: [...(names.length > 0 ? [`let ${list};`] : []), ...functions].join("\n"),
    assignment: names.length > 0 ? `({ ${list} } = context.config.with);` : "",
    values,
  };
}
