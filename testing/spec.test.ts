/** docs/SPEC.md and the tests say the same: every rule is tested, and every numbered test is a rule. */
import path from "node:path";
import { describe, expect, it } from "vitest";
import { rulesInSpec, rulesInTests } from "./numbered-rules";
import { GROUPS, groupOf } from "./rule-groups";

const root = path.join(import.meta.dirname, "..");
const tested = rulesInTests(root);
const written = rulesInSpec(root);

describe("docs/SPEC.md", () => {
  it("[DO1] has every rule that a test title quotes, in the same words", () => {
    const wordsOf = new Map(written.map(({ number, words }) => [number, words]));
    expect(tested.filter(({ number, words }) => !wordsOf.get(number)?.includes(words))).toEqual([]);
  });

  it("[DO2] has no rule that no test title quotes", () => {
    const numbers = new Set(tested.map(({ number }) => number));
    expect(written.filter(({ number }) => !numbers.has(number))).toEqual([]);
  });

  it("[DO3] numbers every rule once", () => {
    const numbers = written.map(({ number }) => number);
    expect(numbers.filter((number, place) => numbers.indexOf(number) !== place)).toEqual([]);
  });

  it("[DO4] numbers no two rules alike: what two files quote under one number is the same in both", () => {
    const titles = new Map<string, Map<string, string[]>>();
    for (const { number, words, file } of tested) {
      const files = titles.get(number) ?? new Map<string, string[]>();
      titles.set(number, files.set(file, [...(files.get(file) ?? []), words]));
    }
    const differ = [...titles].filter(
      ([, files]) => new Set([...files.values()].map((words) => [...words].sort().join("\n"))).size > 1,
    );
    expect(differ.map(([number, files]) => [number, ...files.keys()])).toEqual([]);
  });

  it("[DO5] has a heading for every group of rules, and none for a group without rules", () => {
    const groups = new Set(tested.map(({ number }) => groupOf(number)));
    expect([...groups].sort()).toEqual(Object.keys(GROUPS).sort());
  });
});
