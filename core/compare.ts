/**
 * Compares outputs as a job asks: numbers within a tolerance, arrays as sets, by path.
 *
 *   two outputs ── same records, in the same order ── same keys ── values that agree, part by part ──▶ null
 *                                                                                └── or where they differ first
 *
 * "Within a tolerance" is not transitive: a copy belongs to the first earlier copy that it agrees with (`voteOf`), and
 * agrees with nobody through a third.
 */
import { canonicalJson } from "../protocol/canonical";
import type { CompareRule, ComparePath } from "../protocol/compare";
import type { Digest } from "../protocol/ids";
import type { Json } from "../protocol/json";
import { comparable } from "./comparable";
import { pairsIn } from "../protocol/runs/run-block";
import { isInline, type EndedCopy, type ReturnedCopy, type StoredPart, type Task } from "./task";

/** Where two outputs differ first, in words. */
export type Difference = string;

/** What a copy votes for: its own output, or an earlier copy's that it agrees with. */
export function voteOf({ digest, agreesWith }: ReturnedCopy): Digest {
  return agreesWith ?? digest;
}

/** The copy, with the vote that the job's rule makes of it among those that have returned. */
export function classified(task: Task, copy: EndedCopy, rule: CompareRule | null): EndedCopy {
  if (rule === null || copy.state !== "returned") return copy;
  for (const other of task.copies) {
    if (other.state !== "returned" || other.agreesWith !== undefined || other.digest === copy.digest)
      continue;
    if (differenceOf(other.parts, copy.parts, rule) === null) return { ...copy, agreesWith: other.digest };
  }
  return copy;
}

/** Where the first two outputs of different votes differ; null when there are none, or their texts are not at hand. */
export function disagreementIn({ copies }: Task, rule: CompareRule | null): Difference | null {
  const returned = copies.filter((copy) => copy.state === "returned");
  const [first] = returned;
  const other = first && returned.find((copy) => voteOf(copy) !== voteOf(first));
  return first && other ? differenceOf(first.parts, other.parts, rule) : null;
}

/** @param rule Null for exact. @returns Null when the outputs agree, or when one is too large to be at hand. */
export function differenceOf(
  a: readonly StoredPart[],
  b: readonly StoredPart[],
  rule: CompareRule | null,
): Difference | null {
  const [ours, theirs] = [recordsIn(a), recordsIn(b)];
  // All of an output is at hand where it is compared by a rule: what cannot be read agrees with nothing.
  if (!ours || !theirs) return rule && "what one of them is: it cannot be read";
  if (ours.length !== theirs.length) return `one has ${ours.length} records, another ${theirs.length}`;
  if (rule?.unordered)
    return matchAll(ours, theirs, (x, y) => differInRecord(x, y, rule))
      ? null
      : "their records, in any order";
  for (const [place, record] of ours.entries()) {
    const other = theirs[place] ?? null;
    const difference =
      rule || hasKeys(record, other)
        ? differInRecord(record, other, rule)
        : differInItem(record, other, place);
    if (difference !== null) return difference;
  }
  return null;
}

function recordsIn(parts: readonly StoredPart[]): Json[] | null {
  if (!parts.every(isInline)) return null;
  try {
    return parts.flatMap(({ text, run }) => (run ? [...pairsIn(run)].map(asJson) : linesIn(text ?? "")));
  } catch {
    // Tabs send what they like.
    return null;
  }
}

function linesIn(text: string): Json[] {
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line): Json => compared(JSON.parse(line) as Json));
}

function asJson(pair: { key: unknown; value: unknown }): Json {
  const record: Json = JSON.parse(canonicalJson(pair));
  return compared(record);
}

/** A value that is more than JSON is compared by what it holds. */
function compared(record: Json): Json {
  return isRecord(record) ? { ...record, value: comparable(record["value"] ?? null) } : record;
}

/** Items that a program's `split` gave need not be pairs. */
const hasKeys = (a: Json, b: Json) => isPair(a) && isPair(b);

const isPair = (record: Json) => isRecord(record) && record["key"] !== undefined;

function differInItem(a: Json, b: Json, place: number): Difference | null {
  const found = differ(a, b, [], null);
  return found === null ? null : `item ${place}${found}`;
}

function differInRecord(a: Json, b: Json, rule: CompareRule | null): Difference | null {
  if (!isRecord(a) || !isRecord(b) || !hasKeys(a, b)) return "records without key and value";
  const [key, other] = [canonicalJson(a["key"]), canonicalJson(b["key"])];
  if (key !== other) return `key ${shown(key)} in one, ${shown(other)} in another`;
  const found = differ(a["value"] ?? null, b["value"] ?? null, [], rule);
  return found === null ? null : `key ${shown(key)}${found}`;
}

