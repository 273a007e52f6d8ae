/**
 * Writes docs/SPEC.md anew from the titles of the tests: `npx tsx testing/write-spec.ts`.
 *
 * The rules of a group are ordered by number; titles that share a number are one rule, and stand in one file unless they are the same.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { rulesInTests } from "./numbered-rules";
import { GROUPS, groupOf } from "./rule-groups";

const INTRODUCTION = `# Rules

What the grid does, rule by rule. A rule's number stands in the title of the test that holds it: search for
\`[SC2]\` to find it. \`testing/spec.test.ts\` fails when this document and the tests differ; after a change of
titles, \`npx tsx testing/write-spec.ts\` writes it anew.
`;

const root = path.join(import.meta.dirname, "..");
writeFileSync(path.join(root, "docs/SPEC.md"), specText());

function specText(): string {
  const rules = new Map<string, Set<string>>();
  for (const { number, words } of rulesInTests(root))
    rules.set(number, (rules.get(number) ?? new Set()).add(words));
  const sections = Object.entries(GROUPS).map(([group, heading]) => {
    const numbers = [...rules.keys()].filter((number) => groupOf(number) === group).sort(byPlace);
    const lines = numbers.map((number) => `- **[${number}]** ${[...(rules.get(number) ?? [])].join("; ")}`);
    return `\n## ${heading}\n\n${lines.join("\n")}\n`;
  });
  return INTRODUCTION + sections.join("");
}

function byPlace(a: string, b: string): number {
  const place = (number: string) => Number(number.slice(groupOf(number).length));
  return place(a) - place(b);
}
