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
import type { CompareRule } from "../protocol/compare";
import type { Digest } from "../protocol/ids";
import type { Json } from "../protocol/json";
import { comparable, type PartsLeft } from "./comparable";
import { CannotCompare, CompareEffort } from "./compare-effort";
import { formOf, formOfSet, formsAgree, isNear, MOST_DEEP, type Form } from "./compare-form";
import { placeOfValue, type ComparePlace } from "./compare-places";
import { pairsIn } from "../protocol/runs/run-block";
import { isInline, type EndedCopy, type ReturnedCopy, type StoredPart, type Task } from "./task";

/** Where two outputs differ first, in words. */
export type Difference = string;

/** What a copy votes for: its own output, or an earlier copy's that it agrees with. */
export function voteOf({ digest, agreesWith }: ReturnedCopy): Digest {
  return agreesWith ?? digest;
}

/**
 * The copy, with the vote that the job's rule makes of it among those that have returned. One that cannot be compared has failed: so have
 * all that are like it, and their volunteers agree on that.
 */
export function classified(task: Task, copy: EndedCopy, rule: CompareRule | null): EndedCopy {
  if (rule === null || copy.state !== "returned") return copy;
  const effort = new CompareEffort();
  try {
    const form = formOfParts(copy.parts, rule, effort);
    if (form === null) return copy;
    for (const other of task.copies) {
      if (other.state !== "returned" || other.agreesWith !== undefined || other.digest === copy.digest)
        continue;
      const others = formOfParts(other.parts, rule, effort);
      if (others !== null && formsAgree(form, others, effort)) return { ...copy, agreesWith: other.digest };
    }
    return copy;
  } catch (error) {
    if (error instanceof CannotCompare) return uncompared(copy, error.message);
    throw error;
  }
}

function uncompared({ volunteerId, place, elapsedMs }: ReturnedCopy, why: string): EndedCopy {
  const error = { message: `The output cannot be compared: ${why}`, stack: "", record: null };
  return { state: "failed", volunteerId, ...(place && { place }), error, elapsedMs };
}

/** Where the first two outputs of different votes differ; null when there are none, or their texts are not at hand. */
export function disagreementIn({ copies }: Task, rule: CompareRule | null): Difference | null {
  const returned = copies.filter((copy) => copy.state === "returned");
  const [first] = returned;
  const other = first && returned.find((copy) => voteOf(copy) !== voteOf(first));
  return first && other ? differenceOf(first.parts, other.parts, rule) : null;
}

/** Whether outputs agree by a rule; false also when they cannot be compared, or not with the effort that is left. */
export function outputsAgree(
  a: readonly StoredPart[],
  b: readonly StoredPart[],
  rule: CompareRule,
  effort: CompareEffort,
): boolean {
  try {
    const [ours, theirs] = [formOfParts(a, rule, effort), formOfParts(b, rule, effort)];
    return ours !== null && theirs !== null && formsAgree(ours, theirs, effort);
  } catch (error) {
    if (error instanceof CannotCompare) return false;
    throw error;
  }
}

/** @param rule Null for exact. @returns Null when the outputs agree, or when one is too large to be at hand. */
export function differenceOf(
  a: readonly StoredPart[],
  b: readonly StoredPart[],
  rule: CompareRule | null,
): Difference | null {
  const [ours, theirs] = [recordsIn(a), recordsIn(b)];
  // All of an output is at hand where it is compared by a rule: what cannot be read agrees with nothing.
  if (!ours || !theirs) return rule && UNREADABLE;
  if (rule === null) return differInRecords(ours, theirs, null, new CompareEffort());
  const effort = new CompareEffort();
  try {
    const [form, other] = [formOfRecords(ours, rule, effort), formOfRecords(theirs, rule, effort)];
    if (!form || !other) return UNREADABLE;
    if (formsAgree(form, other, effort)) return null;
    return whereTheyDiffer(ours, theirs, rule, effort) ?? "their records";
  } catch (error) {
    if (error instanceof CannotCompare) return `what cannot be compared: ${error.message}`;
    throw error;
  }
}

const UNREADABLE = "what one of them is: it cannot be read";

/** @returns Null also where it takes more than the effort that comparing them has left. */
function whereTheyDiffer(...outputs: Parameters<typeof differInRecords>): Difference | null {
  try {
    return differInRecords(...outputs);
  } catch (error) {
    if (error instanceof CannotCompare) return null;
    throw error;
  }
}

/** @returns Null also where what is different can be matched in some order. */
function differInRecords(
  ours: readonly Json[],
  theirs: readonly Json[],
  rule: CompareRule | null,
  effort: CompareEffort,
): Difference | null {
  if (ours.length !== theirs.length) return `one has ${ours.length} records, another ${theirs.length}`;
  if (rule?.unordered) return "their records, in any order";
  const place = rule && { at: placeOfValue(rule), effort };
  for (const [number, record] of ours.entries()) {
    const other = theirs[number] ?? null;
    const difference =
      place || hasKeys(record, other)
        ? differInRecord(record, other, place)
        : differInItem(record, other, number);
    if (difference !== null) return difference;
  }
  return null;
}