/** @returns What follows the key: the path, and both values. */
function differ(a: Json, b: Json, path: readonly string[], rule: CompareRule | null): Difference | null {
  const here = rule && ruleAt(rule, path);
  if (here?.ignore) return null;
  if (typeof a === "number" && typeof b === "number") return isNear(a, b, here) ? null : told(a, b, path);
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length) return told(a, b, path);
    if (here?.unordered) {
      const item = [...path, "*"];
      return matchAll(a, b, (x, y) => differ(x, y, item, rule)) ? null : told(a, b, path);
    }
    return firstOf(a.keys(), (place) =>
      differ(a[place] ?? null, b[place] ?? null, [...path, String(place)], rule),
    );
  }
  if (isRecord(a) && isRecord(b)) {
    const names = new Set([...Object.keys(a), ...Object.keys(b)]);
    return firstOf(names, (name) => {
      const member = [...path, name];
      if (rule && ruleAt(rule, member).ignore) return null;
      const [x, y] = [a[name], b[name]];
      return x === undefined || y === undefined
        ? told(x ?? null, y ?? null, member)
        : differ(x, y, member, rule);
    });
  }
  return a === b ? null : told(a, b, path);
}

/** Differences of a whole are those of its parts, so that equal numbers agree whatever their size. */
function isNear(a: number, b: number, rule: ComparePath | null): boolean {
  if (a === b || !rule) return a === b;
  const relative = (rule.relative ?? 0) * Math.max(Math.abs(a), Math.abs(b));
  return Math.abs(a - b) <= Math.max(rule.absolute ?? 0, relative);
}

/** The rule of the path that says most about this place: more names, and then fewer `*`, win over the job's own. */
function ruleAt({ paths = {}, ...everywhere }: CompareRule, path: readonly string[]): ComparePath {
  let best: { rule: ComparePath; score: number } = { rule: everywhere, score: -1 };
  for (const [pointer, rule] of Object.entries(paths)) {
    const names = namesIn(pointer);
    if (names.length !== path.length) continue;
    if (!names.every((name, place) => name === "*" || path[place] === "*" || name === path[place])) continue;
    const score = names.filter((name) => name !== "*").length;
    if (score > best.score) best = { rule: { ...everywhere, ...rule }, score };
  }
  return best.rule;
}

/** Of a JSON pointer (RFC 6901), where `*` stands for any name. */
function namesIn(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** More items than these, that have no exact equal, are not tried against one another. */
const MOST_MATCHED = 300;

/**
 * Whether the items can be paired so that each pair agrees: equal ones first, the rest by augmenting paths (Kuhn 1955), since agreement
 * within a tolerance is not transitive.
 */
function matchAll(
  a: readonly Json[],
  b: readonly Json[],
  differs: (x: Json, y: Json) => Difference | null,
): boolean {
  const [ours, theirs] = withoutEqual(a, b);
  if (ours.length > MOST_MATCHED) return false;
  const takenBy = new Map<number, number>();
  const place = (item: number, tried: Set<number>): boolean =>
    theirs.some((candidate, at) => {
      if (tried.has(at) || differs(ours[item] ?? null, candidate) !== null) return false;
      tried.add(at);
      const holder = takenBy.get(at);
      if (holder !== undefined && !place(holder, tried)) return false;
      takenBy.set(at, item);
      return true;
    });
  return ours.every((_, item) => place(item, new Set()));
}

function withoutEqual(a: readonly Json[], b: readonly Json[]): [Json[], Json[]] {
  const counts = new Map<string, number>();
  for (const item of b) counts.set(canonicalJson(item), (counts.get(canonicalJson(item)) ?? 0) + 1);
  const ours = a.filter((item) => !takeOne(counts, canonicalJson(item)));
  const theirs = b.filter((item) => takeOne(counts, canonicalJson(item)));
  return [ours, theirs];
}

function takeOne(counts: Map<string, number>, text: string): boolean {
  const left = counts.get(text) ?? 0;
  if (left > 0) counts.set(text, left - 1);
  return left > 0;
}

function firstOf<T>(items: Iterable<T>, find: (item: T) => Difference | null): Difference | null {
  for (const item of items) {
    const found = find(item);
    if (found !== null) return found;
  }
  return null;
}

function isRecord(value: Json): value is { [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const SHOWN_CHARS = 80;

const shown = (text: string) => (text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text);

function told(a: Json, b: Json, path: readonly string[]): Difference {
  const at = path.length === 0 ? "" : ` at /${path.join("/")}`;
  return `${at}: ${shown(canonicalJson(a))} in one, ${shown(canonicalJson(b))} in another`;
}
