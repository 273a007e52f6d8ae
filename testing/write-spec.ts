/**
 * Writes docs/SPEC.md anew from the titles of the tests: `npx tsx testing/write-spec.ts`.
 *
 * The rules of a group are ordered by number; titles that share a number are one rule, and stand in one file unless they are the same.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { rulesInTests } from "./numbered-rules";

/** Heading of each group of rules, in the order of a job's way through the grid. */
const GROUPS: Record<string, string> = {
  PV: "The contract between tabs and coordinator",
  PR: "Programs",
  PP: "Preparing programs of every language",
  SP: "Splitting an input into tasks",
  US: "Programs that split their input themselves",
  JO: "Jobs",
  SC: "Scheduling",
  LV: "Nobody waits for work that it could have",
  TD: "The tail of a stage",
  FC: "Containing failures",
  FS: "Sharing the grid between jobs",
  WL: "The want log",
  LE: "Leases and presence",
  TA: "Tasks",
  RE: "Reports",
  JU: "Validation",
  PA: "Who may have copies of one task",
  WA: "Why a job or a volunteer waits",
  RA: "Rates",
  BS: "Bit sets",
  SI: "The grid as a whole, simulated",
  AG: "The agent in the browser",
  CN: "The agent's connection",
  OB: "The outbox",
  CA: "The block cache",
  SB: "The sandbox",
  RC: "Commands and scripts in a tab",
  PG: "Programs that stay",
  SV: "Services",
  CF: "Configuration",
  SU: "Submitting a job",
  CO: "The coordinator",
  LG: "The ledger: group commit",
  ST: "The database",
  GW: "The tabs' line",
  RR: "Reading a result",
  FE: "Events for those who watch",
  BL: "The block store",
  BU: "Blocks in a bucket",
  BR: "Blocks over HTTP",
  HT: "HTTP",
  RT: "The API's routes",
  OA: "The OpenAPI document",
  VT: "Volunteers' tokens",
  UI: "Pages",
  SK: "The SDK",
  CL: "The command line",
  E2: "Journeys in a browser",
  DO: "This document",
};

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
  const prefixes = new Set([...Object.keys(GROUPS), ...[...rules.keys()].map(prefixOf)]);
  const sections = [...prefixes].map((prefix) => {
    const numbers = [...rules.keys()].filter((number) => prefixOf(number) === prefix).sort(byPlace);
    const lines = numbers.map((number) => `- **[${number}]** ${[...(rules.get(number) ?? [])].join("; ")}`);
    return lines.length > 0 ? `\n## ${GROUPS[prefix] ?? prefix}\n\n${lines.join("\n")}\n` : "";
  });
  return INTRODUCTION + sections.join("");
}

function prefixOf(number: string): string {
  return number.slice(0, 2);
}

function byPlace(a: string, b: string): number {
  return Number(a.slice(2)) - Number(b.slice(2));
}
