/**
 * Finds where a text stops being JSON.
 *
 * `JSON.parse` names the place only for some faults, and in words that change
 * with the engine. This runs only on texts that it has refused. It keeps its own
 * stack: a hostile text may nest deeper than calls can.
 */

/** What may come next: a value, a key, a colon, or a comma or the end of what is open. */
type Expected = "value" | "key" | "colon" | "comma";

const WORD = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const SPACE = /[ \t\n\r]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Offset of the first character that cannot be part of JSON; the text's length when it ends too early. */
export function jsonFaultAt(text: string): number {
  const open: string[] = [];
  let expected: Expected = "value";
  let isFirst = false;
  let at = 0;

  for (;;) {
    at = matchEnd(SPACE, text, at) ?? at;
    const char = text[at];
    if (open.length === 0 && expected === "comma") return at;
    if (char === open.at(-1) && char !== undefined && (expected === "comma" || isFirst)) {
      open.pop();
      [expected, isFirst, at] = ["comma", false, at + 1];
    } else if (expected === "comma" || expected === "colon") {
      if (char !== (expected === "comma" ? "," : ":")) return at;
      expected = expected === "comma" && open.at(-1) === "}" ? "key" : "value";
      at += 1;
    } else if (expected === "value" && (char === "[" || char === "{")) {
      open.push(char === "[" ? "]" : "}");
      [expected, isFirst, at] = [char === "[" ? "value" : "key", true, at + 1];
    } else {
      const token: Token = char === '"' ? readString(text, at) : readWord(text, at, expected);
      if (!token.isWhole) return token.end;
      [expected, isFirst, at] = [expected === "key" ? "colon" : "comma", false, token.end];
    }
  }
}

interface Token {
  readonly isWhole: boolean;
  /** Where the token ends, or where it stops being one. */
  readonly end: number;
}

function readString(text: string, start: number): Token {
  for (let at = start + 1; at < text.length;) {
    const char = text[at] ?? "";
    if (char === '"') return { isWhole: true, end: at + 1 };
    if (char < " ") return { isWhole: false, end: at };
    const end = char === "\\" ? matchEnd(ESCAPE, text, at) : at + 1;
    if (end === null) return { isWhole: false, end: at };
    at = end;
  }
  return { isWhole: false, end: text.length };
}

function readWord(text: string, start: number, expected: Expected): Token {
  const end = expected === "value" ? matchEnd(WORD, text, start) : null;
  return { isWhole: end !== null, end: end ?? start };
}

function matchEnd(pattern: RegExp, text: string, at: number): number | null {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : null;
}
