/** Which names a module exports, and what can be seen of their values. */
import type {
  AnyNode,
  Expression,
  ExportNamedDeclaration,
  Identifier,
  Literal,
  Pattern,
  Program,
} from "acorn";

export interface Exported {
  name: string;
  /** Where the export is written. */
  node: AnyNode;
  /** What it is given where it is declared; null when that cannot be seen. */
  value: AnyNode | null;
}

/** Every export but those passed on from other modules, in order; the default one is named `default`. */
export function exportsOf(program: Program): Exported[] {
  const values = topLevelValues(program);
  return program.body.flatMap((statement): Exported[] => {
    if (statement.type === "ExportDefaultDeclaration") {
      return [{ name: "default", node: statement, value: statement.declaration }];
    }
    if (statement.type !== "ExportNamedDeclaration") return [];
    if (statement.declaration) {
      return [...declaredIn(statement.declaration)].map(([name, { node, value }]) => ({ name, node, value }));
    }
    return specifiersOf(statement, values);
  });
}

/** Whether a value that is written out in the source is anything but a function. */
export function isSeenNotToBeFunction(value: AnyNode): boolean {
  return NOT_FUNCTIONS.has(value.type);
}

const NOT_FUNCTIONS: ReadonlySet<string> = new Set([
  "Literal",
  "TemplateLiteral",
  "ObjectExpression",
  "ArrayExpression",
  "UnaryExpression",
  "UpdateExpression",
  "BinaryExpression",
  // A class cannot be called without `new`.
  "ClassExpression",
  "ClassDeclaration",
]);

/** The names of an object's members that is written out in the source; null when it is anything else, or not all are seen. */
export function namesWrittenIn(value: AnyNode): string[] | null {
  if (value.type !== "ObjectExpression") return null;
  const names = value.properties.map((property) => {
    if (property.type !== "Property" || property.computed) return null;
    const { key } = property;
    return key.type === "Identifier" ? key.name : key.type === "Literal" ? String(key.value) : null;
  });
  return names.every((name) => name !== null) ? names : null;
}

/** What is written out in the source, where that is a plain value or an object of some; null for anything else. */
export function literalIn(value: AnyNode): { value: unknown } | null {
  if (value.type === "Literal") return { value: value.value };
  if (value.type === "TemplateLiteral" && value.expressions.length === 0)
    return { value: value.quasis[0]?.value.cooked };
  const names = namesWrittenIn(value);
  if (value.type !== "ObjectExpression" || !names) return null;
  const parts = value.properties.map((property) =>
    property.type === "Property" ? literalIn(property.value) : null,
  );
  if (parts.includes(null)) return null;
  return { value: Object.fromEntries(names.map((name, place) => [name, parts[place]?.value])) };
}

type Declared = Map<string, { node: AnyNode; value: AnyNode | null }>;

/** `export { local as name }`. */
function specifiersOf(statement: ExportNamedDeclaration, values: Declared): Exported[] {
  return statement.specifiers.map((specifier) => ({
    name: nameOf(specifier.exported),
    node: specifier,
    value: values.get(nameOf(specifier.local))?.value ?? null,
  }));
}

function topLevelValues(program: Program): Declared {
  return new Map(
    program.body.flatMap((statement) => [
      ...declaredIn(
        statement.type === "ExportNamedDeclaration" ? (statement.declaration ?? null) : statement,
      ),
    ]),
  );
}

/** The names a statement declares. A `let` may be given something else later: its value is not seen. */
function declaredIn(statement: AnyNode | null): Declared {
  if (statement?.type === "FunctionDeclaration" || statement?.type === "ClassDeclaration") {
    return new Map([[statement.id?.name ?? "default", { node: statement, value: statement }]]);
  }
  if (statement?.type !== "VariableDeclaration") return new Map();
  return new Map(
    statement.declarations.flatMap(({ id, init }) => {
      const value = statement.kind === "const" && id.type === "Identifier" ? (init ?? null) : null;
      return boundIn(id).map((identifier) => [identifier.name, { node: identifier, value }] as const);
    }),
  );
}

/** The variables that a pattern such as `{ a, b: [c] }` binds. */
function boundIn(pattern: Pattern | Expression): Identifier[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern];
    case "ObjectPattern":
      return pattern.properties.flatMap((property) =>
        boundIn(property.type === "Property" ? property.value : property.argument),
      );
    case "ArrayPattern":
      return pattern.elements.flatMap((element) => (element ? boundIn(element) : []));
    case "AssignmentPattern":
      return boundIn(pattern.left);
    case "RestElement":
      return boundIn(pattern.argument);
    default:
      return [];
  }
}

/** Exports may be named by a string: `export { f as "map" }`. */
function nameOf(node: Identifier | Literal): string {
  return node.type === "Identifier" ? node.name : String(node.value);
}
