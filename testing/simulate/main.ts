/**
 * `npm run simulate`: one job on a grid that does not exist, decided by the production scheduler.
 *
 *   npm run simulate -- --volunteers 500 --tasks 100000 --seed 1 --scenario liars --policy tabgrid --json
 *
 * `--no-tail` waits for the last tasks instead of giving them to a second volunteer. The same parameters print the same, but for processor time and memory.
 */
import { parseArgs } from "node:util";
import { comparedPolicy } from "./policies";
import { runLarge } from "./run";
import { SCENARIOS } from "./scenarios";

const { values } = parseArgs({
  options: {
    volunteers: { type: "string", default: "500" },
    tasks: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    scenario: { type: "string", default: "calm" },
    policy: { type: "string", default: "tabgrid" },
    "max-error-rate": { type: "string", default: "0.0001" },
    "no-tail": { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

const scenario = SCENARIOS[values.scenario];
const compared = comparedPolicy(values.policy, Number(values["max-error-rate"]));
if (!scenario) fail(`--scenario must be one of ${Object.keys(SCENARIOS).join(", ")}; got ${values.scenario}`);
if (!compared) fail(`--policy must be one of quorum2, quorum3, boinc, tabgrid; got ${values.policy}`);
const size = {
  volunteers: whole("volunteers", values.volunteers),
  tasks: whole("tasks", values.tasks),
  seed: whole("seed", values.seed),
};
const { state, ...figures } = runLarge(scenario, compared, { ...size, doublesTail: !values["no-tail"] });
const row = {
  scenario: values.scenario,
  policy: values.policy,
  ...size,
  tail: !values["no-tail"],
  state,
  ...figures,
};
if (values.json) console.log(JSON.stringify(row));
else console.table([row]);

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  return fail(`--${name} must be a whole number from 1; got ${text}`);
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
