/** Finds where in a text of JSON something stands, so that a problem can be shown there. */

export interface Place {
  /** Both from 1. */
  line: number;
  column: number;
}

const STRING = /"(?:[^"\\]|\\.)*"/y;
const PLAIN = /[^\s,:[\]{}]+/y;
const SPACE = /\s*/y;

/**
 * @param text Valid JSON.
 * @param path Names of members, and places in lists.
 * @returns The value there, or the deepest of those on the way that there is.
 */
export function placeInJson(text: string, path: readonly string[]): Place {
  return placeAt(text, find(text, skipSpace(text, 0), path));
}

/** Line and column of an offset. */
export function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

function find(text: string, start: number, [wanted, ...rest]: readonly string[]): number {
  const opening = text[start];
  if (wanted === undefined || (opening !== "{" && opening !== "[")) return start;
  for (let at = skipSpace(text, start + 1), index = 0; at < text.length; index++) {
    if (text[at] === "}" || text[at] === "]") break;
    const end = opening === "{" ? skipMatch(STRING, text, at) : at;
    const name = opening === "{" ? String(JSON.parse(text.slice(at, end))) : String(index);
    const value = opening === "{" ? skipSpace(text, skipSpace(text, end) + 1) : at;
    if (name === wanted) return find(text, value, rest);
    const next = skipSpace(text, skipValue(text, value));
    at = text[next] === "," ? skipSpace(text, next + 1) : next;
  }
  return start;
}

/** Behind a value. */
function skipValue(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length;) {
    const character = text[at] ?? "";
    if (character === '"') at = skipMatch(STRING, text, at);
    else if ("{[".includes(character)) [depth, at] = [depth + 1, at + 1];
    else if ("}]".includes(character)) [depth, at] = [depth - 1, at + 1];
    else if (",:".includes(character)) at += 1;
    else at = skipMatch(PLAIN, text, at);
    if (depth === 0) return at;
    at = skipSpace(text, at);
  }
  return text.length;
}

const skipSpace = (text: string, at: number) => skipMatch(SPACE, text, at);

function skipMatch(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  return found ? at + found[0].length : at + 1;
}
