/** Where outputs that should be the same begin to differ, for a submitter who has to find out why. */
import type { Copy, ReturnedCopy, StoredPart } from "./task";

/** In one sentence; null when no two of the outputs that differ are small enough to be here. */
export function firstDifference(copies: readonly Copy[]): string | null {
  const [first, ...others] = copies.filter((copy): copy is ReturnedCopy => copy.state === "returned");
  for (const other of others) {
    const difference = first && other.digest !== first.digest && differenceOf(first.parts, other.parts);
    if (difference) return difference;
  }
  return null;
}

function differenceOf(one: readonly StoredPart[], another: readonly StoredPart[]): string | null {
  for (const [place, part] of one.entries()) {
    const other = another[place];
    if (!other || other.digest === part.digest || part.text === undefined || other.text === undefined)
      continue;
    const lines = part.text.split("\n");
    const otherLines = other.text.split("\n");
    const at = lines.findIndex((line, index) => line !== otherLines[index]);
    return describe(lines[at] ?? "", otherLines[at] ?? "");
  }
  return null;
}

function describe(line: string, otherLine: string): string | null {
  const one = pairIn(line);
  const other = pairIn(otherLine);
  if (one && other && one.key === other.key) {
    return `Their values under the key ${cut(one.key)} differ: ${cut(one.value)} and ${cut(other.value)}`;
  }
  const key = one?.key ?? other?.key;
  return key === undefined
    ? null
    : `They differ from the key ${cut(key)} on, which not all of them have there`;
}

/** Outputs come from tabs: a line may be anything. */
function pairIn(line: string): { key: string; value: string } | null {
  try {
    const pair: unknown = JSON.parse(line);
    if (typeof pair !== "object" || pair === null || !("key" in pair) || !("value" in pair)) return null;
    return { key: JSON.stringify(pair.key), value: JSON.stringify(pair.value) };
  } catch {
    return null;
  }
}

const SHOWN_CHARS = 100;

const cut = (text: string) => (text.length <= SHOWN_CHARS ? text : `${text.slice(0, SHOWN_CHARS - 1)}…`);
