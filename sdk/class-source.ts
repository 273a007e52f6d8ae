/** Classes as text, for a module made of functions: what a class extends and uses must come along too. */
import type { Classes } from "../protocol/objects/classes";

/**
 * Declares the classes, those that others extend first, and exports them as `classes`. Empty without any.
 * @throws {TypeError} If one has another name than it is given under, no source, or extends one that is not given.
 */
export function classDeclarations(classes: Classes = {}): string {
  const names = Object.keys(classes);
  if (names.length === 0) return "";
  const declared = Object.entries<unknown>(classes)
    .sort(([, a], [, b]) => ancestorsOf(a).length - ancestorsOf(b).length)
    .map(([name, value]) => {
      refuseUnknownBase(name, value, classes);
      return `const ${name} = ${sourceOf(name, value)};`;
    });
  return [...declared, `export const classes = { ${names.join(", ")} };`].join("\n");
}

const OWN_NAME = /^class\s+(?!extends\b)([\p{ID_Start}$_][\p{ID_Continue}$]*)/u;

function sourceOf(name: string, value: unknown): string {
  const source = typeof value === "function" ? textOf(value) : "";
  if (!/^class\b/.test(source)) throw new TypeError(`classes.${name} must be a class with a source`);
  // In its own methods it is known by the name that its source says.
  const own = OWN_NAME.exec(source)?.[1] ?? name;
  if (own === name) return source;
  throw new TypeError(`classes.${name} must be given under its own name, ${own}`);
}

function refuseUnknownBase(name: string, value: unknown, classes: Classes): void {
  const [base] = ancestorsOf(value);
  if (base === undefined || Object.values<unknown>(classes).includes(base)) return;
  if (/\{\s*\[native code\]\s*\}\s*$/.test(textOf(base))) return;
  throw new TypeError(`classes.${name} extends ${base.name}, which must be given in classes too`);
}

const textOf = (fn: object) => Function.prototype.toString.call(fn);

/** What a class extends, nearest first. */
function ancestorsOf(value: unknown): { readonly name: string }[] {
  const base: unknown = typeof value === "function" ? Object.getPrototypeOf(value) : undefined;
  if (typeof base !== "function" || base === Function.prototype) return [];
  return [base, ...ancestorsOf(base)];
}
