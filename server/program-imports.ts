/** Finds what a module would load from elsewhere as soon as it starts. */
import type { AnyNode, Program } from "acorn";

export interface FoundImport {
  node: AnyNode;
  /** What is imported; null when it is computed. */
  specifier: string | null;
}

/**
 * The first static import, re-export, or `import()` outside of functions. Those inside are
 * left alone: bundles carry branches for other engines that never run here.
 */
export function findImport(program: Program): FoundImport | null {
  let found: FoundImport | null = null;
  // A list of our own instead of calls: a program may nest deeper than calls can.
  const left: AnyNode[] = [program];
  for (let node = left.pop(); node; node = left.pop()) {
    if (isFunction(node)) continue;
    if (isImport(node) && node.source && node.start < (found?.node.start ?? Infinity)) {
      found = { node, specifier: textOf(node.source) };
    }
    addChildren(node, left);
  }
  return found;
}

function isImport(node: AnyNode) {
  return (
    node.type === "ImportDeclaration" ||
    node.type === "ExportAllDeclaration" ||
    node.type === "ExportNamedDeclaration" ||
    node.type === "ImportExpression"
  );
}

function isFunction(node: AnyNode): boolean {
  return (
    node.type === "FunctionDeclaration" ||
    node.type === "FunctionExpression" ||
    node.type === "ArrowFunctionExpression"
  );
}

function textOf(source: AnyNode): string | null {
  return source.type === "Literal" && typeof source.value === "string" ? source.value : null;
}

function addChildren(node: AnyNode, list: AnyNode[]): void {
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) list.push(child);
    }
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}