/** What is compared of an output; null when it cannot be read. */
function formOfParts(parts: readonly StoredPart[], rule: CompareRule, effort: CompareEffort): Form | null {
  effort.spend(parts.reduce((sum, { bytes }) => sum + bytes, 0) * BYTE_STEPS);
  const records = recordsIn(parts);
  return records && formOfRecords(records, rule, effort);
}

/** Parsing a byte, and reading a record, beside comparing two numbers. */
const [BYTE_STEPS, RECORD_STEPS] = [2, 200];

function formOfRecords(records: readonly Json[], rule: CompareRule, effort: CompareEffort): Form | null {
  const place = placeOfValue(rule);
  try {
    const forms: Form[] = [];
    for (const record of records) {
      if (!isPair(record)) return null;
      effort.spend(RECORD_STEPS);
      const key = canonicalJson(record["key"]);
      const { text, ...form } = formOf(record["value"] ?? null, place, effort);
      forms.push({ text: `${key}:${text};`, ...form });
    }
    if (rule.unordered) return formOfSet(forms, "output", effort);
    return {
      text: forms.map(({ text }) => text).join(""),
      numbers: forms.flatMap(({ numbers }) => numbers),
      rules: forms.flatMap(({ rules }) => rules),
      sets: forms.flatMap(({ sets }) => sets),
    };
  } catch (error) {
    if (error instanceof CannotCompare) throw error;
    // Tabs send what they like: a value may be deeper than the canonical form has it.
    return null;
  }
}

function recordsIn(parts: readonly StoredPart[]): Json[] | null {
  if (!parts.every(isInline)) return null;
  const left = { parts: MOST_PARTS };
  try {
    return parts.flatMap(({ text, run }) =>
      run ? Array.from(pairsIn(run), (pair) => asJson(pair, left)) : linesIn(text ?? "", left),
    );
  } catch {
    // Tabs send what they like.
    return null;
  }
}

/** Of whole objects: an output that is compared has 64 KiB. */
const MOST_PARTS = 100_000;

function linesIn(text: string, left: PartsLeft): Json[] {
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line): Json => compared(JSON.parse(line) as Json, left));
}

function asJson(pair: { key: unknown; value: unknown }, left: PartsLeft): Json {
  const record: Json = JSON.parse(canonicalJson(pair));
  return compared(record, left);
}

/** A value that is more than JSON is compared by what it holds. */
function compared(record: Json, left: PartsLeft): Json {
  return isRecord(record) ? { ...record, value: comparable(record["value"] ?? null, left) } : record;
}

/** Items that a program's `split` gave need not be pairs. */
const hasKeys = (a: Json, b: Json) => isPair(a) && isPair(b);

const isPair = (record: Json): record is { [name: string]: Json } =>
  isRecord(record) && record["key"] !== undefined;

function differInItem(a: Json, b: Json, place: number): Difference | null {
  const found = differ(a, b, [], null);
  return found === null ? null : `item ${place}${found}`;
}

function differInRecord(a: Json, b: Json, rule: Telling | null): Difference | null {
  if (!isRecord(a) || !isRecord(b) || !hasKeys(a, b)) return "records without key and value";
  const [key, other] = [textOf(a["key"] ?? null), textOf(b["key"] ?? null)];
  if (key !== other) return `key ${shown(key)} in one, ${shown(other)} in another`;
  const found = differ(a["value"] ?? null, b["value"] ?? null, [], rule);
  return found === null ? null : `key ${shown(key)}${found}`;
}

/** How values at a place are compared, and by what is left of the effort that comparing the outputs may take. */
interface Telling {
  readonly at: ComparePlace;
  readonly effort: CompareEffort;
}

const below = (telling: Telling | null, name: string) =>
  telling && { at: telling.at.member(name), effort: telling.effort };

/** @param telling Null for exact. @returns What follows the key: the path, and both values. */
function differ(a: Json, b: Json, path: readonly string[], telling: Telling | null): Difference | null {
  const at = telling?.at;
  if (at?.rule.ignore) return null;
  if (path.length > MOST_DEEP) return ": what is deeper than is compared";
  if (typeof a === "number" && typeof b === "number")
    return isNear(a, b, at?.rule ?? {}) ? null : told(a, b, path);
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length) return told(a, b, path);
    if (telling?.at.rule.unordered) return agreeAt(a, b, telling) ? null : told(a, b, path);
    return firstOf(a.keys(), (place) => {
      const name = String(place);
      return differ(a[place] ?? null, b[place] ?? null, [...path, name], below(telling, name));
    });
  }
  if (isRecord(a) && isRecord(b)) {
    const names = new Set([...Object.keys(a), ...Object.keys(b)]);
    return firstOf(names, (name) => {
      const member = [...path, name];
      const inside = below(telling, name);
      if (inside?.at.rule.ignore) return null;
      const [x, y] = [a[name], b[name]];
      return x === undefined || y === undefined
        ? told(x ?? null, y ?? null, member)
        : differ(x, y, member, inside);
    });
  }
  return a === b ? null : told(a, b, path);
}

function agreeAt(a: Json, b: Json, { at, effort }: Telling): boolean {
  return formsAgree(formOf(a, at, effort), formOf(b, at, effort), effort);
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
  return `${at}: ${shown(textOf(a))} in one, ${shown(textOf(b))} in another`;
}

function textOf(value: Json): string {
  try {
    return canonicalJson(value);
  } catch {
    return "what is too deep to be told";
  }
}
