/**
 * Whether the items of two sets can be paired so that each pair agrees. Agreement within a tolerance is not transitive, so that it is not
 * enough to take the first that fits: a perfect matching is looked for (Hopcroft and Karp, 1973), among pairs that are near in the number
 * that tells the items apart best.
 */
import type { ComparePath } from "../protocol/compare";
import type { CompareEffort } from "./compare-effort";
import { formsAgree, isMonotone, isNear, type Form } from "./compare-form";

/** Sorting an item, or going over a pair, beside comparing two numbers. */
const [ITEM_STEPS, PAIR_STEPS] = [60, 4];
/** The number that tells items apart best is one of so many. */
const MOST_AXES = 8;

/** How many pairs of the set's own items are near by the number that tells them apart best: what it takes to match it with one like it. */
export function pairsToTry(items: readonly Form[], effort: CompareEffort): number {
  return bestAxis(items, effort).pairs;
}

export function canMatchAll(ours: readonly Form[], theirs: readonly Form[], effort: CompareEffort): boolean {
  if (ours.length !== theirs.length) return false;
  const { axis } = bestAxis(ours, effort);
  const [a, b] = [sortedBy(ours, axis, effort), sortedBy(theirs, axis, effort)];
  const partners: number[][] = [];
  for (const [place, { from, to }] of windows(a, b, axis).entries()) {
    const own = a[place];
    const found: number[] = [];
    for (let other = from; other < to; other++) {
      effort.spend(PAIR_STEPS);
      const candidate = b[other];
      if (own && candidate && formsAgree(own, candidate, effort)) found.push(other);
    }
    if (found.length === 0) return false;
    partners.push(found);
  }
  return hasPerfectMatching(partners, effort);
}

/** Place of a number in each of the items; null when none of theirs has near ones in a row. */
type Axis = number | null;

function bestAxis(items: readonly Form[], effort: CompareEffort): { axis: Axis; pairs: number } {
  let best: { axis: Axis; pairs: number } = { axis: null, pairs: items.length ** 2 };
  const rules = items[0]?.rules ?? [];
  for (const [axis, rule] of rules.slice(0, MOST_AXES).entries()) {
    if (!isMonotone(rule)) continue;
    const sorted = sortedBy(items, axis, effort);
    const pairs = windows(sorted, sorted, axis).reduce((sum, { from, to }) => sum + to - from, 0);
    if (pairs < best.pairs) best = { axis, pairs };
  }
  return best;
}

function sortedBy(items: readonly Form[], axis: Axis, effort: CompareEffort): readonly Form[] {
  effort.spend(items.length * ITEM_STEPS);
  return axis === null ? items : items.toSorted((a, b) => numberAt(a, axis) - numberAt(b, axis));
}

const numberAt = ({ numbers }: Form, axis: number) => numbers[axis] ?? NaN;

/** For each of the items, which of the others are near it. Both are sorted, and so the ends of the windows only grow. */
function windows(
  items: readonly Form[],
  others: readonly Form[],
  axis: Axis,
): readonly { from: number; to: number }[] {
  const rule: ComparePath | undefined = axis === null ? undefined : items[0]?.rules[axis];
  if (axis === null || !rule) return items.map(() => ({ from: 0, to: others.length }));
  let [from, to] = [0, 0];
  const numbers = others.map((other) => numberAt(other, axis));
  return items.map((item) => {
    const own = numberAt(item, axis);
    const isFar = (place: number) => !isNear(own, numbers[place] ?? NaN, rule);
    while (from < numbers.length && (numbers[from] ?? NaN) < own && isFar(from)) from += 1;
    to = Math.max(to, from);
    while (to < numbers.length && ((numbers[to] ?? NaN) <= own || !isFar(to))) to += 1;
    return { from, to };
  });
}

const FREE = -1;

/** @param partners For each on one side, those on the other that it may have; there are as many there. */
function hasPerfectMatching(partners: readonly (readonly number[])[], effort: CompareEffort): boolean {
  const mine = new Int32Array(partners.length).fill(FREE);
  const theirs = new Int32Array(partners.length).fill(FREE);
  let matched = 0;
  while (matched < partners.length) {
    const levels = levelsOf(partners, mine, theirs, effort);
    let more = 0;
    const next = new Int32Array(partners.length);
    for (const [own] of partners.entries())
      if (mine[own] === FREE && augment(own, { partners, mine, theirs, levels, next }, effort)) more += 1;
    if (more === 0) return false;
    matched += more;
  }
  return true;
}

/** How many steps of an alternating path it is from a free one; FREE for those that none leads to. */
function levelsOf(
  partners: readonly (readonly number[])[],
  mine: Int32Array,
  theirs: Int32Array,
  effort: CompareEffort,
): Int32Array {
  const levels = new Int32Array(partners.length).fill(FREE);
  const line: number[] = [];
  for (const [own] of partners.entries()) {
    if (mine[own] !== FREE) continue;
    levels[own] = 0;
    line.push(own);
  }
  for (const own of line) {
    for (const other of partners[own] ?? []) {
      effort.spend(PAIR_STEPS);
      const holder = theirs[other] ?? FREE;
      if (holder === FREE || levels[holder] !== FREE) continue;
      levels[holder] = (levels[own] ?? 0) + 1;
      line.push(holder);
    }
  }
  return levels;
}

interface Search {
  readonly partners: readonly (readonly number[])[];
  readonly mine: Int32Array;
  readonly theirs: Int32Array;
  readonly levels: Int32Array;
  /** Of each, the partner to try next: none is tried twice. */
  readonly next: Int32Array;
}

/** Frees partners along one path, without recursion: it may be as long as there are items. */
function augment(
  start: number,
  { partners, mine, theirs, levels, next }: Search,
  effort: CompareEffort,
): boolean {
  const path = [start];
  for (let own = path.at(-1); own !== undefined; own = path.at(-1)) {
    const other = partners[own]?.[next[own] ?? 0];
    effort.spend(PAIR_STEPS);
    if (other === undefined) {
      path.pop();
      const before = path.at(-1);
      if (before !== undefined) next[before] = (next[before] ?? 0) + 1;
      continue;
    }
    const holder = theirs[other] ?? FREE;
    if (holder === FREE) {
      for (const each of path) {
        const taken = partners[each]?.[next[each] ?? 0] ?? FREE;
        mine[each] = taken;
        theirs[taken] = each;
      }
      return true;
    }
    if (levels[holder] === (levels[own] ?? 0) + 1) path.push(holder);
    else next[own] = (next[own] ?? 0) + 1;
  }
  return false;
}
