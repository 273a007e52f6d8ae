/**
 * An output as what is compared of it: a text of all that must be equal, and the numbers that may differ.
 *
 *   {"b": "x", "a": 1.5}  ──▶  text {"a":#,"b":"x"}, numbers 1.5        equal texts, and numbers that are near: they agree
 *
 * An array whose order does not matter is its items in the order of their texts. Items of one text that have one number each agree when
 * they do in the order of these (`isMonotone`). Only those with more numbers have to be matched with one another.
 */
import type { ComparePath } from "../protocol/compare";
import type { Json } from "../protocol/json";
import { CannotCompare, type CompareEffort } from "./compare-effort";
import type { ComparePlace } from "./compare-places";
import { groupBy } from "./judge";
import { canMatchAll, pairsToTry } from "./match-items";

export interface Form {
  readonly text: string;
  readonly numbers: readonly number[];
  /** What holds for each of the numbers. */
  readonly rules: readonly ComparePath[];
  /** Items of one text each, with several numbers, in any order. */
  readonly sets: readonly (readonly Form[])[];
}

/** Deeper values than the canonical form has. */
export const MOST_DEEP = 1_000;
/** Reading a number, any part of a value, or an item that is compared in any order, beside comparing two numbers. */
const [NUMBER_STEPS, PART_STEPS, ITEM_STEPS] = [25, 60, 100];
/** Pairs of items in one array that may be near enough to be tried. */
export const MOST_PAIRS = 100_000;

/** @throws {CannotCompare} If it is more than can be compared, by itself. @throws {RangeError} If it is too deep. */
export function formOf(value: Json, place: ComparePlace, effort: CompareEffort, depth = 0): Form {
  const into: Writing = { text: "", numbers: [], rules: [], sets: [], effort };
  write(value, place, into, depth);
  return into;
}

/** Records in any order are a set, too: their keys must be equal. */
export function formOfSet(items: readonly Form[], what: string, effort: CompareEffort): Form {
  const into: Writing = { text: "", numbers: [], rules: [], sets: [], effort };
  writeSet(items, what, into);
  return into;
}

interface Writing {
  text: string;
  readonly numbers: number[];
  readonly rules: ComparePath[];
  readonly sets: (readonly Form[])[];
  readonly effort: CompareEffort;
}

function write(value: Json, place: ComparePlace, into: Writing, depth: number): void {
  const { rule } = place;
  if (depth > MOST_DEEP) throw new RangeError("Too deep to be compared");
  if (typeof value === "number" && !rule.ignore) return writeNumber(value, rule, into);
  into.effort.spend(PART_STEPS);
  if (rule.ignore) into.text += "~";
  else if (Array.isArray(value) && rule.unordered) writeUnordered(value, place.item(), into, depth);
  else if (Array.isArray(value)) {
    into.text += "[";
    for (let index = 0; index < value.length; index++) {
      write(value[index] ?? null, place.isUniform ? place : place.member(String(index)), into, depth + 1);
      into.text += ",";
    }
    into.text += "]";
  } else if (typeof value === "object" && value !== null) {
    into.text += "{";
    for (const name of Object.keys(value).sort()) {
      const member = place.member(name);
      if (member.rule.ignore) continue;
      into.text += `${JSON.stringify(name)}:`;
      write(value[name] ?? null, member, into, depth + 1);
      into.text += ",";
    }
    into.text += "}";
  } else into.text += JSON.stringify(value);
}

function writeNumber(value: number, rule: ComparePath, into: Writing): void {
  into.effort.spend(NUMBER_STEPS);
  if (isExact(rule)) {
    into.text += String(value + 0);
    return;
  }
  into.text += "#";
  into.numbers.push(value);
  into.rules.push(rule);
}

/** Numbers by themselves are most of what there is in any order, and need no form each. */
function writeUnordered(value: readonly Json[], item: ComparePlace, into: Writing, depth: number): void {
  const { rule } = item;
  const areNumbers = !rule.ignore && !isExact(rule) && isMonotone(rule);
  const numbers = areNumbers ? value.filter((each) => typeof each === "number") : [];
  const others = areNumbers ? value.filter((each) => typeof each !== "number") : value;
  into.text += `#*${numbers.length}`;
  writeSorted(numbers, rule, into);
  const forms = others.map((each) => {
    into.effort.spend(ITEM_STEPS);
    return formOf(each, item, into.effort, depth + 1);
  });
  writeSet(forms, "array", into);
}

function writeSorted(
  values: readonly number[],
  rule: ComparePath,
  { numbers, rules, effort }: Writing,
): void {
  effort.spend(values.length * NUMBER_STEPS);
  for (const number of Float64Array.from(values).sort()) {
    numbers.push(number);
    rules.push(rule);
  }
}

function writeSet(items: readonly Form[], what: string, into: Writing): void {
  const groups = groupBy(items, ({ text }) => text);
  into.text += "<";
  for (const text of [...groups.keys()].sort()) {
    const alike = groups.get(text) ?? [];
    into.text += `${text}*${alike.length},`;
    const [first] = alike;
    const rule = first?.rules[0];
    if (!first || (first.numbers.length === 0 && first.sets.length === 0)) continue;
    if (first.numbers.length === 1 && first.sets.length === 0 && rule && isMonotone(rule)) {
      writeSorted(
        alike.map(({ numbers }) => numbers[0] ?? NaN),
        rule,
        into,
      );
    } else into.sets.push(checked(alike, what, into.effort));
  }
  into.text += ">";
}

/** Whether too many are near each other is seen by one output alone, so that all who return it are told the same. */
function checked(items: readonly Form[], what: string, effort: CompareEffort): readonly Form[] {
  const pairs = pairsToTry(items, effort);
  if (pairs > MOST_PAIRS)
    throw new CannotCompare(
      `it has ${items.length} items in any order in one ${what}, which differ in numbers only: ${pairs} pairs of them are near enough to be tried, ${MOST_PAIRS} at most`,
    );
  return items;
}

function isExact({ absolute = 0, relative = 0 }: ComparePath): boolean {
  return absolute === 0 && relative === 0;
}

/**
 * True when what is near a number is an interval, whose ends grow with the number: then two sets of them agree if and only if they
 * do in ascending order, for pairs that cross can be exchanged.
 */
export const isMonotone = ({ relative = 0 }: ComparePath) => relative < 1;

/** Differences of a whole are those of its parts, so that equal numbers agree whatever their size. */
export function isNear(a: number, b: number, { absolute = 0, relative = 0 }: ComparePath): boolean {
  if (a === b) return true;
  const share = relative * Math.max(Math.abs(a), Math.abs(b));
  return Math.abs(a - b) <= Math.max(absolute, share);
}

export function formsAgree(a: Form, b: Form, effort: CompareEffort): boolean {
  if (a.text !== b.text) return false;
  const { numbers, rules, sets } = a;
  // Counted rather than iterated over: a pair of items may be one of a hundred thousand.
  for (let place = 0; place < numbers.length; place++) {
    const rule = rules[place];
    if (rule && isNear(numbers[place] ?? NaN, b.numbers[place] ?? NaN, rule)) continue;
    effort.spend(place + 1);
    return false;
  }
  effort.spend(numbers.length + 1);
  return sets.every((items, place) => canMatchAll(items, b.sets[place] ?? [], effort));
}
