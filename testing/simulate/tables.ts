/**
 * `npm run simulate:tables`: the tables of docs/TRUST.md as markdown, from as many runs as it takes, one after the other.
 *
 *   npm run simulate:tables -- --seeds 20 --scenarios liars,liars-20 --policies tabgrid,boinc
 *
 * A row is printed as soon as its runs are done. 20 seeds of everything take hours.
 */
import { parseArgs } from "node:util";
import { comparedPolicy } from "./policies";
import { runLarge, type RunResult } from "./run";
import { SCENARIOS } from "./scenarios";

const { values } = parseArgs({
  options: {
    volunteers: { type: "string", default: "500" },
    tasks: { type: "string", default: "100000" },
    seeds: { type: "string", default: "20" },
    scenarios: { type: "string", default: Object.keys(SCENARIOS).join(",") },
    policies: { type: "string", default: "tabgrid,boinc,quorum2,quorum3" },
    "max-error-rate": { type: "string", default: "0.0001" },
    "no-tail": { type: "boolean", default: false },
  },
});

const size = { volunteers: whole("volunteers"), tasks: whole("tasks"), doublesTail: !values["no-tail"] };
const seeds = Array.from({ length: whole("seeds") }, (_, place) => place + 1);
const scenarios = values.scenarios.split(",").map((name) => ({ name, scenario: scenarioOf(name) }));
const policies = values.policies.split(",").map((name) => ({ name, compared: policyOf(name) }));

console.log(
  "| scenario | policy | seeds | ended | wrong, mean (worst) | copies a task | makespan over the ideal |",
);
console.log("| --- | --- | --- | --- | --- | --- | --- |");
for (const { name, scenario } of scenarios) {
  for (const { name: policy, compared } of policies) {
    const results = seeds.map((seed) => runLarge(scenario, compared, { ...size, seed }));
    console.log(`| \`${name}\` | ${policy} | ${seeds.length} | ${figuresOf(results).join(" | ")} |`);
  }
}

function figuresOf(results: readonly RunResult[]): string[] {
  const wrong = results.map(({ wrongAccepted }) => wrongAccepted);
  const mean = wrong.reduce((sum, one) => sum + one, 0) / wrong.length;
  return [
    `${results.filter(({ state }) => state === "completed").length} of ${results.length}`,
    `${mean.toFixed(1)} (${Math.max(...wrong)})`,
    median(results.map(({ copiesPerTask }) => copiesPerTask)).toFixed(2),
    median(results.map(({ makespanRatio }) => makespanRatio)).toFixed(2),
  ];
}

/** The middle one; of an even number of them, the mean of the two in the middle. */
function median(numbers: readonly number[]): number {
  const ascending = [...numbers].sort((a, b) => a - b);
  const half = (ascending.length - 1) / 2;
  return ((ascending[Math.floor(half)] ?? NaN) + (ascending[Math.ceil(half)] ?? NaN)) / 2;
}

function scenarioOf(name: string) {
  return (
    SCENARIOS[name] ?? fail(`--scenarios must be some of ${Object.keys(SCENARIOS).join(", ")}; got ${name}`)
  );
}

function policyOf(name: string) {
  const compared = comparedPolicy(name, Number(values["max-error-rate"]));
  return compared ?? fail(`--policies must be some of quorum2, quorum3, boinc, tabgrid; got ${name}`);
}

function whole(name: "volunteers" | "tasks" | "seeds"): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  return fail(`--${name} must be a whole number from 1; got ${values[name]}`);
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
