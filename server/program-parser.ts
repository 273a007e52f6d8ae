/**
 * The parser of programs: acorn, made to take time in proportion to the text.
 *
 * Acorn looks every declared name up in a list of those before it: 100,000
 * functions (3.6 MB) took 16 s of computing, in which the coordinator did nothing else. With
 * sets they take 1.2 s.
 */
import { type Options, Parser, type Program } from "acorn";

/** @throws {SyntaxError} With `loc`: the line from 1 and the column from 0. */
export function parseModule(source: string): Program {
  return FastParser.parse(source, OPTIONS);
}

const OPTIONS: Options = { ecmaVersion: "latest", sourceType: "module", locations: true };

/** What acorn keeps of a scope; of the lists it only uses `push`, `indexOf` and `[0]`. */
interface Scope {
  var: string[];
  lexical: string[];
  functions: string[];
}

/** The part of acorn's parser that its plug-ins may override and that its types leave out. */
interface ScopedParser extends Parser {
  declareName(name: string, kind: number, at: number): void;
  currentScope(): Scope;
  currentVarScope(): Scope;
}

const FastParser = Parser.extend((Base) => {
  const ScopedBase = Base as unknown as new () => ScopedParser;
  class WithFastScopes extends ScopedBase {
    override declareName(name: string, kind: number, at: number): void {
      indexScope(this.currentScope());
      indexScope(this.currentVarScope());
      super.declareName(name, kind, at);
    }
  }
  return WithFastScopes as unknown as typeof Parser;
});

/** Most scopes have few names, and a set for each would cost more than it saves. */
const MANY = 32;

function indexScope(scope: Scope): void {
  for (const list of ["var", "lexical", "functions"] as const) {
    const names = scope[list];
    if (names.length >= MANY && !(names instanceof IndexedNames)) scope[list] = indexed(names);
  }
}

function indexed(names: readonly string[]): IndexedNames {
  const list = new IndexedNames();
  for (const name of names) list.push(name);
  return list;
}

/** A list of names that finds one without looking at all of them. */
class IndexedNames extends Array<string> {
  private readonly known = new Set<string>();

  override push(name: string): number {
    this.known.add(name);
    return super.push(name);
  }

  /** Acorn only asks whether there is one. */
  override indexOf(name: string): number {
    return this.known.has(name) ? 0 : -1;
  }
}
