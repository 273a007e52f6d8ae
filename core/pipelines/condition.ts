/** Numbers out of a result, and conditions on them. Records come one at a time; none is kept. */
import { canonicalJson } from "../../protocol/canonical";
import type { Json } from "../../protocol/json";
import { comparisonOf, type Aggregate, type Condition } from "../../protocol/pipeline";
import { unreachable } from "../../protocol/unreachable";

export interface ResultRecord {
  readonly key: Json;
  readonly value: Json;
}

/** What is looked at of a result. */
export interface Choice {
  readonly key?: Json | undefined;
  readonly path: readonly (string | number)[];
}

export interface Measure {
  add(record: ResultRecord): void;
  /** @throws {RangeError} If there is no such number; the message says what there is. */
  value(): number;
}

/** @param previous The number after the iteration before; null when there was none. */
export function isMet(condition: Condition, value: number, previous: number | null): boolean {
  const { name, than } = comparisonOf(condition);
  switch (name) {
    case "below":
      return value < than;
    case "atMost":
      return value <= than;
    case "above":
      return value > than;
    case "atLeast":
      return value >= than;
    case "equals":
      return value === than;
    case "changeBelow":
      return previous !== null && Math.abs(value - previous) < than;
    default:
      return unreachable(name);
  }
}

/** The condition in words: `max of value.change below 0.001`. */
export function describeCondition(condition: Condition): string {
  const { name, than } = comparisonOf(condition);
  const words = {
    ...{ below: "below", atMost: "at most", above: "above", atLeast: "at least" },
    ...{ equals: "equal to", changeBelow: "changing by less than" },
  };
  const of = condition.key === undefined ? `${condition.aggregate} of ` : "";
  return `${of}${describeChoice(condition)} ${words[name]} ${than}`;
}

export function openMeasure(choice: Choice, aggregate: Aggregate): Measure {
  const isWanted = keyTest(choice.key);
  let [count, sum, least, most] = [0, 0, Infinity, -Infinity];
  let fault: string | null = null;
  return {
    add(record) {
      if (!isWanted(record.key)) return;
      count += 1;
      if (aggregate === "count") return;
      const found = valueAt(record.value, choice.path);
      if (typeof found !== "number") {
        fault ??= `${describeChoice({ ...choice, key: record.key })} must be a number; got ${brief(found)}`;
        return;
      }
      sum += found;
      least = Math.min(least, found);
      most = Math.max(most, found);
    },
    value() {
      if (fault !== null) throw new RangeError(fault);
      if (aggregate === "count") return count;
      if (count === 0) {
        const which = choice.key === undefined ? "no record" : `no record with the key ${brief(choice.key)}`;
        if (aggregate === "sum" && choice.key === undefined) return 0;
        throw new RangeError(`The result has ${which}, so there is no ${describeChoice(choice)}`);
      }
      return { sum, mean: sum / count, min: least, max: most }[aggregate];
    },
  };
}

/** @returns Whether a record's key is the one that is wanted; any is when none is named. */
export function keyTest(key: Json | undefined): (key: Json) => boolean {
  if (key === undefined) return () => true;
  const wanted = canonicalJson(key);
  return (own) => canonicalJson(own) === wanted;
}

/** Undefined when there is nothing. */
export function valueAt(value: Json | undefined, path: Choice["path"]): Json | undefined {
  let found = value;
  for (const name of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Record<string | number, Json>)[name];
  }
  return found;
}

export function describeChoice({ key, path }: Choice): string {
  const where = ["value", ...path].join(".");
  return key === undefined ? where : `${where} of ${brief(key)}`;
}

const brief = (value: unknown) => (JSON.stringify(value) ?? "nothing").slice(0, 80);
